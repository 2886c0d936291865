"""What a browser sees of a page: its links, and its forms with the fields to fill in.

page = Page(response.content.decode())
form = page.forms[0]
client.post(address, {**form.data(), "reason": "…"})
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Field:
    """All inputs of one name. `choices`: values of boxes or options; `given`: what stands there."""

    name: str
    kind: str
    choices: list[str] = field(default_factory=list)
    given: list[str] = field(default_factory=list)
    low: str = ""
    high: str = ""


@dataclass
class Form:
    """A form; `submits`: (name, value) of its buttons that have a name."""

    method: str
    action: str
    fields: dict[str, Field] = field(default_factory=dict)
    submits: list[tuple[str, str]] = field(default_factory=list)

    def data(self) -> dict[str, list[str]]:
        """What the browser would send if the form were sent as it stands."""
        return {
            one.name: list(one.given)
            for one in self.fields.values()
            if one.kind != "file" and (one.given or one.kind not in ("radio", "checkbox"))
        }


class Page(HTMLParser):
    """`links` and `text` of the page, `forms` of its <main>."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._words: list[str] = []
        self._main = 0
        self._form: Form | None = None
        self._writing: Field | None = None
        self._choosing: Field | None = None
        self._silent = 0
        self.feed(html)

    @property
    def text(self) -> str:
        """The words of the page."""
        return " ".join(" ".join(self._words).split())

    @property
    def posting(self) -> list[Form]:
        """The forms that change something."""
        return [form for form in self.forms if form.method == "post"]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if tag == "main":
            self._main += 1
        if tag in ("script", "style", "template"):
            self._silent += 1
        elif tag == "a":
            self.links.append(known.get("href", ""))
        elif tag == "form" and self._main:
            self._form = Form(known.get("method", "get").lower(), known.get("action", ""))
            self.forms.append(self._form)
        elif self._form is not None:
            self._control(self._form, tag, known)

    def _control(self, form: Form, tag: str, known: dict[str, str]) -> None:
        name, value = known.get("name", ""), known.get("value", "")
        if tag == "button" and name:
            form.submits.append((name, value))
        elif tag == "option" and self._choosing is not None:
            self._choosing.choices.append(value)
            if "selected" in known:
                self._choosing.given.append(value)
        if not name or tag not in ("input", "textarea", "select"):
            return
        kind = known.get("type", "text") if tag == "input" else tag
        one = form.fields.setdefault(name, Field(name, kind))
        one.low, one.high = known.get("min", ""), known.get("max", "")
        if kind in ("radio", "checkbox"):
            one.choices.append(value or "on")
            if "checked" in known:
                one.given.append(value or "on")
        elif tag == "input":
            one.given.append(value)
        elif tag == "textarea":
            one.given.append("")
            self._writing = one
        else:
            self._choosing = one

    def handle_endtag(self, tag: str) -> None:
        if tag == "main":
            self._main -= 1
        elif tag in ("script", "style", "template"):
            self._silent = max(0, self._silent - 1)
        elif tag == "form":
            self._form = None
        elif tag == "textarea":
            if self._writing is not None:  # a browser drops the newline that opens the box
                self._writing.given[-1] = self._writing.given[-1].removeprefix("\n")
            self._writing = None
        elif tag == "select":
            if self._choosing is not None and not self._choosing.given:
                self._choosing.given = self._choosing.choices[:1]
            self._choosing = None

    def handle_data(self, data: str) -> None:
        if self._writing is not None:
            self._writing.given[-1] += data
        if not self._silent:
            self._words.append(data)
