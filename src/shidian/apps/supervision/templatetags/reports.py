"""What reports' pages need beyond the design system: lines and figures in words."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import template

from shidian.apps.cases.words import localized
from shidian.apps.supervision.report_papers import amount, evidence_text
from shidian.apps.supervision.report_words import figure_text as as_figure
from shidian.apps.supervision.report_words import line_title as title_of
from shidian.apps.supervision.templatetags.supervision import us_moment
from shidian.core.rulebook.reading.chapters.conduct import report_due

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.rulebook.model import ReportDuty

register = template.Library()


@register.filter
def line_title(line: Mapping[str, Any]) -> str:
    """What a line, or a change of one, is of."""
    return title_of(line)


@register.filter
def figure(line: Mapping[str, Any], name: str) -> str:
    """`stated` or `value` of a line, with its unit."""
    return amount(line, name)


@register.filter
def figure_text(text: str | None) -> str:
    """Decimal text as people read it."""
    return as_figure(text or "")


@register.filter
def difference(line: Mapping[str, Any]) -> str:
    """By how much what is stated is more or less than telemetry."""
    if not line["stated"] or not line["value"]:
        return "–"
    by = Decimal(line["stated"]) - Decimal(line["value"])
    text = as_figure(f"{by:f}")
    return f"+{text}" if by > 0 else text


@register.filter
def behind(line: Mapping[str, Any]) -> str:
    """The entries and the digest behind a line, short."""
    found = line["evidence"]
    whole = evidence_text(line)
    return whole.replace(found["digest"], f"{found['digest'][:19]}…")


@register.filter
def us_text(us: str | None) -> str:
    """Event time in µs, as text, as day and time of the scheme."""
    return us_moment(int(us)) if us else ""


@register.filter
def when_due(duty: ReportDuty) -> str:
    """When a report of this duty is due, in words."""
    return localized(report_due(duty))
