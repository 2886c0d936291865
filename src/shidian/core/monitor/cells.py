"""A sorted map of integers that grows at any place: what lies in the tiles of many groups.

A key is (group, tile) in one integer; `part` tells apart what is counted inside a cell (a value, a
histogram's bucket). Two levels, the small one merged into the large one as it grows: a batch costs
its own sort and, over time, a few copies of each cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from shidian.core.monitor.events import Ints

TILE_BITS = 32
_TILE_MASK = (1 << TILE_BITS) - 1
_MERGE_FROM = 1 << 10
_MERGE_SHARE = 3


def key_of(groups: Ints, tiles: Ints) -> Ints:
    """Group and tile (clipped to what a key holds) as one integer, ordered as the pair is."""
    return (groups << TILE_BITS) | np.minimum(np.maximum(tiles, 0), _TILE_MASK)


def tile_of(keys: Ints) -> Ints:
    """The tile in a key."""
    return keys & _TILE_MASK


def group_of(keys: Ints) -> Ints:
    """The group in a key."""
    return keys >> TILE_BITS


@dataclass(frozen=True, slots=True)
class Found:
    """Cells of ranges asked for: `owner` is the range's place; sorted by owner, key, part."""

    owner: Ints
    key: Ints
    part: Ints
    count: Ints
    total: Ints


@dataclass
class _Level:
    key: Ints
    part: Ints
    count: Ints
    total: Ints
    count_before: Ints
    total_before: Ints

    @cached_property
    def firsts(self) -> Ints:
        """Place of the first cell of each key."""
        return np.flatnonzero(np.diff(self.key, prepend=-1))

    @cached_property
    def keys(self) -> Ints:
        """The different keys, rising."""
        return self.key[self.firsts]

    @cached_property
    def smallest(self) -> Ints:
        """The least part under each key."""
        found: Ints = self.part[self.firsts]
        return found

    @cached_property
    def largest(self) -> Ints:
        """The greatest part under each key."""
        last: Ints = np.append(self.firsts[1:], len(self.key)) - 1
        found: Ints = self.part[last]
        return found

    @classmethod
    def of(cls, key: Ints, part: Ints, count: Ints, total: Ints) -> _Level:
        # Prefixes may wrap round; a difference of two is exact while it fits.
        return cls(key, part, count, total, _prefix(count), _prefix(total))

    def __reduce__(self) -> tuple[Any, ...]:
        """What follows from the cells is computed again."""
        return _level, (self.key, self.part, self.count, self.total)

    def cut(self, low: Ints, high: Ints) -> tuple[Ints, Ints, Ints, Ints, Ints]:
        """(owner, key, part, count, total) of the cells in each range of keys [low, high)."""
        first, last = np.searchsorted(self.key, low), np.searchsorted(self.key, high)
        if len(low) == 1:
            inside = slice(int(first[0]), int(last[0]))
            key = self.key[inside]
            owner = np.zeros(len(key), np.int64)
            return owner, key, self.part[inside], self.count[inside], self.total[inside]
        owner, place = _ranges(first, last)
        return owner, self.key[place], self.part[place], self.count[place], self.total[place]


def _level(key: Ints, part: Ints, count: Ints, total: Ints) -> _Level:
    return _Level.of(key, part, count, total)


class Cells:
    """Counts and totals by (key, part). Cells of count and total 0 are not there."""

    def __init__(self) -> None:
        nothing = np.empty(0, np.int64)
        self._levels = [_Level.of(*[nothing] * 4), _Level.of(*[nothing] * 4)]

    def __len__(self) -> int:
        return sum(len(level.key) for level in self._levels)

    def add(self, key: Ints, part: Ints, count: Ints, total: Ints) -> None:
        """Add to cells, in any order, with repeats."""
        base, recent = self._levels
        recent = _merged(recent, key, part, count, total)
        if len(recent.key) > max(_MERGE_FROM, len(base.key) >> _MERGE_SHARE):
            base = _merged(base, recent.key, recent.part, recent.count, recent.total)
            nothing = np.empty(0, np.int64)
            recent = _Level.of(*[nothing] * 4)
        self._levels = [base, recent]

    def forget(self, tile: int, places: Ints | None = None) -> None:
        """Let go of cells before a tile. `places`: what each part is called from now on."""
        whole = self._whole()
        kept = tile_of(whole.key) >= tile
        part = whole.part[kept] if places is None else places[whole.part[kept]]
        self._be(whole.key[kept], part, whole.count[kept], whole.total[kept])

    def forget_parts(self, part: int) -> None:
        """Let go of cells whose part is less."""
        whole = self._whole()
        kept = whole.part >= part
        self._be(*(c[kept] for c in (whole.key, whole.part, whole.count, whole.total)))

    def every(self) -> tuple[Ints, Ints]:
        """(key, part) of all cells, sorted."""
        whole = self._whole()
        return whole.key, whole.part

    def _whole(self) -> _Level:
        base, recent = self._levels
        return _merged(base, recent.key, recent.part, recent.count, recent.total)

    def _be(self, key: Ints, part: Ints, count: Ints, total: Ints) -> None:
        nothing = np.empty(0, np.int64)
        self._levels = [_Level.of(key, part, count, total), _Level.of(*[nothing] * 4)]

    def totals(self, low: Ints, high: Ints) -> tuple[Ints, Ints]:
        """Count and total of each range of keys [low, high)."""
        count, total = np.zeros(len(low), np.int64), np.zeros(len(low), np.int64)
        for level in self._levels:
            if not len(level.key):
                continue
            first, last = np.searchsorted(level.key, low), np.searchsorted(level.key, high)
            last = np.maximum(first, last)
            count += level.count_before[last] - level.count_before[first]
            total += level.total_before[last] - level.total_before[first]
        return count, total

    def gather(self, low: Ints, high: Ints) -> Found:
        """The cells in each range of keys [low, high)."""
        found = [level.cut(low, high) for level in self._levels]
        if not len(found[1][0]):
            return Found(*found[0])
        if not len(found[0][0]):
            return Found(*found[1])
        both = [np.concatenate(pair) for pair in zip(*found, strict=True)]
        return Found(*_combined(both[0], both[1], both[2], both[3], both[4]))

    def edges(self, low: Ints, high: Ints, *, largest: bool) -> tuple[Ints, Ints] | None:
        """Per range of keys [low, high) its least or greatest part, and 1; 0, 0 where it is empty.

        None where that cannot be told from each level by itself: something in the ranges was
        taken out again and is not yet merged.
        """
        base, recent = self._levels
        start, end = (np.searchsorted(recent.key, keys) for keys in (low.min(), high.max()))
        if np.any(recent.count[start:end] < 0):
            return None
        number, there = np.zeros(len(low), np.int64), np.zeros(len(low), np.int64)
        further = np.maximum if largest else np.minimum
        for level in (base, recent):
            first, last = np.searchsorted(level.keys, low), np.searchsorted(level.keys, high)
            has = np.flatnonzero(first < last)
            if not len(has):
                continue
            # Of each pair of bounds what lies between; what lies between two pairs is passed over.
            # One more at the end, since a bound may be the end.
            tops = np.append(level.largest if largest else level.smallest, 0)
            edge = further.reduceat(tops, np.column_stack((first[has], last[has])).ravel())[::2]
            number[has] = np.where(there[has] == 1, further(number[has], edge), edge)
            there[has] = 1
        return number, there


def _ranges(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """Ranges of places → (range number, place) of every place in them."""
    length = np.maximum(last - first, 0)
    owner = np.repeat(np.arange(len(first)), length)
    ends = np.cumsum(length)
    return owner, np.arange(len(owner)) - (ends - length)[owner] + first[owner]


def _merged(level: _Level, key: Ints, part: Ints, count: Ints, total: Ints) -> _Level:
    if not len(key):
        return level
    # Nothing before the first new cell moves.
    cut = int(np.searchsorted(level.key, key.min()))
    owner = np.zeros(len(level.key) - cut + len(key), np.int64)
    _, *tail = _combined(
        owner,
        np.concatenate((level.key[cut:], key)),
        np.concatenate((level.part[cut:], part)),
        np.concatenate((level.count[cut:], count)),
        np.concatenate((level.total[cut:], total)),
    )
    heads = (level.key[:cut], level.part[:cut], level.count[:cut], level.total[:cut])
    return _Level.of(*(np.concatenate(pair) for pair in zip(heads, tail, strict=True)))


def _combined(owner: Ints, key: Ints, part: Ints, count: Ints, total: Ints) -> tuple[Ints, ...]:
    order = np.lexsort((part, key, owner))
    owner, key, part = owner[order], key[order], part[order]
    first = np.ones(len(order), bool)
    first[1:] = (owner[1:] != owner[:-1]) | (key[1:] != key[:-1]) | (part[1:] != part[:-1])
    starts = np.flatnonzero(first)
    if not len(starts):
        return owner, key, part, count, total
    counts = np.add.reduceat(count[order], starts)
    totals = np.add.reduceat(total[order], starts)
    kept = (counts != 0) | (totals != 0)
    starts = starts[kept]
    return owner[starts], key[starts], part[starts], counts[kept], totals[kept]


def _prefix(values: Ints) -> Ints:
    prefix = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=prefix[1:])
    return prefix
