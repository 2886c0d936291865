"""Comparisons in columns say what fractions say."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.monitor.exact import met, met_by_whole
from shidian.core.rulebook.model import Comparison

PLAIN = {
    Comparison.GT: Fraction.__gt__,
    Comparison.GE: Fraction.__ge__,
    Comparison.LT: Fraction.__lt__,
    Comparison.LE: Fraction.__le__,
}


@given(
    st.sampled_from(list(Comparison)),
    st.lists(st.integers(-20, 20) | st.integers(-(2**62), 2**62)),
    st.fractions(-20, 20, max_denominator=7) | st.integers(-(2**64), 2**64).map(Fraction),
)
def test_whole_numbers_meet_a_bound_as_fractions_do(comparison, numbers, bound):
    column = np.array(numbers, np.int64)

    wanted = [PLAIN[comparison](Fraction(number), bound) for number in numbers]

    assert met_by_whole(comparison, column, bound).tolist() == wanted
    assert met(comparison, column, 1, bound).tolist() == wanted
