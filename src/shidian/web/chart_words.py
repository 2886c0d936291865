"""How the axis of a chart names its instants, and how wide a label is."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from shidian.web.words import clock_time, day, moment, number

if TYPE_CHECKING:
    from collections.abc import Callable


def instant_words(first: Any, last: Any) -> Callable[[Any], str]:
    """How an axis names its instants: hours within a day, day and hour within three, else days."""
    if not (isinstance(first, datetime) and isinstance(last, datetime)):
        return day
    if timezone.localtime(first).date() == timezone.localtime(last).date():
        return clock_time
    return moment if last - first < timedelta(days=3) else day


def shown(instant: Any, show: Any) -> str:
    """An instant of the axis in the words of `instant_words`; a plain number as one."""
    if instant is None:
        return ""
    return show(instant) if isinstance(instant, date) else number(instant)


def display_width(label: str) -> float:
    """Width in full-width characters."""
    return sum(1.0 if ord(character) > 0x2E7F else 0.58 for character in label)  # noqa: PLR2004
