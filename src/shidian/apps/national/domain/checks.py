"""Refusals that the verbs of this room share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.cases.calendars import calendar_of
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.zones import day_in
from shidian.core.procedure.periods import last_day_of
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from datetime import date, datetime

    from shidian.core.rulebook.model import Period, Rulebook

SUBJECT_MAX = 200
TEXT_MAX = 20_000


def checked(field: str, given: str, most: int) -> str:
    """The text without what surrounds it. Raises DomainError where it says nothing or too much."""
    said = " ".join(given.split()) if field == "subject" else given.strip()
    if not said or len(said) > most:
        raise DomainError(
            field,
            Text(
                zh=f"请填写，不超过 {most} 字。",
                en=f"Write something, of at most {most} characters.",
            ),
            field,
        )
    return said


def last_day(period: Period | None, rulebook: Rulebook, at: datetime) -> date | None:
    """The last day of a period that begins at a moment; None where none is named or known."""
    return last_day_after(period, rulebook, day_in(rulebook, at))


def last_day_after(period: Period | None, rulebook: Rulebook, start: date) -> date | None:
    """The same for one that begins on the day after `start`."""
    if period is None:
        return None
    try:
        calendar = calendar_of(rulebook)
    except DomainError:
        return None
    return last_day_of(period, start, calendar)
