import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.procedure.calendars import (
    CalendarDefinitionError,
    CalendarMissingError,
    CalendarRow,
    DayKind,
    WorkingCalendar,
    by_id,
    calendar_for,
    calendars_needed,
    definition_of,
    edition_of,
    known_ids,
    years_of,
)
from shidian.core.rulebook.load import load_file
from shidian.core.rulebook.model import Text, Unit

days = st.dates(date(2019, 1, 1), date(2026, 12, 31))
PLAIN = Text(zh="日", en="day")
WORKING = by_id("cn-working-day")
TRADING = by_id("cn-trading-day")


def test_make_up_days_of_october_2023_are_working_days_but_not_trading_days():
    for day in (date(2023, 10, 7), date(2023, 10, 8)):
        assert WORKING.row(day).kind is DayKind.MAKE_UP
        assert not TRADING.counts(day)


def test_last_day_before_spring_festival_2024_is_a_working_day_without_a_session():
    assert WORKING.counts(date(2024, 2, 9))
    assert not TRADING.counts(date(2024, 2, 9))
    assert TRADING.row(date(2024, 2, 9)).name.zh == "休市"


def test_second_guangzhou_call_has_eighteen_working_and_sixteen_trading_days():
    history = load_file(Path("rulebooks/cn-csrc-guangzhou.yaml")).rulebook.history
    [call] = [event for event in history if event.id == "call-2"]
    opens, closes = date.fromisoformat(call.date), date.fromisoformat(call.until)
    assert (opens, closes) == (date(2023, 9, 20), date(2023, 10, 20))
    # The first day is not counted. By hand: 21–22, 25–28 September; 7–8 October (make-up), 9–13, 16–20.
    assert WORKING.count(opens, closes) == 2 + 4 + 2 + 5 + 5
    assert TRADING.count(opens, closes) == 2 + 4 + 5 + 5


def test_holidays_carry_their_names():
    calendar = WORKING
    assert calendar.row(date(2023, 9, 29)).name == Text(zh="中秋节", en="Mid-Autumn Festival")
    assert calendar.row(date(2023, 10, 1)).name == Text(zh="国庆节", en="National Day")


def test_versions_name_library_and_release():
    assert WORKING.version.startswith("chinesecalendar ")
    assert TRADING.version.startswith("exchange_calendars ")
    assert by_id("cn-working-day") is WORKING
    assert WORKING.years == frozenset(range(2019, 2027))


def test_year_not_covered_is_said_not_guessed():
    with pytest.raises(CalendarMissingError) as missing:
        WORKING.add(date(2026, 12, 25), 20)
    assert missing.value.year == 2027
    assert "2027" in missing.value.text.zh
    with pytest.raises(CalendarMissingError):
        WORKING.count(date(2018, 12, 31), date(2019, 1, 31))


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
    stored = WorkingCalendar.from_rows("cn-working-day", "1", reversed(WORKING.days.values()))
    assert stored.add(date(2023, 9, 25), 20) == WORKING.add(date(2023, 9, 25), 20)


def test_negative_number_of_days_is_refused():
    with pytest.raises(ValueError, match="cannot be added"):
        WORKING.add(date(2025, 1, 1), -1)


@given(days, st.integers(0, 300))
def test_add_and_count_undo_each_other(start, units):
    calendar = WORKING
    try:
        reached = calendar.add(start, units)
    except CalendarMissingError:
        return
    assert calendar.count(start, reached) == units
    assert units == 0 or calendar.counts(reached)


@given(days, days)
def test_count_is_the_number_of_counting_days(one, other):
    calendar = WORKING
    after, until = sorted((one, other))
    naive = sum(
        calendar.counts(date.fromordinal(n))
        for n in range(after.toordinal() + 1, until.toordinal() + 1)
    )
    assert calendar.count(after, until) == naive
    assert calendar.count(until, after) == -naive


# -- the library


def test_every_calendar_of_the_library_covers_its_years_whole():
    for calendar_id in known_ids():
        if definition_of(calendar_id).library == "exchange_calendars":
            continue  # the slow imports stand in the tests of trading days
        calendar = by_id(calendar_id)
        first, last = years_of(calendar_id)
        assert calendar.years == frozenset(range(first, last + 1)), calendar_id
        assert len(calendar.version) <= 64


def test_holidays_of_every_calendar_have_chinese_names():
    for calendar_id in known_ids():
        if definition_of(calendar_id).library == "exchange_calendars":
            continue
        names = {row.name.zh for row in by_id(calendar_id).days.values()}
        assert not [name for name in names if re.search(r"[A-Za-z]", name)], calendar_id


def test_weekend_changes_where_the_law_changed_it():
    gulf = by_id("ae-working-day")
    assert gulf.row(date(2021, 11, 5)).kind is DayKind.WEEKEND  # a Friday
    assert gulf.counts(date(2021, 11, 7))  # a Sunday
    assert gulf.counts(date(2022, 11, 4))
    assert gulf.row(date(2022, 11, 6)).kind is DayKind.WEEKEND


def test_days_that_follow_the_moon_say_that_they_are_estimates():
    name = by_id("ae-working-day").row(date(2028, 2, 26)).name
    assert name == Text(zh="开斋节（推算）", en="Eid al-Fitr (estimated)")


def test_bank_holidays_and_settlement_days_differ():
    assert not by_id("gb-working-day").counts(date(2025, 8, 25))
    assert by_id("eu-target-day").counts(date(2025, 8, 25))
    assert not by_id("eu-target-day").counts(date(2025, 5, 1))


def test_trading_calendar_names_a_closed_day_as_its_working_calendar_does():
    assert TRADING.row(date(2023, 10, 2)).name.zh == "国庆节"
    assert TRADING.row(date(2023, 10, 7)).kind is DayKind.WEEKEND


@pytest.mark.parametrize("calendar_id", ["", "names", "../demo-city", "xx-working-day"])
def test_id_that_names_no_calendar_is_a_key_error(calendar_id):
    with pytest.raises(KeyError):
        by_id(calendar_id)
    with pytest.raises(KeyError):
        edition_of(calendar_id)


def test_definition_that_is_wrong_names_file_line_and_key(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "rulebooks" / "calendars"
    folder.mkdir(parents=True)
    text = (Path(__file__).parents[3] / "rulebooks/calendars/gb-working-day.yaml").read_text()
    (folder / "one.yaml").write_text(text.replace("first_year: 2019", "first_year: early"))
    (folder / "two.yaml").write_text(text.replace("library:", "libary:"))
    (folder / "three.yaml").write_text("a: [")
    with pytest.raises(CalendarDefinitionError, match=r"one\.yaml:\d+: /first_year: "):
        definition_of("one")
    with pytest.raises(CalendarDefinitionError, match="/libary"):
        definition_of("two")
    with pytest.raises(CalendarDefinitionError, match=r"three\.yaml"):
        definition_of("three")


def test_rulebook_needs_trading_days_only_where_a_clock_counts_them():
    city = load_file(Path("rulebooks/demo-city.yaml")).rulebook
    assert calendars_needed(city) == ("cn-working-day",)
    assert calendar_for(city) is WORKING
    [clock] = [one for one in city.clocks if one.id == "screening"]
    trading = clock.model_copy(update={"unit": Unit.TRADING_DAY})
    other = city.model_copy(update={"clocks": (trading,)})
    assert calendars_needed(other) == ("cn-working-day", "cn-trading-day")
    assert calendar_for(other).trading is TRADING
