"""What reports' pages, papers and tables say: lines in words, figures as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Mapping


def in_language(both: Mapping[str, str] | None) -> str:
    """The text of `{zh, en}` in the active language; "" for none."""
    if both is None:
        return ""
    return both["en" if (get_language() or "zh").startswith("en") else "zh"]


def line_title(line: Mapping[str, Any]) -> str:
    """What a line is of: the indicator, and what of it."""
    title = in_language(line["title"])
    if line["source"] != "journal":
        return title
    return _("%(indicator)s: %(figure)s") % {"indicator": title, "figure": figure_word(line)}


def figure_word(line: Mapping[str, Any]) -> str:
    """What of an indicator a line states."""
    if line["kind"] == "highest":
        return _("highest in the period")
    if line["kind"] == "at-end":
        return _("at the end of the period")
    if line["kind"] == "at":
        return _("at this moment")
    return {
        "count": _("number in the period"),
        "sum": _("sum over the period"),
        "distinct": _("different ones in the period"),
        "avg": _("mean over the period"),
        "ratio": _("share over the period"),
        "min": _("smallest in the period"),
        "max": _("largest in the period"),
        "quantile": _("quantile over the period"),
        "first": _("first in the period"),
        "last": _("last in the period"),
    }[line["take"]]


def figure_text(text: str) -> str:
    """Decimal text with its thousands apart; a dash where there is no figure."""
    if not text:
        return "–"
    sign = "\N{MINUS SIGN}" if text.startswith("-") else ""
    whole, point, rest = text.removeprefix("-").partition(".")
    return f"{sign}{int(whole):,}{point}{rest.rstrip('0') if len(rest) > 2 else rest}".rstrip(".")  # noqa: PLR2004
