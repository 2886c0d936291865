"""Tiles and windows: what a measure's value is at every instant, kept as step functions.

Time here is counted in tiles: instant `T` is the start of tile `T`, and a window of `w` tiles at
`T` covers tiles `T - w … T - 1`. Since start: `w` is None, all tiles before `T` are covered.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from shidian.core.monitor.events import SumOverflow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shidian.core.monitor.events import Ints

SUM_MAX = 2**62
"""Bound on the sum of absolute contributions: below it no prefix or difference leaves int64."""


class StepFunction:
    """An integer function of T that changes at sorted points; 0 before the first."""

    def __init__(self) -> None:
        self._points: Ints = np.empty(256, np.int64)
        self._cum: Ints = np.empty(256, np.int64)
        self._size = 0

    @property
    def points(self) -> Ints:
        """Where the function changes, rising."""
        return self._points[: self._size]

    def add(self, points: Ints, deltas: Ints) -> None:
        """Change the function by `deltas` from `points` on; points in any order, with repeats."""
        if len(points) == 0:
            return
        # Only the tail from the first new point on has to be rebuilt.
        first = int(np.searchsorted(self.points, points.min()))
        base = int(self._cum[first - 1]) if first else 0
        tail = self._cum[first : self._size]
        all_points = np.concatenate((self._points[first : self._size], points))
        all_deltas = np.concatenate((np.diff(tail, prepend=base), deltas))
        merged, sums = summed_by(all_points, all_deltas)
        kept = sums != 0
        merged, sums = merged[kept], sums[kept]
        self._reserve(first + len(merged))
        self._size = first + len(merged)
        self._points[first : self._size] = merged
        self._cum[first : self._size] = base + np.cumsum(sums)

    def at(self, instants: Ints) -> Ints:
        """Values at instants."""
        if self._size == 0:
            return np.zeros(len(instants), np.int64)
        place = np.searchsorted(self.points, instants, side="right") - 1
        return np.where(place >= 0, self._cum[np.maximum(place, 0)], 0)

    def between(self, low: int, high: int) -> Ints:
        """Points in (low, high]."""
        return self._points[
            np.searchsorted(self.points, low, "right") : np.searchsorted(self.points, high, "right")
        ]

    def _reserve(self, size: int) -> None:
        if size > len(self._points):
            self._points = np.resize(self._points, 2 * size)
            self._cum = np.resize(self._cum, 2 * size)


def summed_by(keys: Ints, values: Ints) -> tuple[Ints, Ints]:
    """Distinct keys, rising, and the exact sum of the values of each."""
    order = np.argsort(keys, kind="stable")
    keys, values = keys[order], values[order]
    starts = np.flatnonzero(np.append(np.True_, keys[1:] != keys[:-1]))
    return keys[starts], np.add.reduceat(values, starts)


class Contents(Protocol):
    """What lies in the tiles."""

    def change(self, tiles: Ints, values: Ints, sign: int) -> None:
        """Insert (+1) or retract (−1) contributions. Raises SumOverflow."""


class Windows(Protocol):
    """Windows answered from tiles."""

    def runs(self, low: int, high: int) -> tuple[Ints, Ints]:
        """For T in [low, high]: points where the value may change, first `low`; and values."""

    def tiles(self, low: int, high: int) -> list[tuple[int, int]]:
        """Non-empty tiles in [low, high) with their own value."""


@dataclass(slots=True)
class SumTiles:
    """Sums (or counts) per tile as one prefix function, whatever the window."""

    prefix: StepFunction = field(default_factory=StepFunction)
    magnitude: int = 0

    def change(self, tiles: Ints, values: Ints, sign: int) -> None:
        """Add `sign · values` to tiles. Raises SumOverflow once Σ|values| reaches SUM_MAX."""
        self.magnitude += sign * sum(map(abs, values.tolist()))
        if self.magnitude >= SUM_MAX:
            raise SumOverflow(f"the values add up to {self.magnitude}, beyond exact sums (2^62)")
        self.prefix.add(tiles + 1, sign * values)


@dataclass(frozen=True, slots=True)
class WindowedSum:
    """Sums over windows of `window` tiles."""

    contents: SumTiles
    window: int | None

    def runs(self, low: int, high: int) -> tuple[Ints, Ints]:
        """See Windows."""
        prefix = self.contents.prefix
        points = [np.array([low], np.int64), prefix.between(low, high)]
        if self.window is None:
            instants = np.concatenate(points)
            return instants, prefix.at(instants)
        points.append(prefix.between(low - self.window, high - self.window) + self.window)
        instants = np.unique(np.concatenate(points))
        return instants, prefix.at(instants) - prefix.at(instants - self.window)

    def tiles(self, low: int, high: int) -> list[tuple[int, int]]:
        """See Windows."""
        points = self.contents.prefix.between(low, high)
        sums = self.contents.prefix.at(points) - self.contents.prefix.at(points - 1)
        return [(int(p) - 1, int(s)) for p, s in zip(points, sums, strict=True)]


@dataclass(slots=True)
class _Key:
    tiles: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)


@dataclass(slots=True)
class DistinctWindow:
    """How many keys occur in the window, exactly: +1 where a key enters, −1 where it leaves.

    Of a key's tiles t₁ < t₂ < …, each covers T from tᵢ + 1 until min(tᵢ + window, tᵢ₊₁); adding or
    removing one touches only its neighbours.
    """

    window: int | None
    _keys: dict[int, _Key] = field(default_factory=dict)
    _function: StepFunction = field(default_factory=StepFunction)
    _in_tile: StepFunction = field(default_factory=StepFunction)

    def change(self, tiles: Ints, values: Ints, sign: int) -> None:
        """Insert or retract (tile, key) pairs; a pair counts while it occurs at least once."""
        points: list[int] = []
        deltas: list[int] = []
        own: list[int] = []
        for tile, value in zip(tiles.tolist(), values.tolist(), strict=True):
            key = self._keys.setdefault(value, _Key())
            place = bisect.bisect_left(key.tiles, tile)
            present = place < len(key.tiles) and key.tiles[place] == tile
            if present and key.counts[place] + sign > 0:
                key.counts[place] += sign
                continue
            if sign > 0:
                covered = self._covered(key.tiles, place, tile)
                key.tiles.insert(place, tile)
                key.counts.insert(place, 1)
            else:
                del key.tiles[place], key.counts[place]
                covered = self._covered(key.tiles, place, tile)
            points.extend(covered)
            deltas.extend((sign, -sign)[: len(covered)])
            own.append(tile)
        self._function.add(np.array(points, np.int64), np.array(deltas, np.int64))
        tile_array = np.array(own, np.int64)
        self._in_tile.add(tile_array + 1, np.full(len(own), sign, np.int64))

    def _covered(self, others: Sequence[int], place: int, tile: int) -> tuple[int, ...]:
        """What `tile` covers and the key's `others` do not: nothing, `from`, or `from, until`."""
        window = self.window
        following = others[place : place + 1]
        if window is None:
            return () if place else (tile + 1, *(t + 1 for t in following))
        start = max(tile, others[place - 1] + window) if place else tile
        end = min(tile + window, *following) if following else tile + window
        return (start + 1, end + 1) if start < end else ()

    def runs(self, low: int, high: int) -> tuple[Ints, Ints]:
        """See Windows."""
        instants = np.concatenate((np.array([low], np.int64), self._function.between(low, high)))
        return instants, self._function.at(instants)

    def tiles(self, low: int, high: int) -> list[tuple[int, int]]:
        """See Windows; the value of a tile is its own number of keys."""
        points = self._in_tile.between(low, high)
        counts = self._in_tile.at(points) - self._in_tile.at(points - 1)
        return [(int(p) - 1, int(c)) for p, c in zip(points, counts, strict=True)]
