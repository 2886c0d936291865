"""How long what a case has left behind is kept."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from datetime import date

    from shidian.core.rulebook.model import Rulebook


def kept_until(rulebook: Rulebook, outcome: str, closed_at: datetime) -> datetime | None:
    """The end of the last day on which things of a case closed as `outcome` are kept.

    That is the anniversary, so many years on, of the day of closing in the scheme's legal time.
    None where the rulebook names no years for the outcome: what nobody limited is kept.
    """
    years = None if rulebook.exit is None else rulebook.exit.retention_years.get(outcome)
    if years is None:
        return None
    zone = ZoneInfo(rulebook.zone)
    last = _anniversary(closed_at.astimezone(zone).date(), years)
    return datetime.combine(last + timedelta(days=1), time(), zone)


def _anniversary(day: date, years: int) -> date:
    """The same day so many years on; 29 February becomes 1 March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, month=3, day=1)
