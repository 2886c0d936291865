"""What every estimate keeps, whatever it is given, and what is refused with a reason."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shidian.core.evaluation.before_after import (
    Row,
    difference_in_differences,
    difference_of_changes,
)
from shidian.core.evaluation.estimate import Method, figure
from shidian.core.evaluation.means import difference_of_means, mean
from shidian.core.evaluation.proportions import difference_of_proportions, proportion
from shidian.core.evaluation.rates import complaint_rate, rate, ratio_of_rates
from shidian.core.evaluation.sample_ratio import sample_ratio
from shidian.core.evaluation.words import EvaluationError
from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from collections.abc import Callable

LEVELS = st.sampled_from([0.8, 0.9, 0.95, 0.99])


@st.composite
def shares(draw: st.DrawFn) -> tuple[int, int]:
    total = draw(st.integers(1, 3000))
    return draw(st.integers(0, total)), total


def tail(events: int, total: int, share: Fraction) -> Fraction:
    """Chance of so many events or more, by the definition and without rounding."""
    return sum(
        (
            math.comb(total, k) * share**k * (1 - share) ** (total - k)
            for k in range(events, total + 1)
        ),
        Fraction(0),
    )


@settings(max_examples=40)
@given(shares(), LEVELS, st.sampled_from([Method.CLOPPER_PEARSON, Method.WILSON]))
def test_proportion_of_those_without_an_event_mirrors_it(
    share: tuple[int, int], level: float, method: Method
) -> None:
    events, total = share

    one = proportion(events, total, level=level, method=method)
    other = proportion(total - events, total, level=level, method=method)

    assert 0 <= one.low <= one.value <= one.high <= 1
    assert one.low == pytest.approx(1 - other.high, abs=1e-12)


@settings(max_examples=25)
@given(st.integers(1, 40), st.data())
def test_exact_bound_is_where_the_tail_has_half_of_what_the_level_leaves(
    total: int, data: st.DataObject
) -> None:
    events = data.draw(st.integers(1, total))

    low = proportion(events, total).low

    assert float(tail(events, total, Fraction(low))) == pytest.approx(0.025, rel=1e-9)


@settings(max_examples=40)
@given(shares(), shares(), LEVELS)
def test_difference_of_proportions_changes_its_sign_with_its_groups(
    pilot: tuple[int, int], control: tuple[int, int], level: float
) -> None:
    one = difference_of_proportions(*pilot, *control, level=level)
    other = difference_of_proportions(*control, *pilot, level=level)

    assert -1 <= one.low <= one.value <= one.high <= 1
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-12)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 10_000), st.integers(0, 10_000))
def test_ratio_of_rates_is_one_over_the_ratio_the_other_way(a: int, b: int, days: int) -> None:
    one = ratio_of_rates(a, 1 + days, b, 7.0)
    other = ratio_of_rates(b, 7.0, a, 1 + days)

    assert 0 <= one.low <= one.value <= one.high
    assert 1 / one.high == pytest.approx(other.low, rel=1e-9)


@settings(max_examples=40)
@given(st.integers(0, 100_000), LEVELS)
def test_a_higher_level_makes_a_wider_interval(events: int, level: float) -> None:
    narrow, wide = rate(events, 10.0, level=level), rate(events, 10.0, level=0.999)

    assert wide.low <= narrow.low <= narrow.value <= narrow.high <= wide.high


@settings(max_examples=40)
@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=30, unique=True), st.randoms())
def test_mean_does_not_depend_on_the_order_of_rows(
    values: list[float], shuffler: random.Random
) -> None:
    shuffled = list(values)
    shuffler.shuffle(shuffled)

    assert mean(shuffled) == mean(values)


def _rows() -> list[Row]:
    draw = np.random.default_rng(7)
    return [
        Row(float(draw.normal(1.5 * (pilot and after), 1)), pilot, after, f"c{cluster}")
        for cluster in range(50)
        for pilot in (cluster % 2 == 0,)
        for after in (False, True)
    ]


def test_difference_in_differences_reads_the_same_to_the_byte_in_any_order_of_rows() -> None:
    rows = _rows()
    written = {canonical.dumps(difference_in_differences(rows).document())}
    for seed in range(5):
        random.Random(seed).shuffle(rows)
        written.add(canonical.dumps(difference_in_differences(rows).document()))

    assert len(written) == 1


def test_clustered_error_is_that_of_the_clusters_own_changes() -> None:
    """With one row before and one after of each cluster, the sandwich is a sum over clusters that
    can be done by hand: of the squared departures from each arm's mean change."""
    rows = _rows()
    changes: dict[bool, list[float]] = {True: [], False: []}
    for before, after in zip(rows[::2], rows[1::2], strict=True):
        changes[before.pilot].append(after.value - before.value)

    estimate = difference_in_differences(rows)

    squares = sum(float(np.var(of)) / len(of) for of in changes.values())
    correction = 50 / 49 * (100 - 1) / (100 - 4)
    assert estimate.standard_error == pytest.approx(math.sqrt(squares * correction), rel=1e-9)
    assert (estimate.clusters, estimate.cautions) == (50, ())


def test_change_of_each_cluster_counts_once_however_many_rows_it_has() -> None:
    rows = [row for row in _rows() for _ in range(3 if row.pilot else 1)]
    more = [*rows, *(row for row in rows if row.cluster == "c0")]

    once, again = difference_of_changes(rows), difference_of_changes(more)

    assert (again.value, again.low, again.high) == pytest.approx((once.value, once.low, once.high))
    assert (once.n, once.clusters, once.cautions) == ((150, 50), 50, ())


def test_change_of_clusters_is_the_difference_of_their_mean_changes() -> None:
    rows = _rows()
    pairs = list(zip(rows[::2], rows[1::2], strict=True))
    changes = {
        arm: [b.value - a.value for a, b in pairs if a.pilot is arm] for arm in (True, False)
    }

    estimate = difference_of_changes(rows)

    assert estimate.value == pytest.approx(difference_in_differences(rows).value, rel=1e-12)
    assert estimate.low == difference_of_means(changes[True], changes[False]).low


def test_few_clusters_are_said_to_be_few() -> None:
    estimate = difference_in_differences(_rows()[:40])

    (caution,) = estimate.cautions
    assert "fewer than 20" in caution.en
    assert "20" in caution.zh


def test_complaints_are_counted_per_thousand_investors_a_month() -> None:
    estimate = complaint_rate(6, investors=2000, months=3)

    assert estimate.value == 1.0
    assert (estimate.low, estimate.high) == pytest.approx((0.3670, 2.1766), abs=1e-4)


def test_ratio_to_a_control_without_events_has_no_upper_bound() -> None:
    estimate = ratio_of_rates(5, 100, 0, 100)

    assert estimate.high == math.inf
    assert estimate.document()["high"] is None
    assert canonical.dumps(estimate.document())


def test_figures_have_ten_digits_and_no_negative_zero() -> None:
    assert figure(1 / 3) == 0.3333333333
    assert str(figure(-0.0)) == "0.0"


def test_even_split_is_no_mismatch_and_a_lopsided_one_is() -> None:
    assert not sample_ratio([5021, 4979], [0.5, 0.5]).mismatch
    lopsided = sample_ratio([5300, 4700], [0.5, 0.5])
    assert (lopsided.mismatch, lopsided.test) == (True, "binomial-exact")


def test_three_arms_are_checked_by_chi_square() -> None:
    """χ² = 4 on two degrees of freedom, whose tail is e to the power of −2."""
    checked = sample_ratio([120, 80, 100], [1 / 3, 1 / 3, 1 / 3])

    assert checked.test == "chi-square"
    assert checked.p_value == pytest.approx(math.exp(-4), rel=1e-9)


def _without(pilot: bool, after: bool) -> list[Row]:
    return [row for row in _rows() if (row.pilot, row.after) != (pilot, after)]


@pytest.mark.parametrize(
    ("ask", "where", "why"),
    [
        (lambda: difference_of_proportions(3, 10, 0, 0), "control total", "empty"),
        (lambda: proportion(-1, 10), "proportion events", "not a whole number"),
        (lambda: proportion(True, 10), "proportion events", "not a whole number"),
        (lambda: proportion(11, 10), "proportion", "11 events among 10"),
        (lambda: proportion(1, 10, level=95), "level", "0.95 for 95 %"),
        (lambda: proportion(1, 10, level=math.nan), "level", "0.95 for 95 %"),
        (lambda: rate(-2, 10), "events", "not a whole number"),
        (lambda: rate(2, 0), "exposure", "above zero"),
        (lambda: rate(2, math.nan), "exposure", "above zero"),
        (lambda: ratio_of_rates(0, 10, 0, 10), "events", "no event in either"),
        (lambda: complaint_rate(0, investors=0, months=1), "investors", "empty"),
        (lambda: mean([1.0, math.nan]), "values row 2", "no finite number"),
        (lambda: mean([1.0]), "values", "at least two"),
        (lambda: mean([4.0, 4.0]), "values", "all values are the same"),
        (lambda: difference_of_means([1.0, 2.0], []), "control", "empty"),
        (lambda: difference_in_differences(_without(False, True)), "control after", "0 values"),
        (
            lambda: difference_in_differences([Row(math.inf, True, True), *_rows()]),
            "rows row 1",
            "no finite number",
        ),
        (
            lambda: difference_in_differences(
                [Row(r.value, r.pilot, r.after, "one" if r.pilot else r.cluster) for r in _rows()]
            ),
            "pilot clusters",
            "one cluster alone",
        ),
        (
            lambda: difference_in_differences([*_rows(), Row(1.0, True, True)]),
            "rows row 101",
            "has no cluster",
        ),
        (
            lambda: difference_in_differences(_rows(), equal_variances=True),
            "equal_variances",
            "vary together",
        ),
        (
            lambda: difference_in_differences(
                [Row(1.0, p, a) for p in (True, False) for a in (True, False)] * 2
            ),
            "rows",
            "do not vary",
        ),
        (lambda: difference_of_changes([]), "rows", "empty"),
        (
            lambda: difference_of_changes([*_rows(), Row(1.0, True, True)]),
            "rows row 101",
            "cluster",
        ),
        (
            lambda: difference_of_changes([*_rows(), Row(1.0, True, True, "late")]),
            "cluster late",
            "before and after",
        ),
        (
            lambda: difference_of_changes([*_rows(), Row(1.0, False, True, "c0")]),
            "cluster c0",
            "one group alone",
        ),
        (
            lambda: difference_of_changes([r for r in _rows() if not r.pilot or r.cluster == "c0"]),
            "pilot clusters",
            "plan with more",
        ),
        (lambda: sample_ratio([5, 5], [0.5]), "counts", "one each"),
        (lambda: sample_ratio([0, 0], [0.5, 0.5]), "counts", "empty"),
        (lambda: sample_ratio([5, 5], [0.6, 0.5]), "shares", "make 1 together"),
        (lambda: sample_ratio([2, 3, 1], [0.4, 0.4, 0.2]), "counts", "chi-square needs 5"),
    ],
)
def test_bad_input_is_refused_with_place_and_reason(
    ask: Callable[[], object], where: str, why: str
) -> None:
    with pytest.raises(EvaluationError) as refused:
        ask()

    assert refused.value.where == where
    assert why in refused.value.text.en
    assert refused.value.text.zh != refused.value.text.en
