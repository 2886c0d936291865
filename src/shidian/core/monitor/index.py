"""Numbers for integers, in the order in which they were first seen: as columns, not as a dict.

A million of them are two arrays to write, to read and to search, and no object each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from shidian.core.monitor.events import Ints

_MERGE_FROM = 1 << 10
_MERGE_SHARE = 3


@dataclass(frozen=True, slots=True)
class _Level:
    """Keys, rising, and their numbers."""

    keys: Ints
    numbers: Ints

    def find(self, keys: Ints) -> Ints:
        """Numbers; −1 where a key is not there."""
        if not len(self.keys):
            return np.full(len(keys), -1, np.int64)
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[place] == keys, self.numbers[place], -1)

    def with_more(self, keys: Ints, numbers: Ints) -> _Level:
        """And others, rising too."""
        place = np.searchsorted(self.keys, keys)
        return _Level(np.insert(self.keys, place, keys), np.insert(self.numbers, place, numbers))


def _empty() -> _Level:
    return _Level(np.empty(0, np.int64), np.empty(0, np.int64))


class Index:
    """Two levels, the small one merged into the large one as it grows."""

    def __init__(self) -> None:
        self._base, self._recent = _empty(), _empty()

    def __len__(self) -> int:
        return len(self._base.keys) + len(self._recent.keys)

    def find(self, keys: Ints) -> Ints:
        """Numbers of integers; −1 for one that was never seen."""
        return np.maximum(self._base.find(keys), self._recent.find(keys))

    def number(self, keys: Ints) -> Ints:
        """Numbers of different integers; those not seen before get the next ones, in order."""
        found = self.find(keys)
        new = np.flatnonzero(found < 0)
        if not len(new):
            return found
        found[new] = np.arange(len(self), len(self) + len(new))
        rising = new[np.argsort(keys[new])]
        self._recent = self._recent.with_more(keys[rising], found[rising])
        if len(self._recent.keys) > max(_MERGE_FROM, len(self._base.keys) >> _MERGE_SHARE):
            self._base = self._base.with_more(self._recent.keys, self._recent.numbers)
            self._recent = _empty()
        return found


class Pairs:
    """Numbers for rows of several integers each, in the order in which they were first seen.

    Columns are numbered, then pairs of the first two's numbers, then pairs of these and the
    third's, and so on.
    """

    def __init__(self, columns: int) -> None:
        self._columns = [Index() for _ in range(columns)]
        self._pairs = [Index() for _ in range(columns - 1)]

    def find(self, rows: Ints) -> Ints:
        """Numbers of rows; −1 for one that was never seen."""
        found = self._columns[0].find(rows[:, 0])
        for place, pairs in enumerate(self._pairs, 1):
            other = self._columns[place].find(rows[:, place])
            there = (found >= 0) & (other >= 0)
            found = np.where(there, pairs.find(_pair(found, other)), -1)
        return found

    def number(self, rows: Ints) -> Ints:
        """Numbers of different rows; those not seen before get the next ones, in order."""
        if not self._pairs:
            return self._columns[0].number(rows[:, 0])
        found = _numbered(self._columns[0], rows[:, 0])
        for place, pairs in enumerate(self._pairs, 1):
            keys = _pair(found, _numbered(self._columns[place], rows[:, place]))
            last = place == len(self._pairs)
            found = pairs.number(keys) if last else _numbered(pairs, keys)
        return found


def _pair(one: Ints, other: Ints) -> Ints:
    return (one << 32) | other


def _numbered(index: Index, keys: Ints) -> Ints:
    unique, places = np.unique(keys, return_inverse=True)
    return index.number(unique)[places]
