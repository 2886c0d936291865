"""Columns of what counts towards a measure, in order of time, and what is asked of them often."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.monitor.events import Ints


@dataclass(frozen=True)
class Some:
    """Contributions in order of tile. `entry` brought each; from `until` on it counts no more.

    Entries and values may be short integers (`shortened`) where nothing adds them up. `events`: of
    how many events each is made; None: of one.
    """

    tile: Ints
    value: Ints
    entry: Ints
    until: Ints
    events: Ints | None = None

    def __len__(self) -> int:
        return len(self.tile)

    @property
    def counts(self) -> bool:
        """Whether each counts for one, by one number for all of them."""
        return self.value.strides == (0,) and (len(self) == 0 or int(self.value[0]) == 1)

    @cached_property
    def cumulated(self) -> Ints:
        """Sums of values before each place, and of all."""
        found = np.zeros(len(self) + 1, np.int64)
        np.cumsum(self.value, out=found[1:])
        return found

    @cached_property
    def numbers(self) -> tuple[Ints, Ints]:
        """The different values, rising, and of each row the place of its own among them."""
        return numbered(self.value)

    @cached_property
    def firsts(self) -> tuple[Ints, Ints]:
        """The different values, rising, and the first tile of each."""
        values, numbers = self.numbers
        first = np.full(len(values), np.iinfo(np.int64).max)
        np.minimum.at(first, numbers, self.tile)
        return values, first

    @cached_property
    def first_tiles(self) -> Ints:
        """First tiles of the values, rising."""
        return np.sort(self.firsts[1])

    def cut(self, low: int, high: int) -> Some:
        """Those with tiles in [low, high)."""
        return self.between(int(self.tile.searchsorted(low)), int(self.tile.searchsorted(high)))

    def known(self, entry: int) -> Some:
        """Those that count after an entry."""
        kept = self.entry <= entry
        if self.until.strides[0]:
            kept &= self.until > entry
        if kept.all():
            return self
        return self._picked(kept)

    @cached_property
    def magnitude(self) -> float:
        """Sum of absolute values, about."""
        if self.counts:
            return float(len(self))
        return float(np.abs(self.value).sum(dtype=np.float64))

    def derived(self) -> Iterator[Ints]:
        """The long arrays among what has been asked of it."""
        if "cumulated" in vars(self):
            yield self.cumulated

    def forget(self) -> None:
        """Let go of what is quickly found again."""
        vars(self).pop("numbers", None)

    def at(self, places: Ints) -> Some:
        """Those at places, rising."""
        return self._picked(places)

    def between(self, a: int, b: int) -> Some:
        """Those at places [a, b)."""
        if a == 0 and b >= len(self):
            # With what has been asked of it.
            return self
        return self._picked(slice(a, b))

    def _picked(self, at: Any) -> Some:
        events = None if self.events is None else self.events[at]
        return Some(self.tile[at], self.value[at], self.entry[at], self.until[at], events)

    @property
    def weights(self) -> Ints:
        """Of how many events each is made."""
        return np.ones(len(self), np.int64) if self.events is None else self.events


def shortened(values: Ints) -> Any:
    """In half the room where that holds them, and their opposites."""
    if len(values) and max(-int(values.min()), int(values.max())) < 2**31:
        return values.astype(np.int32)
    return values


def whole(values: Ints) -> Ints:
    """As kernels take them."""
    return values.astype(np.int64, copy=False)


def places_among(numbers: Ints, values: Ints) -> Ints:
    """`np.searchsorted(numbers, values)`; of many values in a short range by a table of it."""
    if len(values) == 0:
        return np.empty(0, np.int64)
    low, high = int(values.min()), int(values.max())
    if high - low > len(values):
        return np.searchsorted(numbers, values)
    return np.searchsorted(numbers, np.arange(low, high + 1))[values - low]


def joined(one: Some, other: Some) -> Some:
    """Both, in order of tile; of one tile those of `one` first."""
    if len(other) == 0:
        return one
    if len(one) == 0:
        return other
    at = np.searchsorted(one.tile, other.tile, "right") + np.arange(len(other))
    mine = np.ones(len(one) + len(other), np.bool_)
    mine[at] = False

    def both(a: Ints, b: Ints) -> Ints:
        if a.strides == b.strides == (0,) and a[0] == b[0]:
            # One number for all of them takes no room.
            return np.broadcast_to(a[0], mine.shape)
        found = np.empty(len(mine), np.int64)
        found[mine], found[at] = a, b
        return found

    return Some(
        both(one.tile, other.tile),
        both(one.value, other.value),
        both(one.entry, other.entry),
        both(one.until, other.until),
        None if one.events is other.events is None else both(one.weights, other.weights),
    )


def numbered(values: Ints) -> tuple[Ints, Ints]:
    """Different values, rising, and for each of `values` its place among them."""
    if len(values) == 0:
        return values, values
    low, high = int(values.min()), int(values.max())
    if high - low > 4 * len(values) + 1024:
        keys, numbers = np.unique(values, return_inverse=True)
        return keys, numbers
    present = np.zeros(high - low + 1, np.bool_)
    present[values - low] = True
    keys = np.flatnonzero(present)
    place = np.zeros(high - low + 1, np.int64)
    place[keys] = np.arange(len(keys))
    return keys + low, place[values - low]


def numbered_buckets(values: Ints) -> tuple[Ints, Ints]:
    """`numbered` of a quantile's buckets (see `windows.bucket_of`): wide apart, and few.

    One with d low bits set after six significant ones is known by d and these six.
    """
    if len(values) == 0 or int(values.min()) < 0 or int(values.max()) >= 2**53:
        return numbered(values)
    bits = (values.astype(np.float64).view(np.int64) >> 52) - 1022
    dropped = np.maximum(bits - 6, 0)
    codes, numbers = numbered(32 * dropped + (values >> dropped))
    low = np.maximum(codes // 32 - 1, 0)
    return (codes - 32 * low << low) + ((np.int64(1) << low) - 1), numbers
