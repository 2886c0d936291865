"""Assumptions, dice, queues and the calendar carried on."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.procedure.calendars import by_id
from shidian.core.procedure.simulation.assumptions import (
    AssumptionError,
    Assumptions,
    Spread,
    table,
)
from shidian.core.procedure.simulation.dice import Dice
from shidian.core.procedure.simulation.horizon import Horizon
from shidian.core.procedure.simulation.stations import Station


def test_every_assumption_says_what_it_means_with_its_unit():
    for name, default, meaning in table():
        assert default
        assert meaning.zh
        assert meaning.en
        if name.endswith("_percent"):
            assert "％" in meaning.zh
            assert "per cent" in meaning.en


def test_assumptions_are_read_from_texts():
    made = Assumptions().with_values(["officers=7", "signing=1-2-3", "unfit_percent=0"])
    assert (made.officers, made.signing, made.unfit_percent) == (7, Spread(1, 2, 3), 0)


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        ("oficers=2", "did you mean 'officers'"),
        ("officers=0", "from 1"),
        ("officers=", "whole number"),
        ("officers=٣", "whole number"),
        ("officers=1e9", "whole number"),
        ("unfit_percent=101", "0 to 100"),
        ("signing=3-2-1", "rising"),
        ("signing=3", "three"),
        ("nonsense", "no assumption"),
    ],
)
def test_assumption_that_is_wrong_says_what_would_be_right(given_, says):
    with pytest.raises(AssumptionError) as wrong:
        Assumptions().with_values([given_])
    assert says in wrong.value.text.en
    assert wrong.value.text.zh


@given(st.integers(0, 2**40), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_spread_stays_within_its_ends(seed, one, two, three):
    low, typical, high = sorted((one, two, three))
    dice = Dice(seed)
    drawn = [dice.spread("x", Spread(low, typical, high)) for _ in range(20)]
    assert all(low <= value <= high for value in drawn)


def test_draws_do_not_depend_on_what_else_is_drawn():
    alone, among = Dice(1, 2), Dice(1, 2)
    first = [alone.below("a", 1000) for _ in range(5)]
    others = []
    for _ in range(5):
        among.below("b", 7)
        others.append(among.below("a", 1000))
    assert first == others


def test_station_takes_up_so_many_a_day_and_the_rest_wait():
    station = Station(per=2)
    assert [station.take(10) for _ in range(5)] == [10, 10, 11, 11, 12]
    assert (station.waited, station.longest) == (0 + 0 + 1 + 1 + 2, 2)
    assert station.take(20) == 20
    weekly = Station(per=1, every=5)
    assert [weekly.take(0) for _ in range(3)] == [0, 5, 10]


def test_horizon_repeats_the_last_known_year_on_the_same_weekdays():
    known = by_id("cn-working-day")
    horizon = Horizon(known)
    assert max(horizon.calendar.years) > max(known.years) + 30
    later = date(2031, 6, 2)
    assert horizon.calendar.row(later).kind is horizon.calendar.row(date(2030, 6, 3)).kind
    assert horizon.day(horizon.number(date(2024, 2, 10))) == date(2024, 2, 18)  # a make-up Sunday
    assert horizon.between(date(2024, 2, 9), date(2024, 2, 19)) == 2
