"""What counts towards a measure, by group: rows always known in time, and all others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from shidian.core.monitor.events import NULL
from shidian.core.monitor.kernels import kernels
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
        found: list[int] = np.flatnonzero(self._peaks >= bound).tolist()
        return found

    @cached_property
    def _extras(self) -> Ints:
        """Of unsettled rows, per group."""
        return self._by_group(self.unsettled, self.unsettled_cuts)

    @cached_property
    def _peaks(self) -> Ints:
        """Greatest value of settled rows over a window, and all of the others, per group."""
        if self.take is Take.MAX:
            return np.maximum(self._by_group(self.settled, self.settled_cuts), self._extras)
        value = np.maximum(self.settled.value, 0)
        found = kernels().top_sums(self.settled.tile, value, self.settled_cuts, self.window)
        return found + self._extras

    def _by_group(self, rows: Some, cuts: Ints) -> Ints:
        top = self.take is Take.MAX
        found = np.full(len(self.names), NULL if top else 0, np.int64)
        there = np.flatnonzero(np.diff(cuts))
        if len(there):
            reduce = np.maximum if top else np.add
            value = rows.value if top else np.maximum(rows.value, 0)
            found[there] = reduce.reduceat(value, cuts[there])
        return found
