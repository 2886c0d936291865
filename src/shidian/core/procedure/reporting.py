"""Which reports a pilot owes, of what period, and until when: from the rulebook's duties alone.

A periodic duty counts its periods by the calendar (months and quarters of the year, weeks from
Monday) or from the day on which the pilot started. The first one begins with the pilot, and the
last one ends with it. Nothing here is stored: what is owed is derived anew whenever it is asked.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from shidian.core.procedure.clocks import add_months
from shidian.core.procedure.periods import last_day_of
from shidian.core.procedure.tiers import effective_report
from shidian.core.rulebook.model import Period, PeriodUnit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.procedure.working_calendar import WorkingCalendar
    from shidian.core.rulebook.model import ReportDuty, Rulebook

_MONTHS_A_YEAR = 12
_DAYS_A_WEEK = 7
_DAYS_BACK_MAX = 4_000
"""The calendar is searched no further for a notice that must lie ahead of a change."""


@dataclass(frozen=True, slots=True)
class Run:
    """The days of a pilot's run. `ended`: its last one; None while it goes on."""

    started: date
    ended: date | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """A report of a duty over days `first` to `last`, both included.

    `due`: the last day on which it is in time; None where no calendar counts so far. `over`:
    whether the period has ended, so that it can be drafted.
    """

    duty: ReportDuty
    first: date
    last: date
    due: date | None
    over: bool

    def is_late(self, today: date) -> bool:
        """Whether its last day has gone by."""
        return self.due is not None and self.due < today


def duties_of(rulebook: Rulebook, tier: str | None) -> tuple[ReportDuty, ...]:
    """The rulebook's duties as a pilot of this tier owes them, in their order."""
    return tuple(effective_report(rulebook, tier, one.id) for one in rulebook.reports)


def periods(duty: ReportDuty, run: Run, until: date) -> Iterator[tuple[date, date]]:
    """First and last day of each period that begins by `until`, in order; none without a rhythm."""
    last_of_all = run.ended if run.ended is not None else date.max
    first = run.started
    number = 0
    while first <= min(until, last_of_all):
        following = _following(duty, run.started, first, number)
        if following is None:
            return
        yield first, min(following - timedelta(1), last_of_all)
        first, number = following, number + 1


def _following(duty: ReportDuty, started: date, first: date, number: int) -> date | None:
    """The first day of the period after the one that begins on `first`, the `number`-th from 0."""
    by_calendar = duty.anchor == "calendar"
    if duty.every_months:
        if not by_calendar:
            return add_months(started, duty.every_months * (number + 1))
        month = first.year * _MONTHS_A_YEAR + first.month - 1
        year, of_year = divmod((month // duty.every_months + 1) * duty.every_months, _MONTHS_A_YEAR)
        return date(year, of_year + 1, 1)
    if duty.every_weeks:
        days = duty.every_weeks * _DAYS_A_WEEK
        if not by_calendar:
            return first + timedelta(days)
        monday = date(1970, 1, 5).toordinal()
        return date.fromordinal(
            monday + ((first.toordinal() - monday) // days + 1) * days,
        )
    return None


def owed(
    duty: ReportDuty, run: Run, today: date, calendar: WorkingCalendar | None
) -> Iterator[Owed]:
    """The reports of a periodic or final duty up to today, the one whose period runs now too."""
    if duty.kind == "periodic":
        for first, last in periods(duty, run, today):
            yield Owed(duty, first, last, due_day(duty, last, calendar), over=last < today)
    elif duty.kind == "final" and run.ended is not None:
        over = run.ended < today
        yield Owed(duty, run.started, run.ended, due_day(duty, run.ended, calendar), over=over)


def past_due(duty: ReportDuty, run: Run, today: date, calendar: WorkingCalendar | None) -> int:
    """Of how many reports of a periodic duty the last day has gone by, whoever filed them.

    Days rise with the periods, so that few of them are counted. Those of which no calendar tells
    the day are not among them.
    """
    if duty.kind != "periodic":
        return 0

    def due(last: date) -> date:
        return due_day(duty, last, calendar) or date.max

    lasts = [last for _first, last in periods(duty, run, today)]
    if lasts and due(lasts[0]) == date.max:  # the calendar begins later, or there is none
        return sum(due(last) < today for last in lasts)
    return bisect_left(lasts, today, key=due)


def due_day(duty: ReportDuty, day: date, calendar: WorkingCalendar | None) -> date | None:
    """The last day in time: of `advance` before the change on `day`, else after what was on `day`.

    None where no calendar counts so far.
    """
    period = Period(length=duty.due, unit=PeriodUnit(duty.due_unit))
    if duty.kind == "advance":
        return _notice_day(period, day, calendar)
    return last_day_of(period, day, calendar)


def _notice_day(period: Period, change: date, calendar: WorkingCalendar | None) -> date | None:
    """The latest day after which the whole period still lies before the change."""
    day = change - timedelta(1)
    for _ in range(_DAYS_BACK_MAX):
        last = last_day_of(period, day, calendar)
        if last is None:
            return None
        if last <= change:
            return day
        day -= timedelta(1)
    return None


def revised_by(duty: ReportDuty, asked_on: date, calendar: WorkingCalendar | None) -> date | None:
    """The last day for a revised report asked for on that day; None: the rulebook sets no time."""
    return None if duty.revised is None else last_day_of(duty.revised, asked_on, calendar)


def must_be_revised(duty: ReportDuty, before: int, after: int) -> bool:
    """Whether a figure that moved so, in the same minor units, has a revised report asked for.

    By cross-multiplication: |after − before| · 100 > changed_over · |before|.
    """
    if duty.revised is None or duty.revised.changed_over is None or before == after:
        return False
    return abs(after - before) * 100 > duty.revised.changed_over * abs(before)
