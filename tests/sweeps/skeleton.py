"""What of a page is not text: its elements and the names of their attributes, in order."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BARE = frozenset({"href", "src", "action", "formaction", "data", "poster", "xlink:href", "srcdoc"})
_SAFE = re.compile(r"^(?:[/?#]|$|https?://|mailto:|\.)")


class Skeleton(HTMLParser):
    """Reads one page. `parts`: `(tag, attributes)` and `/tag`; `running`: addresses that run."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.running: list[str] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append(f"<{tag} {' '.join(name for name, _ in attrs)}>")
        self.running += [
            f"{tag} {name}={value!r}"
            for name, value in attrs
            if name.startswith("on")
            or name == "style"
            or (name in _BARE and not _SAFE.match((value or "").strip()))
        ]

    def handle_endtag(self, tag: str) -> None:
        self.parts.append(f"</{tag}>")

    def handle_comment(self, data: str) -> None:
        self.parts.append("<!---->")

    def handle_decl(self, decl: str) -> None:
        self.parts.append("<!>")

    def handle_pi(self, data: str) -> None:
        self.parts.append("<?>")

    def handle_data(self, data: str) -> None:
        self.text.append(data)
