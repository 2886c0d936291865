"""The last day of a period, against counting day by day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.procedure.calendars import by_id
from shidian.core.procedure.periods import last_day_of
from shidian.core.rulebook.model import Period, PeriodUnit

WORKING = by_id("cn-working-day")
STARTS = st.dates(date(2019, 1, 2), date(2025, 6, 30))


@given(start=STARTS, length=st.integers(1, 60))
def test_working_days_are_counted_one_by_one(start: date, length: int) -> None:
    day, left = start, length
    while left:
        day += timedelta(1)
        left -= WORKING.counts(day)
    period = Period(length=length, unit=PeriodUnit.WORKING_DAY)
    assert last_day_of(period, start, WORKING) == day


@pytest.mark.parametrize(
    ("length", "unit", "last"),
    [
        (1, PeriodUnit.CALENDAR_DAY, date(2025, 2, 1)),
        (24, PeriodUnit.HOUR, date(2025, 2, 1)),
        (25, PeriodUnit.HOUR, date(2025, 2, 2)),
        (1, PeriodUnit.MONTH, date(2025, 2, 28)),
        (1, PeriodUnit.YEAR, date(2026, 1, 31)),
        (3, PeriodUnit.TRADING_DAY, None),
    ],
)
def test_other_units_end_where_they_should(
    length: int, unit: PeriodUnit, last: date | None
) -> None:
    assert last_day_of(Period(length=length, unit=unit), date(2025, 1, 31), WORKING) == last


def test_beyond_the_calendar_there_is_no_last_day() -> None:
    period = Period(length=3000, unit=PeriodUnit.WORKING_DAY)
    assert last_day_of(period, date(2025, 1, 31), WORKING) is None
