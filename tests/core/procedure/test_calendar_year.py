"""A year made from its notice is the year that the library has, and a wrong line is named."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.procedure.calendar_year import CalendarYearError, year_rows
from shidian.core.procedure.calendars import DayKind, by_id, definition_of

CALENDARS = ("cn-working-day", "cn-trading-day", "eu-target-day", "ae-working-day")


def notice(calendar_id: str, year: int) -> tuple[str, str]:
    """The year as the library has it, written as a notice: weekdays off, weekends worked."""
    rows = [row for row in by_id(calendar_id).days.values() if row.day.year == year]
    off = [row for row in rows if row.kind is DayKind.HOLIDAY]
    worked = [row for row in rows if row.kind is DayKind.MAKE_UP]
    return tuple("\n".join(f"{r.day} {r.name.zh} / {r.name.en}" for r in part) for part in (off, worked))  # type: ignore[return-value]  # fmt: skip


@pytest.mark.parametrize("calendar_id", CALENDARS)
def test_years_of_the_library_come_out_as_they_are(calendar_id):
    calendar = by_id(calendar_id)
    for year in sorted(calendar.years)[-8:]:
        off, worked = notice(calendar_id, year)
        made = year_rows(definition_of(calendar_id), year, off, worked)
        assert [(row.day, row.kind) for row in made] == [
            (row.day, row.kind) for row in calendar.days.values() if row.day.year == year
        ]


def test_range_names_each_of_its_days():
    rows = year_rows(definition_of("cn-working-day"), 2027, "2027-02-05..2027-02-11 春节", "")
    spring = [row for row in rows if row.name.zh == "春节"]
    assert [row.day for row in spring] == [date(2027, 2, 5) + timedelta(n) for n in range(7)]
    assert len(rows) == 365


@pytest.mark.parametrize(
    ("off", "worked", "field", "said"),
    [
        ("", "", "off", "days off"),
        ("2027-01-01", "", "off", "Line 1"),
        ("2027-01-01 元旦\n\n2027/05/01 劳动节", "", "off", "Line 3"),
        ("2026-12-31 元旦", "", "off", "not in 2027"),
        ("2027-01-01 元旦\n2027-01-01 元旦", "", "off", "twice"),
        ("2027-01-03..2027-01-01 元旦", "", "off", "Line 1"),
        ("2027-02-30 元旦", "", "off", "Line 1"),
        ("2027-01-01 元旦", "2027-01-04", "worked", "no weekend"),
        ("2027-01-02 元旦", "2027-01-02", "worked", "day off too"),
        ("2027-01-01 " + "长" * 61, "", "off", "too long"),
    ],
)
def test_line_that_is_not_right_is_named(off, worked, field, said):
    with pytest.raises(CalendarYearError) as error:
        year_rows(definition_of("cn-working-day"), 2027, off, worked)
    assert error.value.field == field
    assert said in error.value.text.en
    assert error.value.text.zh


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_makes_a_whole_year_or_is_refused(off, worked):
    try:
        rows = year_rows(definition_of("cn-working-day"), 2028, off, worked)
    except CalendarYearError:
        return
    assert len(rows) == 366
