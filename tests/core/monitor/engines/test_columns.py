"""Columns are joined, numbered and looked up as plain Python would."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.monitor.engines.columns import (
    Some,
    joined,
    numbered,
    numbered_buckets,
    places_among,
)
from shidian.core.monitor.windows import bucket_of

ROWS = st.lists(st.tuples(st.integers(0, 9), st.integers(-5, 5)), max_size=20)


def some(rows, entry):
    tiles, values = (np.array([row[at] for row in rows], np.int64) for at in (0, 1))
    return Some(tiles, values, np.full(len(rows), entry), np.full(len(rows), 9))


@given(ROWS, ROWS)
def test_rows_of_both_stand_in_order_of_tile_and_of_one_tile_the_firsts_first(one, other):
    one, other = sorted(one, key=lambda row: row[0]), sorted(other, key=lambda row: row[0])

    found = joined(some(one, 1), some(other, 2))

    wanted = sorted([(*row, 1) for row in one] + [(*row, 2) for row in other], key=lambda r: r[0])
    assert list(zip(found.tile, found.value, found.entry, strict=True)) == wanted


@given(st.lists(st.integers(-(2**40), 2**52) | st.integers(0, 200)))
def test_buckets_are_numbered_as_any_values_are_in_their_order(values):
    buckets = bucket_of(np.array(values, np.int64))

    keys, numbers = numbered_buckets(buckets)

    wanted, places = numbered(buckets)
    assert (keys.tolist(), numbers.tolist()) == (wanted.tolist(), places.tolist())


@given(st.lists(st.integers(-50, 50)), st.lists(st.integers(-60, 60) | st.integers(0, 10**9)))
def test_places_are_those_of_a_search(numbers, values):
    ordered, asked = np.array(sorted(numbers), np.int64), np.array(values, np.int64)

    assert places_among(ordered, asked).tolist() == np.searchsorted(ordered, asked).tolist()
