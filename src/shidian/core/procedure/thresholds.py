"""Conditions of entering a stage from behind: how long something must have lasted before."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from shidian.core.procedure.clocks import ClockRun, clock_sum
from shidian.core.rulebook.model import PeriodUnit, Text, Unit

if TYPE_CHECKING:
    from datetime import date

    from shidian.core.procedure.calendars import WorkingCalendar
    from shidian.core.procedure.state import CaseState
    from shidian.core.rulebook.model import Period, Stage, StageThreshold

_PERIOD = Text(zh="期间", en="period")
_HOURS_A_DAY = 24
_MONTHS_A_YEAR = 12
_UNITS = {
    PeriodUnit.WORKING_DAY: Unit.WORKING_DAY,
    PeriodUnit.TRADING_DAY: Unit.TRADING_DAY,
    PeriodUnit.CALENDAR_DAY: Unit.CALENDAR_DAY,
    PeriodUnit.HOUR: Unit.CALENDAR_DAY,
    PeriodUnit.MONTH: Unit.MONTH,
    PeriodUnit.YEAR: Unit.MONTH,
}


def found_by_an_officer(target: Stage) -> tuple[StageThreshold, ...]:
    """The thresholds of a stage that no calendar can tell."""
    return tuple(one for one in target.thresholds if one.minimum is None)


def opens(
    calendar: WorkingCalendar, state: CaseState, target: Stage, today: date
) -> tuple[date | None, Text | None]:
    """The first day on which a case may enter `target`, and what its calendar lacks, if it does.

    None where no time must pass. A period's last day runs to its end, so the day after it is the
    first. A case that never was in `since` counts from the stage that it leaves.
    """
    first: date | None = None
    for threshold in target.thresholds:
        if threshold.minimum is None:
            continue
        end, missing = period_end(calendar, _since(state, threshold), threshold.minimum, today)
        if end is None:
            return None, missing
        first = max(first or end, end + timedelta(1))
    return first, None


def period_end(
    calendar: WorkingCalendar, start: date, period: Period, today: date
) -> tuple[date | None, Text | None]:
    """The period's last day, the day of its start not counted; hours are rounded up to days."""
    found = clock_sum(_run("period", start, period), calendar, today)
    return found.due, found.missing


def period_run(state: CaseState, threshold: StageThreshold) -> ClockRun | None:
    """The threshold's minimum time as a clock whose sum can be shown; None where it has none."""
    if threshold.minimum is None:
        return None
    return _run(threshold.id, _since(state, threshold), threshold.minimum, threshold.name)


def _run(key: str, start: date, period: Period, name: Text | None = None) -> ClockRun:
    length = period.length
    if period.unit is PeriodUnit.HOUR:
        length = -(-length // _HOURS_A_DAY)
    if period.unit is PeriodUnit.YEAR:
        length *= _MONTHS_A_YEAR
    words = name or _PERIOD
    return ClockRun(key, key, words, length, _UNITS[period.unit], start)


def _since(state: CaseState, threshold: StageThreshold) -> date:
    for visit in reversed(state.visits):
        if visit.stage == threshold.since:
            return visit.entered
    return state.visits[-1].entered
