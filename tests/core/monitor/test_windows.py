"""Cells and windows against counting by hand, for several groups at once."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.monitor.cells import Cells, key_of
from shidian.core.monitor.distinct import Distinct
from shidian.core.monitor.machine import _toggles
from shidian.core.monitor.windows import Window, additive, bucket_of, extreme, ranked
from tests.oracle import naive

GROUPS = 3
LAST = 30
EVENTS = st.lists(
    st.tuples(st.integers(0, GROUPS - 1), st.integers(0, 24), st.integers(-9, 9)), max_size=25
)
OPENS = np.array([3, 9, 10, 20], np.int64)
WINDOWS = st.sampled_from(
    [Window(None), Window(1), Window(2), Window(7), Window(None, OPENS, OPENS + 1)]
)


def columns(events):
    table = np.array(events, np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def inside(events, group, at, window):
    begin = int(window.begins(np.array([at]))[0])
    return [value for g, tile, value in events if g == group and begin <= tile < at]


def at_every_instant(owner, at, values, low):
    """Value of each group at every instant from `low` to LAST."""
    found = {}
    for group in range(GROUPS):
        mine = owner == group
        points, own = at[mine], values[mine]
        assert points[0] == low
        assert (np.diff(points) > 0).all()
        for instant in range(low, LAST + 1):
            found[group, instant] = own[np.searchsorted(points, instant, "right") - 1]
    return found


def bounds(low):
    every = np.arange(GROUPS)
    return every, np.full(GROUPS, low), np.full(GROUPS, LAST)


def filled(events, parts=None):
    """Cells of events; `parts`: what each value is filed under."""
    cells = Cells()
    change(cells, events, 1, parts)
    return cells


def change(cells, events, sign, parts=None):
    groups, tiles, values = columns(events)
    filed = np.zeros(len(groups), np.int64) if parts is None else parts(values)
    cells.add(key_of(groups, tiles), filed, np.full(len(groups), sign), sign * values)


@given(EVENTS, EVENTS, WINDOWS, st.integers(0, 15))
def test_counts_and_sums_are_those_of_what_is_inside(events, more, window, low):
    cells = filled([*events, *more])
    change(cells, more, -1)

    owner, at, counts, totals = additive(cells, *bounds(low), window)

    for (group, instant), count in at_every_instant(owner, at, counts, low).items():
        assert count == len(inside(events, group, instant, window))
    for (group, instant), total in at_every_instant(owner, at, totals, low).items():
        assert total == sum(inside(events, group, instant, window))


@given(EVENTS, WINDOWS, st.integers(0, 15), st.booleans())
def test_extreme_is_the_smallest_or_largest_inside(events, window, low, largest):
    runs = extreme(filled(events, lambda values: values), *bounds(low), window, largest=largest)

    numbers = at_every_instant(runs.owner, runs.at, runs.number, low)
    overs = at_every_instant(runs.owner, runs.at, runs.over, low)
    for (group, instant), over in overs.items():
        values = inside(events, group, instant, window)
        assert bool(over) == bool(values)
        if values:
            assert numbers[group, instant] == (max(values) if largest else min(values))


@given(EVENTS, WINDOWS, st.integers(0, 15), st.sampled_from(["0.01", "0.5", "0.9", "0.99"]))
def test_quantile_has_its_share_at_or_below_it(events, window, low, share):
    quantile = Fraction(share)
    runs = ranked(filled(events, bucket_of), *bounds(low), window, quantile)

    numbers = at_every_instant(runs.owner, runs.at, runs.number, low)
    overs = at_every_instant(runs.owner, runs.at, runs.over, low)
    for (group, instant), over in overs.items():
        values = sorted(inside(events, group, instant, window))
        assert bool(over) == bool(values)
        if values:
            assert numbers[group, instant] == values[math.ceil(quantile * len(values)) - 1]


@given(EVENTS, EVENTS, WINDOWS, st.integers(0, 15))
def test_distinct_counts_values_inside_while_they_come_and_go(events, more, window, low):
    distinct = Distinct(window)
    distinct.change(*columns([*events, *more]), 1)
    distinct.change(*columns(more), -1)

    owner, at, counts, _ = additive(distinct.steps, *bounds(low), Window(None))

    for (group, instant), count in at_every_instant(owner, at, counts, low).items():
        assert count == len(set(inside(events, group, instant, window)))


@given(st.lists(st.integers(-(2**53), 2**53), min_size=1))
def test_bucket_is_at_most_a_thirty_second_above_the_value(values):
    buckets = bucket_of(np.array(values, np.int64)).tolist()

    assert buckets == [naive.bucket_of(value) for value in values]
    for value, bucket in zip(values, buckets, strict=True):
        assert value <= bucket <= value + abs(value) / 31


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.data())
def test_k_of_n_toggles_where_counting_says(truth, data):
    n = data.draw(st.integers(1, 8))
    k = data.draw(st.integers(1, n))
    edges = np.flatnonzero(np.diff([False, *truth, False]))
    spans = [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]

    toggles = set(_toggles(spans, k, n, len(truth)))

    holds = False
    for at in range(len(truth)):
        holds ^= at in toggles
        assert holds == (sum(truth[max(0, at - n + 1) : at + 1]) >= k)


def test_many_cells_merge_and_are_found():
    rng = np.random.default_rng(1)
    cells, every = Cells(), []
    for _ in range(40):
        keys = rng.integers(0, 5_000, 300)
        cells.add(keys, np.zeros(300, np.int64), np.ones(300, np.int64), keys)
        every.append(keys)
    keys = np.concatenate(every)

    low, high = np.array([0, 100, 4_000]), np.array([50, 100, 9_000])
    counts, totals = cells.totals(low, high)

    inside_ = [keys[(keys >= a) & (keys < b)] for a, b in zip(low, high, strict=True)]
    assert counts.tolist() == [len(one) for one in inside_]
    assert totals.tolist() == [one.sum() for one in inside_]
    assert cells.gather(low, high).count.sum() == counts.sum()


@pytest.mark.parametrize("largest", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_edges_of_merged_and_recent_cells_are_those_of_all_of_them(seed, largest):
    """In any order of ranges: side by side, one in the other, empty, beyond the last cell."""
    rng = np.random.default_rng(seed)
    cells = Cells()
    for size in (3_000, int(rng.integers(0, 200))):
        parts = rng.integers(-50, 50, size)
        cells.add(rng.integers(0, 400, size), parts, np.ones(size, np.int64), parts)
    low = rng.integers(0, 420, 60)
    high = low + rng.integers(-3, 40, 60)

    number, there = cells.edges(low, high, largest=largest)

    for place, (a, b) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
        found = cells.gather(np.array([a]), np.array([b])).part
        assert bool(there[place]) == bool(len(found))
        if len(found):
            assert number[place] == (found.max() if largest else found.min())


def test_what_was_taken_out_and_is_not_merged_yet_tells_no_edges():
    cells = filled([(0, tile, 7) for tile in range(3)], lambda values: values)
    change(cells, [(0, tile, tile) for tile in range(2_000)], 1, lambda values: values)
    change(cells, [(0, 1_999, 1_999)], -1, lambda values: values)

    assert cells.edges(np.array([0]), np.array([2_000]), largest=True) is None
    runs = extreme(
        cells, np.array([0]), np.array([2_000]), np.array([2_000]), Window(None), largest=True
    )
    assert runs.number.tolist() == [1_998]


def test_cells_that_come_to_nothing_are_gone():
    cells = filled([(0, 1, 5), (1, 2, 3)])
    change(cells, [(0, 1, 5)], -1)

    assert cells.gather(np.array([0]), np.array([1 << 40])).total.tolist() == [3]


@pytest.mark.parametrize("at", [1, 3, 4, 9, 10, 11, 21])
def test_calendar_window_begins_at_the_last_opening_before(at):
    window = Window(None, OPENS, OPENS + 1)

    expected = max((int(one) for one in OPENS if one < at), default=at)
    assert window.begins(np.array([at])).tolist() == [expected]
