"""What reports are owed: periods side by side from the pilot's first day to its last, and dues."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.procedure.calendars import by_id
from shidian.core.procedure.reporting import (
    Run,
    due_day,
    duties_of,
    must_be_revised,
    owed,
    past_due,
    periods,
    revised_by,
)
from shidian.core.rulebook.model import ReportDuty, Revision, Text
from tests.factories import loaded

CN = by_id("cn-working-day")
TITLE = Text(zh="报告", en="Report")


def duty(kind="periodic", **more):
    given = {"due": 5, "due_unit": "working-day"} | more
    return ReportDuty(id="monthly", title=TITLE, kind=kind, **given)


def spans(one, started, until, ended=None):
    return [(str(a), str(b)) for a, b in periods(one, Run(started, ended), until)]


def test_months_follow_the_calendar_and_the_first_begins_with_the_pilot():
    found = spans(duty(every_months=1), date(2026, 1, 15), date(2026, 3, 2))
    assert found == [
        ("2026-01-15", "2026-01-31"),
        ("2026-02-01", "2026-02-28"),
        ("2026-03-01", "2026-03-31"),
    ]


def test_quarters_and_half_years_are_those_of_the_year():
    started = date(2026, 2, 10)
    assert spans(duty(every_months=3), started, date(2026, 4, 1)) == [
        ("2026-02-10", "2026-03-31"),
        ("2026-04-01", "2026-06-30"),
    ]
    assert spans(duty(every_months=6), started, date(2026, 4, 1)) == [("2026-02-10", "2026-06-30")]


def test_from_the_pilots_start_the_day_of_the_month_stays():
    one = duty(every_months=1, anchor="pilot-start")
    assert spans(one, date(2026, 1, 31), date(2026, 4, 1)) == [
        ("2026-01-31", "2026-02-27"),
        ("2026-02-28", "2026-03-30"),
        ("2026-03-31", "2026-04-29"),
    ]


def test_weeks_begin_on_monday_or_with_the_pilot():
    wednesday = date(2026, 1, 7)
    assert spans(duty(every_weeks=1), wednesday, date(2026, 1, 12)) == [
        ("2026-01-07", "2026-01-11"),
        ("2026-01-12", "2026-01-18"),
    ]
    assert spans(duty(every_weeks=1, anchor="pilot-start"), wednesday, wednesday) == [
        ("2026-01-07", "2026-01-13")
    ]


def test_the_last_period_ends_with_the_pilot():
    found = spans(duty(every_months=1), date(2026, 1, 15), date(2026, 9, 1), date(2026, 2, 10))
    assert found[-1] == ("2026-02-01", "2026-02-10")


@given(
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.integers(0, 900),
    st.one_of(st.none(), st.integers(0, 900)),
    st.sampled_from(["calendar", "pilot-start"]),
    st.one_of(
        st.builds(lambda n: {"every_months": n}, st.integers(1, 14)),
        st.builds(lambda n: {"every_weeks": n}, st.integers(1, 9)),
    ),
)
def test_periods_lie_side_by_side_and_leave_no_day_out(started, until, ended, anchor, every):
    one = duty(anchor=anchor, **every)
    last = None if ended is None else started + timedelta(ended)
    found = list(periods(one, Run(started, last), started + timedelta(until)))
    assert found[0][0] == started
    for (_, end), (start, _) in pairwise(found):
        assert start == end + timedelta(1)
    assert all(a <= b for a, b in found)
    if last is not None:
        assert found[-1][1] <= last
    through = min(last or date.max, started + timedelta(until))
    assert found[-1][1] >= through


@given(
    st.dates(date(2003, 6, 1), date(2026, 1, 1)),
    st.integers(0, 900),
    st.builds(
        lambda anchor, unit, every: duty(anchor=anchor, due_unit=unit, **every),
        st.sampled_from(["calendar", "pilot-start"]),
        st.sampled_from(["working-day", "calendar-day", "month"]),
        st.sampled_from([{"every_months": 1}, {"every_months": 6}, {"every_weeks": 1}]),
    ),
    st.sampled_from([CN, None]),
)
def test_reports_past_their_day_are_counted_as_they_are_listed(started, until, one, calendar):
    today = started + timedelta(until)
    listed = owed(one, Run(started), today, calendar)
    assert past_due(one, Run(started), today, calendar) == sum(o.is_late(today) for o in listed)


def test_a_monthly_report_is_due_so_many_working_days_after_its_month():
    (january, february) = owed(duty(every_months=1), Run(date(2026, 1, 15)), date(2026, 2, 10), CN)
    assert (january.due, january.over) == (date(2026, 2, 6), True)
    assert (february.last, february.over) == (date(2026, 2, 28), False)
    assert not january.is_late(date(2026, 2, 6))
    assert january.is_late(date(2026, 2, 7))


def test_without_a_calendar_no_day_is_guessed():
    (january,) = owed(duty(every_months=1), Run(date(2026, 1, 15)), date(2026, 1, 20), None)
    assert january.due is None
    assert not january.is_late(date(2030, 1, 1))
    plain = duty(every_months=1, due_unit="calendar-day")
    assert due_day(plain, date(2026, 1, 31), None) == date(2026, 2, 5)


@pytest.mark.parametrize(
    ("unit", "length", "expected"),
    [
        ("month", 1, date(2026, 3, 31)),
        ("calendar-day", 10, date(2026, 4, 20)),
        ("working-day", 2, date(2026, 4, 28)),
    ],
)
def test_notice_of_a_change_lies_the_whole_period_ahead(unit, length, expected):
    one = duty("advance", due=length, due_unit=unit)
    assert due_day(one, date(2026, 4, 30), CN) == expected


def test_a_final_report_is_owed_once_the_pilot_has_ended():
    one = duty("final", due=30, due_unit="calendar-day")
    assert not list(owed(one, Run(date(2026, 1, 5)), date(2026, 6, 1), CN))
    (found,) = owed(one, Run(date(2026, 1, 5), date(2026, 5, 31)), date(2026, 6, 1), CN)
    assert (found.first, found.last, found.due) == (
        date(2026, 1, 5),
        date(2026, 5, 31),
        date(2026, 6, 30),
    )


def test_a_tier_sets_how_often():
    found = {one.id: one for one in duties_of(loaded().rulebook, None)}
    assert found["monthly"].every_months == 1


def test_a_figure_that_moves_by_more_than_the_rulebook_says_asks_for_a_revised_report():
    revised = Revision(length=5, unit="working-day", changed_over=10)
    one = duty(every_months=1, revised=revised)
    assert not must_be_revised(one, 100, 110)
    assert must_be_revised(one, 100, 111)
    assert must_be_revised(one, 100, 89)
    assert must_be_revised(one, 0, 1)
    assert not must_be_revised(duty(every_months=1), 1, 1000)
    assert revised_by(one, date(2026, 2, 2), CN) == date(2026, 2, 9)
    assert revised_by(duty(every_months=1), date(2026, 2, 2), CN) is None
