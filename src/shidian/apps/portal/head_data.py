"""What a page says of itself to programs: link previews (Open Graph) and structured data (JSON-LD).

Both are made of the published body that the page shows, and of nothing else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shidian.apps.notices.models import SnapshotKind
from shidian.apps.portal import cards
from shidian.apps.portal.addresses import address
from shidian.apps.portal.snapshots import Named
from shidian.config import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

_LISTS = {
    SnapshotKind.CALL: "call-list",
    SnapshotKind.NOTICE: "notice-list",
    SnapshotKind.PILOT: "pilot-list",
    SnapshotKind.LESSON: "library",
}
_UNSAFE = {ord(one): f"\\u{ord(one):04x}" for one in "<>&\u2028\u2029"}
"""What could end a script element, or a line of one."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """What the template writes."""

    title: str
    words: str
    address: str
    image: str
    lang: cards.Lang
    product: str
    data: SafeString
    width: int = cards.WIDTH
    height: int = cards.HEIGHT


def head_of(request: HttpRequest, kind: SnapshotKind, key: str, body: Mapping[str, Any]) -> Head:
    """Of a page about one published thing."""
    lang = _lang()
    where = request.build_absolute_uri(address(Named(kind, key)))
    image = request.build_absolute_uri(reverse("share-card", args=[lang, kind.value, key]))
    title = cards.cut(str(body.get("title", "")), cards.TITLE_CHARS_MAX)
    words = cards.words_of(body)
    graph = [_page(body, where, title, words), _trail(request, kind, title)]
    return Head(
        title=f"{title} · {_('Demonstration')}" if settings().demo else title,
        words=words,
        address=where,
        # Another version is another address, so that no cache shows an old one.
        image=f"{image}?v={body.get('snapshot', 0)}",
        lang=lang,
        product=str(_("Shidian")),
        data=as_data({"@context": "https://schema.org", "@graph": graph}),
    )


def as_data(content: Mapping[str, Any]) -> SafeString:
    """JSON that stands in a page: nothing in it ends the element that holds it."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return mark_safe(text.translate(_UNSAFE))  # noqa: S308 - no sign is left that HTML reads


def _page(body: Mapping[str, Any], where: str, title: str, words: str) -> dict[str, Any]:
    page: dict[str, Any] = {
        "@type": "WebPage",
        "@id": where,
        "url": where,
        "name": title,
        "description": words,
        "inLanguage": "zh-CN" if _lang() == "zh" else "en",
        "isAccessibleForFree": True,
    }
    if (published := body.get("published_at")) is not None:
        page["dateModified"] = published.isoformat()
    if body.get("lead"):
        page["about"] = {"@type": "Organization", "name": str(body["lead"])}
    return page


def _trail(request: HttpRequest, kind: SnapshotKind, title: str) -> dict[str, Any]:
    steps = [(_("Home"), reverse("home"))]
    if kind in _LISTS:
        steps.append((_list_name(kind), reverse(_LISTS[kind])))
    crumbs: list[dict[str, Any]] = [
        {
            "@type": "ListItem",
            "position": n,
            "name": name,
            "item": request.build_absolute_uri(path),
        }
        for n, (name, path) in enumerate(steps, start=1)
    ]
    crumbs.append({"@type": "ListItem", "position": len(crumbs) + 1, "name": title})
    return {"@type": "BreadcrumbList", "itemListElement": crumbs}


def _lang() -> cards.Lang:
    return "zh" if (get_language() or "zh-hans").startswith("zh") else "en"


def _list_name(kind: SnapshotKind) -> str:
    return {
        SnapshotKind.CALL: _("Calls for projects"),
        SnapshotKind.NOTICE: _("Public notices"),
        SnapshotKind.PILOT: _("Pilots"),
        SnapshotKind.LESSON: _("Case library"),
    }[kind]
