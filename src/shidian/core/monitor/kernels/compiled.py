"""The same windows as `dense`, compiled by numba: results are equal, integer for integer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from shidian.core.monitor.kernels.dense import NONE

if TYPE_CHECKING:
    from shidian.core.monitor.kernels.dense import Ints

_NONE = np.int64(NONE)


def tile_sums(tiles: Ints, values: Ints | None, n: int) -> Ints:
    """See `dense.tile_sums`."""
    found: Ints = _counts(tiles, n) if values is None else _sums(tiles, values, n)
    return found


def tile_max(tiles: Ints, values: Ints, n: int) -> Ints:
    """See `dense.tile_max`."""
    found: Ints = _tops(tiles, values, n)
    return found


def slide_sum(sums: Ints, window: int | None) -> Ints:
    """See `dense.slide_sum`."""
    found: Ints = _slide_sum(sums, _length(window, len(sums)))
    return found


def slide_max(tops: Ints, window: int | None) -> Ints:
    """See `dense.slide_max`."""
    found: Ints = _slide_max(tops, _length(window, len(tops)))
    return found


def slide_distinct(tiles: Ints, keys: Ints, n: int, window: int | None) -> Ints:
    """See `dense.slide_distinct`."""
    size = int(keys.max()) + 1 if len(keys) else 0
    found: Ints = _slide_distinct(tiles, keys, size, n, _length(window, n))
    return found


def slide_rank(tiles: Ints, values: Ints, n: int, window: int | None, ranks: Ints) -> Ints:
    """See `dense.slide_rank`."""
    return slide_ranks(tiles, values, n, window, ranks, ranks)[0]


def slide_ranks(  # noqa: PLR0917 - as slide_rank, of two ranks
    tiles: Ints, values: Ints, n: int, window: int | None, low: Ints, high: Ints
) -> tuple[Ints, Ints]:
    """See `dense.slide_ranks`."""
    size = int(values.max()) + 1 if len(values) else 1
    found: tuple[Ints, Ints] = _slide_ranks(tiles, values, size, n, _length(window, n), low, high)
    return found


def top_sums(tiles: Ints, values: Ints, cuts: Ints, window: int | None) -> Ints:
    """See `dense.top_sums`."""
    found: Ints = _top_sums(tiles, values, cuts, 2**62 if window is None else window)
    return found


def _length(window: int | None, n: int) -> int:
    return n + 1 if window is None else min(window, n + 1)


@njit(nogil=True, cache=True)
def _counts(tiles, n):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    found = np.zeros(n, np.int64)
    for tile in tiles:
        found[tile] += 1
    return found


@njit(nogil=True, cache=True)
def _sums(tiles, values, n):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    found = np.zeros(n, np.int64)
    for row in range(len(tiles)):
        found[tiles[row]] += values[row]
    return found


@njit(nogil=True, cache=True)
def _tops(tiles, values, n):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    found = np.full(n, _NONE, np.int64)
    for row in range(len(tiles)):
        found[tiles[row]] = max(found[tiles[row]], values[row])
    return found


@njit(nogil=True, cache=True)
def _slide_sum(sums, window):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    found = np.zeros(len(sums) + 1, np.int64)
    total = np.int64(0)
    for tile in range(len(sums)):
        total += sums[tile]
        if tile >= window:
            total -= sums[tile - window]
        found[tile + 1] = total
    return found


@njit(nogil=True, cache=True)
def _slide_max(tops, window):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    n = len(tops)
    found = np.full(n + 1, _NONE, np.int64)
    # Tiles that may still become the greatest: values fall from first to last.
    waiting = np.empty(n, np.int64)
    first, end = 0, 0
    for tile in range(n):
        while end > first and tops[waiting[end - 1]] <= tops[tile]:
            end -= 1
        waiting[end] = tile
        end += 1
        if waiting[first] <= tile - window:
            first += 1
        found[tile + 1] = tops[waiting[first]]
    return found


@njit(nogil=True, cache=True)
def _slide_distinct(tiles, keys, size, n, window):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    change = np.zeros(n + 2, np.int64)
    last = np.full(size, -1, np.int64)
    for row in range(len(tiles)):
        key, tile = keys[row], tiles[row]
        before = last[key]
        if before == tile:
            continue
        # The tile before covers until this one begins, or until it leaves the window.
        if before >= 0:
            change[min(before + window, tile) + 1] -= 1
        change[tile + 1] += 1
        last[key] = tile
    for key in range(size):
        if last[key] >= 0 and last[key] + window < n:
            change[last[key] + window + 1] -= 1
    found = np.zeros(n + 1, np.int64)
    total = np.int64(0)
    for instant in range(n + 1):
        total += change[instant]
        found[instant] = total
    return found


@njit(nogil=True, cache=True)
def _slide_ranks(tiles, values, size, n, window, low, high):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0917
    lows = np.full(n + 1, _NONE, np.int64)
    highs = np.full(n + 1, _NONE, np.int64)
    counts = np.zeros(size, np.int64)
    # `below` rows of the window have a value less than `at`.
    at, below = 0, 0
    first, end = 0, 0
    for instant in range(n + 1):
        while end < len(tiles) and tiles[end] < instant:
            counts[values[end]] += 1
            below += values[end] < at
            end += 1
        while first < end and tiles[first] < instant - window:
            counts[values[first]] -= 1
            below -= values[first] < at
            first += 1
        rank = low[instant]
        if rank > 0:
            while below >= rank:
                at -= 1
                below -= counts[at]
            while below + counts[at] < rank:
                below += counts[at]
                at += 1
            lows[instant] = at
        rank = high[instant]
        if rank > 0:
            while below >= rank:
                at -= 1
                below -= counts[at]
            while below + counts[at] < rank:
                below += counts[at]
                at += 1
            highs[instant] = at
    return lows, highs


@njit(nogil=True, cache=True)
def _top_sums(tiles, values, cuts, window):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    found = np.zeros(len(cuts) - 1, np.int64)
    for group in range(len(cuts) - 1):
        first = cuts[group]
        total = np.int64(0)
        for row in range(cuts[group], cuts[group + 1]):
            total += values[row]
            while tiles[first] <= tiles[row] - window:
                total -= values[first]
                first += 1
            found[group] = max(found[group], total)
    return found
