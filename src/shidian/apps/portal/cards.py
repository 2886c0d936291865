"""Share cards: a picture of 1200 × 630 pixels for whoever passes a page on, and its words.

Drawn of the published body's own texts and nothing else, once a version and language. Texts go to
the typesetter as string literals, without signs that cannot be seen or that turn the writing about:
a card can be passed on without its page, and must not say anything else than the page.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

from django.utils.translation import gettext as _

from shidian.apps.notices.models import SnapshotKind
from shidian.apps.portal.readings import Shelf

if TYPE_CHECKING:
    from collections.abc import Mapping

    Body = Mapping[str, Any]

WIDTH, HEIGHT = 1200, 630
_INCH = 144
TITLE_CHARS_MAX = 90
LINE_CHARS_MAX = 80
WORDS_CHARS_MAX = 160
_SIZES = ((28, 34), (56, 27), (TITLE_CHARS_MAX + 1, 21))
"""(up to so many widths of a Chinese character, size in points)."""
DRAWN = frozenset(
    {
        SnapshotKind.CALL,
        SnapshotKind.NOTICE,
        SnapshotKind.PILOT,
        SnapshotKind.CASE,
        SnapshotKind.LESSON,
    }
)
_cards: Shelf[bytes] = Shelf(256)
Lang = Literal["zh", "en"]


@dataclass(frozen=True, kw_only=True)
class Card:
    """What stands on a card."""

    kind: str
    title: str
    lines: tuple[str, ...]
    foot: str


def card_of(kind: SnapshotKind, body: Body) -> Card:
    """The words of a card in the active language; `body` is of the same."""
    word = {
        SnapshotKind.CALL: _("Call for projects"),
        SnapshotKind.NOTICE: _("Public notice"),
        SnapshotKind.PILOT: _("Pilot"),
        SnapshotKind.CASE: _("What was done when"),
        SnapshotKind.LESSON: _("Case library"),
    }[kind]
    state = body.get("state_label") or body.get("outcome") or body.get("stage") or ""
    lines = (body.get("lead"), body.get("scheme_title"), _days(body))
    number = body.get("public_id") or body.get("reference") or body.get("slug") or ""
    return Card(
        kind=_line(f"{word} · {state}" if state else word),
        title=cut(str(body.get("title", "")), TITLE_CHARS_MAX),
        lines=tuple(_line(str(one)) for one in lines if one),
        foot=_line(str(number)),
    )


def words_of(body: Body) -> str:
    """What a link's preview says below the title: the page's own first sentences."""
    what = body.get("what") or ()
    first = what[0]["text"] if what else ""
    said = first or body.get("summary") or body.get("text") or body.get("guide")
    return cut(str(said or body.get("lead") or body.get("scheme_title") or ""), WORDS_CHARS_MAX)


def _days(body: Body) -> str:
    begins = body.get("opens_on") or body.get("starts_on") or ""
    ends = body.get("closes_on") or body.get("ends_on") or body.get("ended_on") or ""
    return " – ".join(one for one in (begins, ends) if one)


def _line(text: str) -> str:
    return cut(text, LINE_CHARS_MAX)


def cut(text: str, most: int) -> str:
    """On one line, without invisible signs and marks without end, at most so many characters."""
    seen = "".join(one if unicodedata.category(one)[0] not in "CZ" else " " for one in text)
    plain = " ".join(unicodedata.normalize("NFC", seen).split())
    kept = "".join(one for one in plain if not unicodedata.combining(one))
    return kept if len(kept) <= most else kept[: most - 1].rstrip() + "…"


def drawn(card: Card, lang: Lang, *, product: str, demo: str) -> bytes:
    """The card as PNG: the same words, the same bytes. A tenth of a second when asked first."""
    key = (lang, product, demo, card.kind, card.title, *card.lines, "\n", card.foot)
    return _cards.get(key, lambda: _draw(card, lang, product, demo))


def _draw(card: Card, lang: Lang, product: str, demo: str) -> bytes:
    import typst  # late: only a card needs it

    lines = "".join(f"{_literal(one)}," for one in card.lines)
    source = resources.files(__package__).joinpath("card.typ").read_text("utf-8")
    source += (
        f"\n#card(lang: {_literal(lang)}, product: {_literal(product)},"
        f" kind: {_literal(card.kind)}, title: {_literal(card.title)},"
        f" size: {_size(card.title)}pt, lines: ({lines}),"
        f" foot: {_literal(card.foot)}, demo: {_literal(demo)})\n"
    )
    return bytes(typst.compile(source.encode(), format="png", ppi=_INCH))


def _size(title: str) -> int:
    """So that a title fits: Latin letters are about half as wide as Chinese characters."""
    width = sum(1 if unicodedata.east_asian_width(one) in "WF" else 0.55 for one in title)
    return next(size for most, size in _SIZES if width <= most)


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\\/", "/")
