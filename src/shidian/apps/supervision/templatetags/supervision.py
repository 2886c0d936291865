"""What the board and the pilots' pages need beyond the design system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from shidian.apps.supervision.board_rows import (
    complaint_words,
    duty_words,
    incident_words,
    quality_words,
    report_words,
    rows_of,
    unseen_words,
)
from shidian.apps.supervision.domain.instants import from_us
from shidian.apps.supervision.publish.language import title
from shidian.core.exit.drill import yuan as in_yuan

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from decimal import Decimal

    from shidian.apps.supervision.models import AlertEpisode, Order

register = template.Library()


@register.filter
def episode_title(episode: AlertEpisode) -> str:
    """The rule's title in the active language."""
    return title(episode, "en" if (get_language() or "").startswith("en") else "zh")


CHANGES = {
    "opened": gettext_lazy("the alert appeared"),
    "escalated": gettext_lazy("it reached a higher level"),
    "resolved": gettext_lazy("it ended"),
    "amended": gettext_lazy("what was said of it has changed"),
    "confirmed": gettext_lazy("what was said early is confirmed"),
    "withdrawn": gettext_lazy("it never was, as known now"),
}


@register.filter
def change_word(change: str) -> str:
    """Why an item of the monitor's stream was made, in words."""
    return str(CHANGES.get(change, change))


@register.filter
def us_moment(us: int | None) -> str:
    """Event time in µs as day and time of the scheme."""
    if us is None:
        return ""
    return f"{timezone.localtime(from_us(us)):%Y-%m-%d %H:%M:%S}"


register.filter("quality_words", quality_words)
register.filter("complaint_words", complaint_words)
register.filter("duty_words", duty_words)
register.filter("report_words", report_words)
register.filter("incident_words", incident_words)
register.filter("unseen_words", unseen_words)
register.simple_tag(rows_of, name="board_rows")


@register.filter
def clock_seconds(moment: datetime | None) -> str:
    """14:03:07."""
    return "" if moment is None else f"{timezone.localtime(moment):%H:%M:%S}"


@register.filter
def per_cent(share: Decimal) -> str:
    """0.823 → 82 %."""
    return f"{int(share * 100)} %"


@register.filter
def return_status(status: str) -> str:
    """What the gate said of an attested event."""
    return {
        "accepted": _("taken"),
        "duplicate": _("had already"),
        "conflict": _("contradicting"),
        "quarantined": _("set aside"),
    }.get(status, status)


@register.filter
def reason_text(order: Order) -> str:
    """The order's reason in the active language."""
    english = (get_language() or "").startswith("en")
    return order.reason_en if english else order.reason_zh


@register.filter
def ended_text(order: Order) -> str:
    """Why a proposal ended: what a person wrote, or that its alert was withdrawn."""
    if order.ended_by_id is None:
        return _("The alert was withdrawn, and with it what it had proposed.")
    return order.ended_because


@register.filter
def time_left(left: timedelta | None) -> str:
    """3 h 12 min."""
    if left is None:
        return ""
    hours, minutes = divmod(int(left.total_seconds()) // 60, 60)
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}


@register.filter
def yuan(fen: int) -> str:
    """Fen as yuan with both decimals."""
    return in_yuan(fen)
