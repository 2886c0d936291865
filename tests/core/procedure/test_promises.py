"""Promises in figures: a single value breaks one for the whole run, a day's value one for a day."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.procedure.promises import (
    Measured,
    Standing,
    Stretch,
    at_least,
    by_a_day,
    throughout,
)
from shidian.core.rulebook.comparing import holds
from shidian.core.rulebook.model import Comparison

AT_MOST, AT_LEAST = Comparison.LE, Comparison.GE


def measured(*values):
    return tuple(Measured(n, Fraction(value)) for n, value in enumerate(values))


def test_a_promise_for_the_run_is_kept_while_every_value_holds():
    judged = throughout(AT_MOST, [Stretch(Fraction(20), measured(3, 20, 7))], has_ended=False)
    assert (judged.standing, judged.settled) == (Standing.KEPT, False)
    assert judged.worst == Measured(1, Fraction(20))


def test_one_value_breaks_it_for_good():
    judged = throughout(AT_MOST, [Stretch(Fraction(20), measured(3, 21, 7))], has_ended=False)
    assert (judged.standing, judged.settled) == (Standing.BROKEN, True)
    assert (judged.worst, judged.worst_bound) == (Measured(1, Fraction(21)), 20)


def test_a_value_is_held_against_what_was_agreed_when_it_was_measured():
    before, after = Stretch(Fraction(50), measured(40)), Stretch(Fraction(20), measured(15))
    assert throughout(AT_MOST, [before, after], has_ended=False).standing is Standing.KEPT
    late = Stretch(Fraction(20), measured(40))
    assert throughout(AT_MOST, [before, late], has_ended=False).standing is Standing.BROKEN


def test_the_end_of_the_run_settles_what_was_kept():
    judged = throughout(AT_LEAST, [Stretch(Fraction(1), measured(1))], has_ended=True)
    assert (judged.standing, judged.settled) == (Standing.KEPT, True)


def test_without_a_value_nothing_is_kept_and_nothing_is_broken():
    assert throughout(AT_MOST, [], has_ended=True).standing is Standing.NO_VALUE
    assert by_a_day(AT_LEAST, Fraction(1), None, is_due=True).standing is Standing.NO_VALUE


@pytest.mark.parametrize(
    ("value", "is_due", "standing"),
    [
        (299, False, Standing.UNMET),
        (300, False, Standing.MET),
        (299, True, Standing.BROKEN),
        (300, True, Standing.KEPT),
    ],
)
def test_a_promise_for_a_day_is_judged_on_that_day_alone(value, is_due, standing):
    judged = by_a_day(AT_LEAST, Fraction(300), *measured(value), is_due=is_due)
    assert (judged.standing, judged.settled) == (standing, is_due)


values = st.lists(st.fractions(-9, 9, max_denominator=4), max_size=6)
stretches = st.lists(st.tuples(st.fractions(-9, 9, max_denominator=4), values), max_size=4)


@given(st.sampled_from(Comparison), stretches)
def test_the_values_nearest_to_breaking_it_say_as_much_as_all_of_them(comparison, given_stretches):
    pick = min if at_least(comparison) else max
    whole = [Stretch(bound, measured(*listed)) for bound, listed in given_stretches]
    short = [
        Stretch(bound, measured(*([pick(listed)] if listed else [])))
        for bound, listed in given_stretches
    ]
    full = throughout(comparison, whole, has_ended=False)
    brief = throughout(comparison, short, has_ended=False)
    assert (full.standing, full.worst_bound) == (brief.standing, brief.worst_bound)
    assert (full.worst and full.worst.value) == (brief.worst and brief.worst.value)
    naive = all(
        holds(comparison, value, bound) for bound, listed in given_stretches for value in listed
    )
    assert (full.standing is not Standing.BROKEN) == naive
