"""The last day of a period that no case clock measures, such as that of answering a complaint."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from shidian.core.procedure.clocks import add_months, counting
from shidian.core.procedure.working_calendar import CalendarMissingError
from shidian.core.rulebook.model import PeriodUnit, Unit

if TYPE_CHECKING:
    from shidian.core.procedure.working_calendar import WorkingCalendar
    from shidian.core.rulebook.model import Period

_HOURS_A_DAY = 24
_MONTHS_A_YEAR = 12


def last_day_of(period: Period, start: date, calendar: WorkingCalendar | None) -> date | None:
    """The period's last day, where it begins on the day after `start`.

    Hours end on the last day that they touch. None where the calendar does not reach so far, counts
    no trading days, or is wanted and missing.
    """
    match period.unit:
        case PeriodUnit.WORKING_DAY | PeriodUnit.TRADING_DAY:
            counted = None if calendar is None else counting(Unit(period.unit.value), calendar)
            try:
                return counted.add(start, period.length) if counted else None
            except CalendarMissingError:
                return None
        case PeriodUnit.CALENDAR_DAY:
            return start + timedelta(period.length)
        case PeriodUnit.HOUR:
            return start + timedelta(-(-period.length // _HOURS_A_DAY))
        case PeriodUnit.MONTH:
            return add_months(start, period.length)
        case PeriodUnit.YEAR:
            return add_months(start, period.length * _MONTHS_A_YEAR)


def deadline_of(
    period: Period, start: datetime, zone: str, calendar: WorkingCalendar | None
) -> datetime | None:
    """The moment at which the period that begins at `start` is over.

    Hours are counted to the second; any other unit ends with its last day in `zone`. None where
    that day cannot be told: without a calendar, or beyond its reach.
    """
    if period.unit is PeriodUnit.HOUR:
        return start + timedelta(hours=period.length)
    if calendar is None:
        return None
    legal = ZoneInfo(zone)
    last = last_day_of(period, start.astimezone(legal).date(), calendar)
    if last is None:
        return None
    return datetime.combine(last + timedelta(1), time(), tzinfo=legal)
