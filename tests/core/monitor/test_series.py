"""Step functions and windows against counting by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.monitor.events import SumOverflow
from shidian.core.monitor.series import DistinctWindow, StepFunction, SumTiles, WindowedSum

TILES = st.integers(-3, 25)
WINDOWS = st.sampled_from([None, 1, 2, 3, 7])
BATCHES = st.lists(st.lists(st.tuples(TILES, st.integers(-5, 5)), max_size=6), max_size=6)


def arrays(pairs):
    return np.array([p[0] for p in pairs], np.int64), np.array([p[1] for p in pairs], np.int64)


def values_at_every_instant(windows, low, high):
    instants, values = windows.runs(low, high)
    return [
        int(values[np.searchsorted(instants, at, side="right") - 1]) for at in range(low, high + 1)
    ]


def inside(tile, at, window):
    return tile < at and (window is None or tile >= at - window)


@given(BATCHES)
def test_step_function_is_the_sum_of_its_steps(batches):
    function = StepFunction()
    for batch in batches:
        function.add(*arrays(batch))

    steps = [step for batch in batches for step in batch]
    for at in range(-5, 30):
        expected = sum(delta for point, delta in steps if point <= at)
        assert function.at(np.array([at], np.int64))[0] == expected
    assert (np.diff(function.points) > 0).all()


@given(BATCHES, WINDOWS)
def test_windowed_sum_counts_the_tiles_inside(batches, window):
    tiles = SumTiles()
    for batch in batches:
        tiles.change(*arrays(batch), 1)
    if batches:
        tiles.change(*arrays(batches[0]), -1)

    kept = [pair for batch in batches[1:] for pair in batch]
    expected = [sum(v for t, v in kept if inside(t, at, window)) for at in range(-6, 36)]
    assert values_at_every_instant(WindowedSum(tiles, window), -6, 35) == expected


@given(BATCHES, WINDOWS, st.randoms(use_true_random=False))
def test_distinct_window_counts_keys_inside_while_pairs_come_and_go(batches, window, rng):
    distinct = DistinctWindow(window)
    kept: list[tuple[int, int]] = []
    for batch in batches:
        distinct.change(*arrays(batch), 1)
        kept += batch
        gone = [kept.pop(rng.randrange(len(kept))) for _ in range(min(2, len(kept)))]
        distinct.change(*arrays(gone), -1)

    expected = [len({k for t, k in kept if inside(t, at, window)}) for at in range(-6, 36)]
    assert values_at_every_instant(distinct, -6, 35) == expected
    in_tiles = {t: len({k for u, k in kept if u == t}) for t, _ in kept}
    assert dict(distinct.tiles(-10, 40)) == in_tiles


def test_sums_beyond_what_is_exact_are_an_error():
    tiles = SumTiles()
    tiles.change(*arrays([(0, 2**61)]), 1)

    with pytest.raises(SumOverflow):
        tiles.change(*arrays([(5, 2**61)]), 1)
