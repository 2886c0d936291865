"""What counts towards a measure, by group: rows always known in time, and all others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from shidian.core.monitor.events import NULL
from shidian.core.rulebook.model import Take

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.monitor.engines.columns import Some
    from shidian.core.monitor.engines.names import Names
    from shidian.core.monitor.events import Ints


@dataclass(frozen=True, slots=True)
class Group:
    """One group's contributions.

    `settled`: rows that are the only revision of their event and were there before the watermark
    passed the end of their tile: whatever is known, at instants up to the watermark they count.
    `unsettled`: all others. Each counts whenever anything is said of instants from `sure` on (in
    tiles), and never of those from `gone` on.
    """

    settled: Some
    unsettled: Some
    sure: Ints
    gone: Ints

    def cut(self, low: int, high: int) -> Group:
        """Those with tiles in [low, high)."""
        a, b = np.searchsorted(self.unsettled.tile, (low, high)).tolist()
        late = self.unsettled.between(a, b)
        return Group(self.settled.cut(low, high), late, self.sure[a:b], self.gone[a:b])


@dataclass(frozen=True)
class Part:
    """A measure's contributions by group (`names`; one group without `by`).

    `settled_cuts`, `unsettled_cuts`: where each group's rows begin, and the end of the last.
    """

    take: Take
    tile_us: int
    window: int | None
    names: Names
    settled: Some
    unsettled: Some
    sure: Ints
    gone: Ints
    settled_cuts: Ints
    unsettled_cuts: Ints

    @property
    def magnitude(self) -> float:
        """No sum of values has a greater absolute value, about."""
        return self.settled.magnitude + self.unsettled.magnitude

    def columns(self) -> Iterator[Ints]:
        """The arrays it holds, for their size."""
        for rows in (self.settled, self.unsettled):
            yield from (a for a in (rows.tile, rows.value, rows.entry, rows.until) if a.strides[0])
            yield from rows.derived()
        yield from (self.sure, self.gone, self.settled_cuts, self.unsettled_cuts)

    def group(self, place: int) -> Group:
        """The group at a place of `names`."""
        a, b = self.settled_cuts[place : place + 2].tolist()
        c, d = self.unsettled_cuts[place : place + 2].tolist()
        late = self.unsettled.between(c, d)
        return Group(self.settled.between(a, b), late, self.sure[c:d], self.gone[c:d])

    def group_named(self, name: str) -> Group:
        """The group of that name; empty where there is none."""
        place = self.names.place(name)
        if place is None:
            nothing = self.unsettled.between(0, 0)
            return Group(self.settled.between(0, 0), nothing, self.sure[:0], self.gone[:0])
        return self.group(place)

    def reaching(self, bound: int) -> list[int]:
        """Places of groups of whose count, sum or maximum nothing is known that rules out `bound`.

        A group's greatest value is at most the greatest of its settled rows with all others.
        """
        hot = np.flatnonzero(self._wholes >= bound)
        if self.window is not None and self.take is not Take.MAX:
            hot = hot[self._peaks(hot) >= bound]
        return hot.tolist()

    @cached_property
    def _extras(self) -> Ints:
        """Of unsettled rows, per group."""
        return self._by_group(self.unsettled, self.unsettled_cuts)

    @cached_property
    def _wholes(self) -> Ints:
        """Of all rows together, per group."""
        settled = self._by_group(self.settled, self.settled_cuts)
        if self.take is Take.MAX:
            return np.maximum(settled, self._extras)
        return settled + self._extras

    def _by_group(self, rows: Some, cuts: Ints) -> Ints:
        top = self.take is Take.MAX
        found = np.full(len(self.names), NULL if top else 0, np.int64)
        there = np.flatnonzero(np.diff(cuts))
        if len(there):
            reduce = np.maximum if top else np.add
            value = rows.value if top else np.maximum(rows.value, 0)
            found[there] = reduce.reduceat(value, cuts[there])
        return found

    def _peaks(self, places: Ints) -> Ints:
        """Greatest sum over a window, of settled rows, and all of the others, of some groups."""
        starts, ends = self.settled_cuts[places], self.settled_cuts[places + 1]
        sizes = ends - starts
        begins = np.cumsum(sizes) - sizes
        chosen = np.repeat(starts - begins, sizes) + np.arange(int(sizes.sum()))
        found = self._extras[places].copy()
        if len(chosen) == 0:
            return found
        tile, value = self.settled.tile[chosen], np.maximum(self.settled.value[chosen], 0)
        base = int(tile.min())
        span = int(tile.max()) - base + 1
        group = np.repeat(np.arange(len(places)), sizes)
        key = group * span + (tile - base)
        total = np.zeros(len(value) + 1, np.int64)
        np.cumsum(value, out=total[1:])
        oldest = np.maximum(group * span, key - (self.window or span) + 1)
        # Rows of one tile count together, the last of them with all.
        reached = total[1:] - total[np.searchsorted(key, oldest)]
        there = sizes > 0
        found[there] += np.maximum.reduceat(reached, begins[there])
        return found
