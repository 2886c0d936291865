"""Values between changes, limits, explanations: pure arithmetic."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from shidian.apps.supervision.explanations import laid_out
from shidian.apps.supervision.series import Change, sample

from .things import explanation


@given(
    st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 10**9)), min_size=1, max_size=30),
    st.integers(2, 40),
)
def test_a_sample_holds_each_value_until_the_next_change(changes, points):
    ordered = [Change(at, value, 2) for at, value in sorted(dict(changes).items())]
    until = ordered[-1].at_us + 10**9
    drawn = sample(ordered, until_us=until, points=points)
    assert 1 <= len(drawn) <= points
    assert drawn[0] == (ordered[0].at_us, ordered[0].major)
    assert drawn[-1][1] == ordered[-1].major
    for at, value in drawn:
        held = [change for change in ordered if change.at_us <= at][-1]
        assert value == held.major


def test_no_changes_draw_nothing():
    assert sample([], until_us=5, points=10) == []


def test_minor_units_become_major_ones_exactly():
    assert Change(0, 123_456, 2).major == Decimal("1234.56")


def test_an_explanation_adds_up():
    why = laid_out(explanation(value=150))
    assert why.adds_up
    assert sum(line.value for line in why.lines) == why.value == 150
    assert why.before_number == 1
    assert why.rungs[0].met


def test_a_fractional_bound_is_shown_in_major_units():
    raw = explanation()
    raw["scale"] = 2
    raw["levels"][0]["bound"] = "14000000"
    raw["levels"][0]["stated"] = "200000"
    raw["levels"][0]["per_cent"] = 70
    rung = laid_out(raw).rungs[0]
    assert (rung.bound, rung.stated, rung.per_cent) == (140_000, 200_000, 70)


def test_an_explanation_without_a_rule_has_its_words():
    assert laid_out({"rule": None, "words": {"zh": "已不在执行", "en": "gone"}}).value is None
