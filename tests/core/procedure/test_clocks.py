import os
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shidian.core.procedure.calendars import CalendarMissingError, by_id
from shidian.core.procedure.clocks import ClockRun, Pause, add_months, clock_sum
from shidian.core.procedure.types import ClockState, LineKind
from shidian.core.rulebook.model import Text, Unit

HISTORIES = int(os.environ.get("SHIDIAN_HISTORIES", "4000"))
NAME = Text(zh="初审", en="Screening")
WORKING = by_id("cn-working-day")
TRADING = by_id("cn-trading-day")
LAST_YEAR = max(WORKING.years)
WHY = Text(zh="补正 r1", en="request r1")


def run(length=20, unit=Unit.WORKING_DAY, received=date(2023, 9, 25), **more) -> ClockRun:
    return ClockRun("k", "k", NAME, length, unit, received, **more)


def total(clock_run, today=date(2023, 10, 13), calendar=None):
    return clock_sum(clock_run, calendar or WORKING.beside(TRADING), today)


def test_twenty_working_days_from_25_september_2023_end_on_27_october():
    assert total(run()).due == date(2023, 10, 27)


def test_pause_of_three_working_days_moves_the_end_to_1_november():
    paused = total(run(pauses=(Pause(date(2023, 10, 9), date(2023, 10, 12), WHY),)))
    assert paused.due == date(2023, 11, 1)
    assert paused.paused_units == 3


def test_make_up_days_make_trading_days_end_later():
    assert total(run(), calendar=TRADING).due == date(2023, 10, 31)


def test_sum_names_each_run_of_days():
    lines = total(run(length=6)).lines
    assert [(line.kind, line.first, line.last, line.units, line.running) for line in lines] == [
        (LineKind.RECEIVED, date(2023, 9, 25), date(2023, 9, 25), 0, 0),
        (LineKind.COUNTED, date(2023, 9, 26), date(2023, 9, 28), 3, 3),
        (LineKind.HOLIDAY, date(2023, 9, 29), date(2023, 9, 29), 0, 3),
        (LineKind.HOLIDAY, date(2023, 9, 30), date(2023, 10, 6), 0, 3),
        (LineKind.MAKE_UP, date(2023, 10, 7), date(2023, 10, 8), 2, 5),
        (LineKind.COUNTED, date(2023, 10, 9), date(2023, 10, 9), 1, 6),
        (LineKind.DUE, date(2023, 10, 9), date(2023, 10, 9), 0, 6),
    ]
    assert "国庆节" in lines[3].what.zh
    assert "National Day" in lines[3].what.en


def test_answer_on_the_day_of_the_request_costs_nothing():
    same_day = Pause(date(2023, 10, 9), date(2023, 10, 9), WHY)
    assert total(run(pauses=(same_day,))).due == date(2023, 10, 27)


def test_overlapping_pauses_are_counted_once():
    pauses = (
        Pause(date(2023, 10, 9), date(2023, 10, 12), WHY),
        Pause(date(2023, 10, 10), date(2023, 10, 11), WHY),
        Pause(date(2023, 9, 1), date(2023, 9, 25), WHY),
    )
    assert total(run(pauses=pauses)).due == date(2023, 11, 1)


def test_open_pause_gives_a_provisional_end():
    waiting = run(pauses=(Pause(date(2023, 10, 9), None, WHY),))
    on_thursday = total(waiting, today=date(2023, 10, 12))
    assert (on_thursday.state, on_thursday.provisional) == (ClockState.PAUSED, True)
    assert on_thursday.due == date(2023, 11, 1)
    assert total(waiting, today=date(2023, 10, 13)).due == date(2023, 11, 2)


def test_pause_after_the_end_changes_nothing():
    late = total(run(pauses=(Pause(date(2023, 10, 27), None, WHY),)), today=date(2023, 11, 3))
    assert (late.due, late.state) == (date(2023, 10, 27), ClockState.EXPIRED)


def test_pause_after_the_stop_changes_nothing():
    later = Pause(date(2023, 10, 16), date(2023, 10, 18), WHY)
    stopped = total(run(stopped=date(2023, 10, 12), pauses=(later,)))
    assert (stopped.due, stopped.paused_units) == (date(2023, 10, 27), 0)
    beyond = Pause(date(2023, 10, 9), date(2023, 10, 18), WHY)
    assert total(run(stopped=date(2023, 10, 12), pauses=(beyond,))).paused_units == 3


def test_days_left_count_in_the_unit():
    assert total(run(), today=date(2023, 10, 20)).left == 5
    assert total(run(), today=date(2023, 10, 27)).state is ClockState.RUNNING
    assert total(run(), today=date(2023, 10, 30)).left == -1


def test_extension_moves_the_end_only_later():
    assert total(run(extended=date(2023, 12, 1))).due == date(2023, 12, 1)
    assert total(run(extended=date(2023, 12, 1))).lines[-2].kind is LineKind.EXTENDED
    assert total(run(extended=date(2023, 10, 1))).due == date(2023, 10, 27)


def test_stopped_clock_says_when_and_has_nothing_left():
    stopped = total(run(stopped=date(2023, 10, 10)), today=date(2024, 1, 1))
    assert (stopped.state, stopped.left) == (ClockState.STOPPED, None)
    assert stopped.due == date(2023, 10, 27)


def test_missing_year_gives_a_reason_instead_of_a_date():
    unknown = total(run(received=date(2026, 12, 25)), today=date(2026, 12, 28))
    assert (unknown.due, unknown.left, unknown.state) == (None, None, ClockState.UNKNOWN)
    assert unknown.missing is not None
    assert "2027" in unknown.missing.en
    assert unknown.lines[-1].kind is LineKind.MISSING


def test_calendar_days_and_months_need_no_calendar():
    assert total(run(unit=Unit.CALENDAR_DAY, received=date(2030, 1, 1))).due == date(2030, 1, 21)
    assert total(run(3, Unit.MONTH, date(2030, 1, 31))).due == date(2030, 4, 30)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2023, 1, 31), 1, date(2023, 2, 28)),
        (date(2023, 1, 31), 2, date(2023, 3, 31)),
        (date(2023, 11, 30), 3, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2023, 12, 15), 1, date(2024, 1, 15)),
    ],
)
def test_months_end_on_the_same_day_or_the_month_s_last(start, months, end):
    assert add_months(start, months) == end


def test_pause_of_a_month_clock_adds_its_days():
    paused = run(1, Unit.MONTH, pauses=(Pause(date(2023, 10, 1), date(2023, 10, 8), WHY),))
    assert total(paused).due == date(2023, 11, 1)


def test_trading_days_are_counted_by_the_calendar_beside():
    trading = total(run(unit=Unit.TRADING_DAY))
    assert trading.due == date(2023, 10, 31)
    assert trading.calendar == TRADING.version
    assert "交易日" in trading.lines[1].what.zh


def test_trading_days_without_their_calendar_give_a_reason_instead_of_a_date():
    unknown = total(run(unit=Unit.TRADING_DAY), calendar=WORKING)
    assert (unknown.due, unknown.state) == (None, ClockState.UNKNOWN)
    assert "trading days" in unknown.missing.en


def test_lengthened_clock_says_by_how_much():
    longer = total(run(length=10, lengthened=10))
    assert (longer.due, longer.length) == (date(2023, 10, 27), 20)
    assert "10 + 10 = 20" in longer.lines[0].what.en
    assert "10 + 10 = 20 个工作日" in longer.lines[0].what.zh


def test_lines_are_equal_where_their_words_and_days_are():
    assert total(run()).lines == total(run()).lines
    assert total(run()) == total(run())
    assert total(run()).lines != total(run(length=21)).lines


# -- against an oracle that goes day by day

# The real calendar of the mainland has every day of 2019 to 2026.
starts = st.dates(date(2019, 1, 1), date(2025, 12, 31))
offsets = st.integers(-10, 120)


@st.composite
def histories(draw):
    received = draw(starts)
    pauses = []
    for _ in range(draw(st.integers(0, 4))):
        after = received + timedelta(draw(offsets))
        closed = draw(st.booleans())
        until = after + timedelta(draw(st.integers(0, 40))) if closed else None
        pauses.append(Pause(after, until, WHY))
    unit = draw(st.sampled_from(Unit))
    length = draw(st.integers(1, 6 if unit is Unit.MONTH else 60))
    today = received + timedelta(draw(st.integers(0, 150)))
    stopped = draw(st.none() | st.just(today))
    longer = draw(st.sampled_from([0, 0, 3, 20])) if unit is not Unit.MONTH else 0
    return (
        run(length, unit, received, pauses=tuple(pauses), stopped=stopped, lengthened=longer),
        today,
    )


def paused(clock_run: ClockRun, day: date, today: date) -> bool:
    """Nothing pauses a clock once it has stopped."""
    return day <= (clock_run.stopped or date.max) and any(
        pause.after < day <= (today if pause.until is None else pause.until)
        for pause in clock_run.pauses
    )


def counts(unit: Unit, day: date) -> bool:
    if unit is Unit.TRADING_DAY:
        return TRADING.counts(day)
    return unit is Unit.CALENDAR_DAY or WORKING.counts(day)


def naive_due(clock_run: ClockRun, today: date) -> date:
    day = clock_run.received
    if clock_run.unit is Unit.MONTH:
        due = add_months(day, clock_run.length)
        while day < due:
            day += timedelta(1)
            due += timedelta(1) if paused(clock_run, day, today) else timedelta(0)
        return due
    counted = 0
    while counted < clock_run.units:
        day += timedelta(1)
        if not paused(clock_run, day, today) and counts(clock_run.unit, day):
            counted += 1
    return day


def counted_or_missing(clock_run: ClockRun, today: date) -> date | int:
    """The day that counting day by day gives, or the year in which it leaves the calendar."""
    try:
        return naive_due(clock_run, today)
    except CalendarMissingError as missing:
        return missing.year


def due_is_as_counted(history) -> None:
    """The same day; or none, and the year that is missing. Nothing is ever guessed."""
    clock_run, today = history
    summed, expected = total(clock_run, today), counted_or_missing(clock_run, today)
    if isinstance(expected, int):
        assert summed.due is None
        assert str(expected) in summed.missing.en
    elif summed.due is None:
        # A pause that reaches beyond the calendar cannot be counted, wherever the end would be.
        assert any((pause.until or today).year > LAST_YEAR for pause in clock_run.pauses)
    else:
        assert summed.due == expected


@given(histories())
def test_due_is_what_counting_day_by_day_gives(history):
    due_is_as_counted(history)


@pytest.mark.prove
@settings(deadline=None, max_examples=HISTORIES)
@given(histories())
def test_thousands_of_histories_end_where_counting_day_by_day_does(history):
    """SHIDIAN_HISTORIES=10000 is the full proof."""
    due_is_as_counted(history)


@given(histories())
def test_lines_cover_every_day_once_and_add_up(history):
    clock_run, today = history
    summed = total(clock_run, today)
    assume(summed.due is not None)
    body = [line for line in summed.lines if line.kind is not LineKind.DUE]
    assert body[0].first == clock_run.received
    assert body[-1].last == summed.due
    for line, following in pairwise(body):
        assert line.last + timedelta(1) == following.first
        assert line.first <= line.last
    assert sum(line.units for line in body) == clock_run.units
    assert body[-1].running == clock_run.units


@given(histories())
def test_lines_call_each_day_what_it_is(history):
    clock_run, today = history
    assume(total(clock_run, today).due is not None)
    for line in total(clock_run, today).lines[1:-1]:
        days = [line.first + timedelta(n) for n in range((line.last - line.first).days + 1)]
        assert {paused(clock_run, day, today) for day in days} == {line.kind is LineKind.PAUSED}
        if line.units and clock_run.unit is not Unit.MONTH:
            assert line.units == len(days)
            assert all(counts(clock_run.unit, day) for day in days)
