"""Windows over a dense grid of tiles, in NumPy. Exact integers throughout.

A grid of `n` tiles is numbered 0 … n − 1; instant `T` (0 … n) is the start of tile `T`, and the
window at `T` covers tiles `max(T − window, 0)` … `T − 1`; `window` None: all tiles before `T`.
Results have one value an instant, n + 1 of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints: TypeAlias = NDArray[np.int64]

NONE = -(2**63)
"""Where a window is empty and there is no value."""

_FLOAT_EXACT = 2**53


def tile_sums(tiles: Ints, values: Ints | None, n: int) -> Ints:
    """Sum of values (None: number of rows) per tile. Tiles must rise.

    `bincount` with weights adds floats: it is used where every partial sum is an exact one, which
    the sum of absolute values decides; elsewhere integers are added run by run.
    """
    if values is None:
        return np.bincount(tiles, minlength=n).astype(np.int64, copy=False)
    if len(tiles) == 0:
        return np.zeros(n, np.int64)
    low, high = int(values.min()), int(values.max())
    if max(abs(low), abs(high)) * len(values) < _FLOAT_EXACT:
        return np.bincount(tiles, weights=values, minlength=n).astype(np.int64)
    starts = np.flatnonzero(np.append(np.True_, tiles[1:] != tiles[:-1]))
    found = np.zeros(n, np.int64)
    found[tiles[starts]] = np.add.reduceat(values, starts)
    return found


def tile_max(tiles: Ints, values: Ints, n: int) -> Ints:
    """Greatest value per tile, NONE where there is none. Tiles must rise."""
    found = np.full(n, NONE, np.int64)
    if len(tiles):
        starts = np.flatnonzero(np.append(np.True_, tiles[1:] != tiles[:-1]))
        found[tiles[starts]] = np.maximum.reduceat(values, starts)
    return found


def slide_sum(sums: Ints, window: int | None) -> Ints:
    """Sums over the window at every instant."""
    total = np.zeros(len(sums) + 1, np.int64)
    np.cumsum(sums, out=total[1:])
    if window is None or window >= len(total):
        return total
    found = total.copy()
    found[window:] -= total[: len(total) - window]
    return found


def slide_max(tops: Ints, window: int | None) -> Ints:
    """Greatest tile value in the window at every instant; NONE where the window is empty.

    Prefix and suffix maxima of blocks as long as the window: two passes, whatever its length.
    """
    n = len(tops)
    found = np.full(n + 1, NONE, np.int64)
    if n == 0:
        return found
    if window is None or window >= n:
        np.maximum.accumulate(tops, out=found[1:])
        return found
    blocks = -(-n // window)
    padded = np.full(blocks * window, NONE, np.int64)
    padded[:n] = tops
    grid = padded.reshape(blocks, window)
    ahead = np.maximum.accumulate(grid, axis=1).ravel()[:n]
    behind = np.maximum.accumulate(grid[:, ::-1], axis=1)[:, ::-1].ravel()
    found[1 : window + 1] = ahead[:window]
    ends = np.arange(window, n)
    found[window + 1 :] = np.maximum(ahead[ends], behind[ends - window + 1])
    return found


def slide_distinct(tiles: Ints, keys: Ints, n: int, window: int | None) -> Ints:
    """Number of different keys in the window at every instant. Keys: integers from 0.

    Of a key's tiles t₁ < t₂ < …, each covers T from tᵢ + 1 until min(tᵢ + window, tᵢ₊₁): +1 where
    it begins, −1 where it ends. One sort of key and tile packed in an integer finds them.
    """
    span = n + 1
    packed = keys * span + tiles
    packed.sort()
    if len(packed) == 0:
        return np.zeros(n + 1, np.int64)
    key, tile = np.divmod(packed, span)
    new_key = np.append(np.True_, key[1:] != key[:-1])
    if window is None or window >= n:
        return slide_sum(np.bincount(tile[new_key], minlength=n), None)
    gap = np.diff(tile, append=tile[-1:])
    gap[:-1][new_key[1:]] = window
    gap[-1] = window
    until = tile + np.minimum(gap, window)
    begins = np.bincount(tile, minlength=n)
    ends = np.bincount(until[until < n], minlength=n)
    return slide_sum(begins - ends, None)


def slide_rank(tiles: Ints, values: Ints, n: int, window: int | None, ranks: Ints) -> Ints:
    """The value of a rank (from 1, by size) in the window at each instant; NONE for rank 0.

    Rows in order of tile; values from 0. A wavelet matrix: rows are parted by each bit of their
    value, highest first, and all instants descend together.
    """
    before = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(tiles, minlength=n), out=before[1:])
    high = before.copy()
    low = np.zeros(n + 1, np.int64)
    if window is not None and window < n + 1:
        low[window:] = before[: n + 1 - window]
    left = np.maximum(ranks, 1) - 1
    found = np.zeros(n + 1, np.int64)
    level = values
    bits = int(values.max()).bit_length() if len(values) else 0
    zeros = np.zeros(len(values) + 1, np.int64)
    for bit in range(bits - 1, -1, -1):
        is_one = (level >> bit) & 1
        np.cumsum(1 - is_one, out=zeros[1:])
        low_zeros, high_zeros = zeros[low], zeros[high]
        inside = high_zeros - low_zeros
        up = left >= inside
        found |= up.astype(np.int64) << bit
        left = np.where(up, left - inside, left)
        ones_from = int(zeros[-1])
        low = np.where(up, ones_from + low - low_zeros, low_zeros)
        high = np.where(up, ones_from + high - high_zeros, high_zeros)
        mask = is_one.astype(bool)
        level = np.concatenate((level[~mask], level[mask]))
    return np.where(ranks > 0, found, NONE)


def slide_ranks(  # noqa: PLR0917 - as slide_rank, of two ranks
    tiles: Ints, values: Ints, n: int, window: int | None, low: Ints, high: Ints
) -> tuple[Ints, Ints]:
    """`slide_rank` of two ranks at each instant."""
    return (
        slide_rank(tiles, values, n, window, low),
        slide_rank(tiles, values, n, window, high),
    )


def top_sums(tiles: Ints, values: Ints, cuts: Ints, window: int | None) -> Ints:
    """Of each group the greatest sum in any window, 0 of one without rows.

    Rows in order of group, those of group g at [cuts[g], cuts[g + 1]), then of tile; values are
    not negative. The window that ends with a row's tile covers `window` tiles.
    """
    found = np.zeros(len(cuts) - 1, np.int64)
    if len(tiles) == 0:
        return found
    sizes = np.diff(cuts)
    span = int(tiles.max() - tiles.min()) + 1
    base = np.repeat(np.arange(len(sizes)) * span, sizes)
    key = base + (tiles - tiles.min())
    total = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=total[1:])
    oldest = base if window is None else np.maximum(base, key - window + 1)
    # Rows of one tile count together, the last of them with all.
    reached = total[1:] - total[np.searchsorted(key, oldest)]
    there = np.flatnonzero(sizes)
    found[there] = np.maximum.reduceat(reached, cuts[there])
    return found
