"""Windows over dense tiles: as plain Python has them, compiled or not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shidian.core.monitor.kernels import NONE, kernels

ROWS = st.lists(st.tuples(st.integers(0, 25), st.integers(-60, 60)), max_size=40)
WINDOWS = st.sampled_from([None, 1, 2, 5, 13, 40])
SETS = pytest.mark.parametrize("name", ["numpy", "numba"])


def columns(rows):
    rows = sorted(rows, key=lambda row: row[0])
    return (
        np.array([tile for tile, _ in rows], np.int64),
        np.array([value for _, value in rows], np.int64),
    )


def windowed(rows, n, window, take):
    """Plain: of the values in the window at every instant."""
    found = []
    for instant in range(n + 1):
        low = 0 if window is None else instant - window
        found.append(take([value for tile, value in rows if low <= tile < instant]))
    return found


@SETS
@settings(deadline=None)  # the first call compiles
@given(rows=ROWS, window=WINDOWS, beyond=st.integers(0, 5))
def test_windows_are_those_of_plain_python(name, rows, window, beyond):
    chosen, (tiles, values), n = kernels(name), columns(rows), 26 + beyond

    sums = chosen.slide_sum(chosen.tile_sums(tiles, values, n), window)
    counts = chosen.slide_sum(chosen.tile_sums(tiles, None, n), window)
    tops = chosen.slide_max(chosen.tile_max(tiles, values, n), window)
    distinct = chosen.slide_distinct(tiles, values + 60, n, window)
    ranks = -(-counts * 3 // 4)
    ranked = chosen.slide_rank(tiles, values + 60, n, window, ranks)
    least, ranked_too = chosen.slide_ranks(
        tiles, values + 60, n, window, np.minimum(counts, 1), ranks
    )

    assert sums.tolist() == windowed(rows, n, window, sum)
    assert counts.tolist() == windowed(rows, n, window, len)
    assert tops.tolist() == windowed(rows, n, window, lambda all_: max(all_, default=NONE))
    assert distinct.tolist() == windowed(rows, n, window, lambda all_: len(set(all_)))
    assert ranked.tolist() == windowed(
        rows,
        n,
        window,
        lambda all_: sorted(all_)[-(-len(all_) * 3 // 4) - 1] + 60 if all_ else NONE,
    )
    assert ranked_too.tolist() == ranked.tolist()
    assert least.tolist() == windowed(
        rows, n, window, lambda all_: min(all_) + 60 if all_ else NONE
    )


@SETS
def test_sums_beyond_what_a_float_holds_are_exact(name):
    chosen = kernels(name)
    values = np.array([2**60 + 1, -(2**60), 2**53 + 1], np.int64)

    assert chosen.tile_sums(np.array([0, 0, 1]), values, 2).tolist() == [1, 2**53 + 1]


def test_a_set_of_kernels_with_another_name_is_refused():
    with pytest.raises(ValueError, match="numpy, numba or auto"):
        kernels("fortran")


@SETS
@settings(deadline=None)  # the first call compiles
@given(
    rows=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 25), st.integers(0, 60))),
    window=WINDOWS,
)
def test_the_greatest_sum_in_a_window_of_each_group_is_that_of_plain_python(name, rows, window):
    rows = sorted(rows)
    cuts = [sum(group < bound for group, _, _ in rows) for bound in range(6)]

    found = kernels(name).top_sums(
        np.array([tile for _, tile, _ in rows], np.int64),
        np.array([value for _, _, value in rows], np.int64),
        np.array(cuts, np.int64),
        window,
    )

    assert found.tolist() == [
        max(
            (
                sum(v for g, t, v in rows if g == group and t <= end and end - t < (window or 99))
                for end in range(26)
            ),
            default=0,
        )
        for group in range(5)
    ]
