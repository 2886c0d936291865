"""Clock arithmetic: a deadline as a sum over the days since it started.

One law for everything: the day of an event is not counted. A clock counts the days after the day
it was received on; a pause takes out the days after the day of the request up to and including the
day of the answer. So an answer on the day of the request costs no day.

| unit | which days count | what a pause adds |
|---|---|---|
| working-day | counting days of the calendar, 调休 included | working days in the pause |
| trading-day | days with a session, by the calendar beside it | trading days in the pause |
| calendar-day | every day | days in the pause |
| month | same day n months on, or that month's last | days in the pause (a month has no parts) |
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from shidian.core.procedure.clock_state import ClockLine, ClockSum, LineKind
from shidian.core.procedure.when_read import WhenRead
from shidian.core.procedure.working_calendar import (
    CalendarMissingError,
    DayKind,
    WorkingCalendar,
    counts_days,
    runs,
    units_between,
)
from shidian.core.rulebook.model import Force, Text, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MONTHS_A_YEAR = 12
RECEIVED = Text(zh="收到之日，不计入", en="Received; this day is not counted")
_CONTINUED = Text(zh="续计", en="Goes on counting")
_COUNTED_DAYS = {
    DayKind.WORKING: LineKind.COUNTED,
    DayKind.MAKE_UP: LineKind.MAKE_UP,
    DayKind.WEEKEND: LineKind.WEEKEND,
    DayKind.HOLIDAY: LineKind.HOLIDAY,
}


@dataclass(frozen=True, slots=True)
class Pause:
    """Days `after` < d ≤ `until` are not counted. `until` None: still paused."""

    after: date
    until: date | None
    reason: Text


@dataclass(frozen=True, slots=True)
class ClockRun:
    """One run of a clock, as events made it. `lengthened`: units added to `length`.

    `extended`: a new last day, if later than the sum's. `stopped`: the day on which what it
    measures was done. `opening`: what the day it starts from was.
    """

    key: str
    clock: str
    name: Text
    length: int
    unit: Unit
    received: date
    stage: str | None = None
    force: Force = Force.TARGET
    pauses: tuple[Pause, ...] = ()
    extended: date | None = None
    stopped: date | None = None
    lengthened: int = 0
    opening: Text = RECEIVED

    @property
    def units(self) -> int:
        """The whole length: the rulebook's and what was added."""
        return self.length + self.lengthened


@dataclass(frozen=True, slots=True)
class _Span:
    """A pause cut to the run: closed, in order, not overlapping."""

    after: date
    until: date
    reason: Text
    is_open: bool


def clock_sum(run: ClockRun, calendar: WorkingCalendar, today: date) -> ClockSum:
    """The run's sum as it stands on `today`. A year the calendar lacks gives due None, no guess."""
    counted = counting(run.unit, calendar)
    if counted is None:
        return _unknown(run, calendar, today, _no_trading_calendar(calendar))
    try:
        due, effective = _due(run, counted, _spans(run, today))
        paused = sum(units_between(run.unit, counted, span.after, span.until) for span in effective)
    except CalendarMissingError as missing:
        return _unknown(run, counted, today, missing.text)
    last = max(due, run.extended) if run.extended else due
    provisional = run.stopped is None and any(span.is_open for span in effective)
    return ClockSum(
        key=run.key,
        clock=run.clock,
        name=run.name,
        stage=run.stage,
        force=run.force,
        unit=run.unit,
        length=run.units,
        received=run.received,
        due=last,
        provisional=provisional,
        stopped=run.stopped,
        paused_units=paused,
        calendar=counted.version,
        counted=counted,
        asked=run.stopped or today,
        lines=WhenRead(_lines, run, counted, effective, due),
    )


def last_day(run: ClockRun, calendar: WorkingCalendar, today: date) -> date | None:
    """The run's last day as it stands on `today`; None where a calendar is missing."""
    return clock_sum(run, calendar, today).due


def counting(unit: Unit, calendar: WorkingCalendar) -> WorkingCalendar | None:
    """The calendar that counts the unit; None for trading days where none stands beside."""
    return calendar.trading if unit is Unit.TRADING_DAY else calendar


def add_months(start: date, months: int) -> date:
    """The same day `months` later, or that month's last day where it has no such day.

    Always from the start, never month by month: 31 January and two months is 31 March.
    """
    index = start.year * _MONTHS_A_YEAR + start.month - 1 + months
    year, month = divmod(index, _MONTHS_A_YEAR)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def _spans(run: ClockRun, today: date) -> tuple[_Span, ...]:
    """Pauses without overlap, from the start to the stop. An open one reaches to the day asked."""
    if not run.pauses:
        return ()
    now, end = run.stopped or today, run.stopped or date.max
    spans: list[_Span] = []
    reached = run.received
    for pause in sorted(run.pauses, key=lambda pause: (pause.after, pause.until or date.max)):
        if pause.after >= end:
            break  # what is asked once the clock has stopped is another matter
        after = max(pause.after, reached)
        until = max(after, now if pause.until is None else min(pause.until, end))
        if until > after or pause.until is None:
            spans.append(_Span(after, until, pause.reason, pause.until is None))
        reached = max(reached, until)
    return tuple(spans)


def _due(
    run: ClockRun, calendar: WorkingCalendar, spans: Sequence[_Span]
) -> tuple[date, tuple[_Span, ...]]:
    """The last day of the sum, and the pauses that moved it: those that began before it."""
    if run.unit is Unit.MONTH:
        due, left = add_months(run.received, run.units), 0
    else:
        due, left = _add(run.unit, calendar, run.received, run.units), run.units
    effective: list[_Span] = []
    reached = run.received
    for span in spans:
        if span.after >= due:
            break
        effective.append(span)
        if run.unit is Unit.MONTH:
            due += span.until - span.after
            continue
        left -= units_between(run.unit, calendar, reached, span.after)
        reached = span.until
        due = _add(run.unit, calendar, reached, left)
    return due, tuple(effective)


def _add(unit: Unit, calendar: WorkingCalendar, start: date, units: int) -> date:
    if counts_days(unit):
        return calendar.add(start, units)
    return start + timedelta(units)


def _lines(
    run: ClockRun, calendar: WorkingCalendar, spans: Sequence[_Span], due: date
) -> Iterator[ClockLine]:
    yield ClockLine(LineKind.RECEIVED, run.received, run.received, 0, 0, _opening(run))
    running = 0
    reached = run.received
    for span in spans:
        for line in _counted(run, calendar, reached, span.after, running):
            running = line.running
            yield line
        if span.until > span.after:
            yield _paused_line(run.unit, calendar, span, running)
        reached = span.until
    for line in _counted(run, calendar, reached, due, running):
        running = line.running
        yield line
    yield from _last_lines(run, due)


def _opening(run: ClockRun) -> Text:
    """What the first day was, and how long the clock is where it was lengthened."""
    if not run.lengthened:
        return run.opening
    name, sum_ = _UNIT_NAMES[run.unit], f"{run.length} + {run.lengthened} = {run.units}"
    return Text(
        zh=f"{run.opening.zh}；期限经延长为 {sum_} {_CLASSIFIERS[run.unit]}{name.zh}",
        en=f"{run.opening.en}; lengthened to {sum_} {name.en}",
    )


def _last_lines(run: ClockRun, due: date) -> Iterator[ClockLine]:
    if run.extended and run.extended > due:
        yield ClockLine(
            LineKind.EXTENDED,
            due + timedelta(1),
            run.extended,
            0,
            run.units,
            Text(
                zh=f"延期：由 {due} 延至 {run.extended}",
                en=f"Extended from {due} to {run.extended}",
            ),
        )
        due = run.extended
    yield ClockLine(
        LineKind.DUE, due, due, 0, run.units, Text(zh="届满之日", en="Last day, inclusive")
    )


def _counted(
    run: ClockRun, calendar: WorkingCalendar, after: date, until: date, running: int
) -> Iterator[ClockLine]:
    """Lines for the days `after` < d ≤ `until`, none of them paused."""
    first = after + timedelta(1)
    if until < first:
        return
    if counts_days(run.unit):
        for row, last in runs(calendar, first, until):
            units = (last - row.day).days + 1 if row.kind.counts else 0
            running += units
            kind = _COUNTED_DAYS[row.kind]
            yield ClockLine(kind, row.day, last, units, running, _day_text(kind, row.name, units))
        return
    # Months have no parts: the whole length stands on the first line of counted days.
    units = (until - after).days if run.unit is Unit.CALENDAR_DAY else run.units - running
    text = _day_text(LineKind.COUNTED, _UNIT_NAMES[run.unit], units) if units else _CONTINUED
    yield ClockLine(LineKind.COUNTED, first, until, units, running + units, text)


_UNIT_NAMES = {
    Unit.WORKING_DAY: Text(zh="工作日", en="working days"),
    Unit.TRADING_DAY: Text(zh="交易日", en="trading days"),
    Unit.CALENDAR_DAY: Text(zh="日", en="calendar days"),
    Unit.MONTH: Text(zh="个月", en="months"),
}
_CLASSIFIERS = {
    Unit.WORKING_DAY: "个",
    Unit.TRADING_DAY: "个",
    Unit.CALENDAR_DAY: "",
    Unit.MONTH: "",
}


def _day_text(kind: LineKind, name: Text, units: int) -> Text:
    if kind in (LineKind.WEEKEND, LineKind.HOLIDAY):
        return Text(zh=f"{name.zh}，不计入", en=f"{name.en}, not counted")
    return Text(zh=f"{name.zh}，计入 {units}", en=f"{name.en}, {units} counted")


def _paused_line(unit: Unit, calendar: WorkingCalendar, span: _Span, running: int) -> ClockLine:
    units = units_between(unit, calendar, span.after, span.until)
    measured = Unit.CALENDAR_DAY if unit is Unit.MONTH else unit
    name = _UNIT_NAMES[measured]
    return ClockLine(
        LineKind.PAUSED,
        span.after + timedelta(1),
        span.until,
        0,
        running,
        Text(
            zh=f"暂停（{span.reason.zh}），{units} {_CLASSIFIERS[measured]}{name.zh}不计入",
            en=f"Paused ({span.reason.en}): {units} {name.en} not counted",
        ),
    )


def _no_trading_calendar(calendar: WorkingCalendar) -> Text:
    return Text(
        zh=f"该期限按交易日计算，日历 {calendar.id} 旁未载入交易日历，无法计算；请先导入。",
        en=f"This time counts trading days, and no calendar of them is loaded beside {calendar.id},"
        " so no date is given; load it first.",
    )


def _unknown(run: ClockRun, calendar: WorkingCalendar, today: date, missing: Text) -> ClockSum:
    received = ClockLine(LineKind.RECEIVED, run.received, run.received, 0, 0, _opening(run))
    gap = ClockLine(LineKind.MISSING, run.received, run.received, 0, 0, missing)
    return ClockSum(
        key=run.key,
        clock=run.clock,
        name=run.name,
        stage=run.stage,
        force=run.force,
        unit=run.unit,
        length=run.units,
        received=run.received,
        due=None,
        provisional=False,
        stopped=run.stopped,
        paused_units=0,
        calendar=calendar.version,
        counted=calendar,
        asked=run.stopped or today,
        lines=(received, gap),
        missing=missing,
    )
