from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.procedure.calendars import (
    CalendarMissingError,
    CalendarRow,
    DayKind,
    WorkingCalendar,
    by_id,
    cn_trading_day,
    cn_working_day,
    working_day_rows,
)
from shidian.core.rulebook.load import load_file
from shidian.core.rulebook.model import Text

days = st.dates(date(2019, 1, 1), date(2026, 12, 31))
PLAIN = Text(zh="日", en="day")


def test_make_up_days_of_october_2023_are_working_days_but_not_trading_days():
    for day in (date(2023, 10, 7), date(2023, 10, 8)):
        assert cn_working_day().row(day).kind is DayKind.MAKE_UP
        assert not cn_trading_day().counts(day)


def test_last_day_before_spring_festival_2024_is_a_working_day_without_a_session():
    assert cn_working_day().counts(date(2024, 2, 9))
    assert not cn_trading_day().counts(date(2024, 2, 9))
    assert cn_trading_day().row(date(2024, 2, 9)).name.zh == "休市"


def test_second_guangzhou_call_has_eighteen_working_and_sixteen_trading_days():
    history = load_file(Path("rulebooks/cn-csrc-guangzhou.yaml")).rulebook.history
    [call] = [event for event in history if event.id == "call-2"]
    opens, closes = date.fromisoformat(call.date), date.fromisoformat(call.until)
    assert (opens, closes) == (date(2023, 9, 20), date(2023, 10, 20))
    # The first day is not counted. By hand: 21–22, 25–28 September; 7–8 October (make-up), 9–13, 16–20.
    assert cn_working_day().count(opens, closes) == 2 + 4 + 2 + 5 + 5
    assert cn_trading_day().count(opens, closes) == 2 + 4 + 5 + 5


def test_holidays_carry_their_names():
    calendar = cn_working_day()
    assert calendar.row(date(2023, 9, 29)).name == Text(zh="中秋节", en="Mid-Autumn Festival")
    assert calendar.row(date(2023, 10, 1)).name == Text(zh="国庆节", en="National Day")


def test_versions_name_library_and_release():
    assert cn_working_day().version.startswith("chinesecalendar ")
    assert cn_trading_day().version.startswith("exchange_calendars ")
    assert by_id("cn-working-day") is cn_working_day()
    assert cn_working_day().years == frozenset(range(2019, 2027))


def test_year_not_covered_is_said_not_guessed():
    with pytest.raises(CalendarMissingError) as missing:
        cn_working_day().add(date(2026, 12, 25), 20)
    assert missing.value.year == 2027
    assert "2027" in missing.value.text.zh
    with pytest.raises(CalendarMissingError):
        cn_working_day().count(date(2018, 12, 31), date(2019, 1, 31))


def test_part_of_a_year_does_not_count_as_covered():
    rows = [CalendarRow(date(2030, 1, n), DayKind.WORKING, PLAIN) for n in range(1, 10)]
    calendar = WorkingCalendar.from_rows("x", "1", rows)
    assert calendar.years == frozenset()
    with pytest.raises(CalendarMissingError):
        calendar.add(date(2030, 1, 1), 1)


def test_day_given_twice_is_refused():
    row = CalendarRow(date(2030, 1, 1), DayKind.WORKING, PLAIN)
    with pytest.raises(ValueError, match="twice"):
        WorkingCalendar.from_rows("x", "1", [row, row])


def test_calendar_from_stored_rows_is_the_library_s():
    stored = WorkingCalendar.from_rows("cn-working-day", "1", reversed(working_day_rows()))
    assert stored.add(date(2023, 9, 25), 20) == cn_working_day().add(date(2023, 9, 25), 20)


def test_negative_number_of_days_is_refused():
    with pytest.raises(ValueError, match="cannot be added"):
        cn_working_day().add(date(2025, 1, 1), -1)


@given(days, st.integers(0, 300))
def test_add_and_count_undo_each_other(start, units):
    calendar = cn_working_day()
    try:
        reached = calendar.add(start, units)
    except CalendarMissingError:
        return
    assert calendar.count(start, reached) == units
    assert units == 0 or calendar.counts(reached)


@given(days, days)
def test_count_is_the_number_of_counting_days(one, other):
    calendar = cn_working_day()
    after, until = sorted((one, other))
    naive = sum(
        calendar.counts(date.fromordinal(n))
        for n in range(after.toordinal() + 1, until.toordinal() + 1)
    )
    assert calendar.count(after, until) == naive
    assert calendar.count(until, after) == -naive
