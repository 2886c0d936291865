"""What the public pages need beyond the design system: dates out of bodies, sentences of rules."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from shidian.apps.notices.models import SnapshotKind
from shidian.apps.portal.head_data import Head, head_of
from shidian.core.record.leaf import LeafKind
from shidian.core.rulebook.model import Basis
from shidian.core.rulebook.reading import say
from shidian.core.rulebook.reading.text import article_number, chapter_number, lender
from shidian.web.words import is_english

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.rulebook.model import Text
    from shidian.core.rulebook.reading import Lang, Note, Reading, Sentence

register = template.Library()

_HAN = re.compile("[\u4e00-\u9fff]")
_LATIN = re.compile("[A-Za-z]{3}")

BASIS_WORDS = {
    Basis.VERIFIED: _("Verified at the source"),
    Basis.REPORTED: _("Reported, not verified at the source"),
    Basis.ASSUMED: _("An assumption of this rulebook"),
}


LEAF_KINDS = {
    LeafKind.NOTICE_OPENED: _("Notice opened"),
    LeafKind.NOTICE_EXTENDED: _("Notice extended"),
    LeafKind.NOTICE_CLOSED: _("Notice closed"),
    LeafKind.COMMENT_ANSWERED: _("Comment answered"),
    LeafKind.PANEL_DRAW: _("Panel drawn by lot"),
    LeafKind.DECISION: _("Decision"),
    LeafKind.ORDER: _("Order"),
    LeafKind.ORDER_ACKNOWLEDGED: _("Order acknowledged"),
    LeafKind.RULEBOOK_PUBLISHED: _("Rules published"),
    LeafKind.CALL_OPENED: _("Call opened"),
    LeafKind.PAGE_PUBLISHED: _("Page published"),
    LeafKind.PAGE_WITHDRAWN: _("Page taken off the site"),
    LeafKind.EXIT_DRILL: _("Exit drill"),
    LeafKind.EVALUATION_PLAN: _("Evaluation plan"),
    LeafKind.EVALUATION_REPORT: _("Evaluation report"),
    LeafKind.DATA_RELEASE: _("Data released"),
    LeafKind.CALENDAR_CHANGED: _("Calendar changed"),
    LeafKind.GATE_KEY: _("The gate's key certified"),
    LeafKind.KEY_ROTATED: _("The log's key changed"),
    LeafKind.WITNESS_POLICY: _("Witnesses named"),
}


@register.inclusion_tag("portal/_head.html", takes_context=True)
def page_head(
    context: template.Context, kind: str, key: str, body: Mapping[str, Any]
) -> dict[str, Head]:
    """Link preview and structured data of a page about one published thing."""
    return {"head": head_of(context["request"], SnapshotKind(kind), key, body)}


@register.filter
def leaf_kind(kind: LeafKind) -> str:
    """What kind of act a leaf is of, in words."""
    return str(LEAF_KINDS[kind])


@register.filter
def iso(value: str | None) -> date | datetime | None:
    """Text of a body → date or aware datetime; nothing for nothing."""
    if not value:
        return None
    return datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)


@register.filter
def tongue(text: str) -> SafeString:
    """Attribute of an element whose text, as its writers gave it, may be of the other language."""
    han = _HAN.search(text) is not None
    if is_english():
        return SafeString(' lang="zh-Hans"' if han else "")
    return SafeString(' lang="en"' if _LATIN.search(text) and not han else "")


@register.simple_tag
def left(last_day: str) -> str:
    """How long until a last day, behind it: ` · 3 more days`; nothing once it is over."""
    days = (date.fromisoformat(last_day) - timezone.localdate()).days
    if days < 0:
        return ""
    if days == 0:
        return f" · {gettext('today is the last day')}"
    return " · " + ngettext("%(n)s more day", "%(n)s more days", days) % {"n": days}


@register.simple_tag
def said(reading: Reading, sentence: Sentence, lang: Lang) -> SafeString:
    """A sentence of a rulebook with the source marks behind its values."""
    return format_html_join(
        "",
        "{}{}",
        ((piece.text, mark(reading, piece.note)) for piece in sentence.pieces(lang)),
    )


@register.simple_tag
def mark(reading: Reading, index: int | None) -> SafeString:
    """The source mark of a value; all values with the same source open the same text."""
    if index is None:
        return mark_safe("")
    note = reading.notes[index]
    # word joiners: a mark never stands alone at the beginning of a line
    return format_html(
        '&#8288;<button type="button" class="source" popovertarget="mark-{}"'
        ' data-number="{}" aria-label="{}">{}'
        "</button>&#8288;",
        note.number,
        note.number,
        f"{BASIS_WORDS[note.basis]} ({note.number})",
        note.sign,
    )


@register.filter
def in_lang(text: Text | None, lang: Lang) -> str:
    """A rulebook's text in the reader's language."""
    return "" if text is None else say(text, lang)


@register.filter
def chapter_number_in(number: int, lang: Lang) -> str:
    """第一章 / Chapter 1."""
    return chapter_number(number, lang)


@register.filter
def article_number_in(number: int, lang: Lang) -> str:
    """第一条 / Article 1."""
    return article_number(number, lang)


@register.filter
def basis_words(basis: Basis) -> str:
    """How far the evidence goes."""
    return str(BASIS_WORDS[basis])


@register.filter
def lender_in(note: Note, lang: Lang) -> str:
    """From where a value was taken over."""
    return lender(note, lang)


@register.filter
def known(share: Mapping[str, int]) -> int:
    """Values with a source: verified or reported."""
    return share["verified"] + share["reported"]


@register.filter
def partial_day(value: str) -> str:
    """`2021`, `2021-10` or `2021-10-20` in the reader's words: history is not always to the day."""
    parts = [int(part) for part in value.split("-")]
    first = date(*[*parts, 1, 1][:3])
    english = (get_language() or "").startswith("en")
    if len(parts) == 3:  # noqa: PLR2004 - year, month, day
        return (
            f"{first.day} {first:%B} {first.year}"
            if english
            else f"{first.year}年{first.month}月{first.day}日"
        )
    if len(parts) == 2:  # noqa: PLR2004
        return f"{first:%B} {first.year}" if english else f"{first.year}年{first.month}月"
    return f"{first.year}" if english else f"{first.year}年"
