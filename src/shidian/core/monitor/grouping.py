"""Which group an event counts in: filter and dimensions, over batches of rows."""

from __future__ import annotations

import heapq
import json
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from shidian.core.monitor.cells import Cells, group_of, key_of, tile_of
from shidian.core.monitor.events import NULL
from shidian.core.monitor.index import Pairs
from shidian.core.monitor.items import PROJECT_GROUP

if TYPE_CHECKING:
    from shidian.core.monitor.events import EventTable, Ints
    from shidian.core.monitor.predicate import Predicate
    from shidian.core.monitor.program import Measure

    Texts: TypeAlias = "Grouping | list[str]"
    """Names of groups, by their numbers."""

    GroupingKey: TypeAlias = "tuple[str, Predicate | None, tuple[str, ...], int]"

_NAMES_MAX = 1 << 16
"""Names kept at hand."""

_FROM_EVER = -(2**62)

NEVER = 2**40
"""First tile of a group without events: after every window."""


def grouping_key(measure: Measure) -> GroupingKey:
    """Measures with the same key count the same events in the same groups."""
    return measure.stream, measure.where, measure.by, measure.tile_us


class Grouping:
    """Groups numbered in the order in which they were first seen.

    An event counts where the filter is known to be true and every dimension is given. `firsts[g]`:
    tile of the group's first event; the group is there from the next instant on. Without
    dimensions there is one group, from ever on. A group is its values; its name is made when
    something is said of it.
    """

    def __init__(self, measure: Measure, events: EventTable) -> None:
        self.stream, self._where, self.by, self._tile_us = grouping_key(measure)
        self._events = events
        self.firsts: Ints = np.empty(0, np.int64)
        self._values: Ints = np.empty((0, len(self.by)), np.int64)
        self._size = 0
        self._index = Pairs(len(self.by)) if self.by else None
        self._texts: dict[int, str] = {}
        self._numbers: dict[str, int] = {}
        self._cells = Cells()
        self._from = _FROM_EVER
        if not self.by:
            self._size = 1
            self.firsts = np.array([-1], np.int64)

    def __getstate__(self) -> dict[str, Any]:
        """Names are made again."""
        trimmed = {"_values": self._values[: self._size], "firsts": self.firsts[: self._size]}
        return {**vars(self), **trimmed, "_texts": {}, "_numbers": {}}

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, number: int) -> str:
        """Name of a group."""
        if not self.by:
            return PROJECT_GROUP
        text = self._texts.get(number)
        if text is None:
            values = zip(self.by, self._values[number].tolist(), strict=True)
            said = {name: self._events.said(self.stream, name, value) for name, value in values}
            text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            if len(self._texts) >= _NAMES_MAX:
                self._texts.clear()
            self._texts[number] = text
        return text

    def number(self, text: str) -> int | None:
        """Number of the group of that name; None where there is none."""
        if self._index is None:
            return 0 if text == PROJECT_GROUP else None
        known = self._numbers.get(text)
        if known is None:
            values = self._meant(text)
            known = -1 if values is None else int(self._index.find(values)[0])
            if known < 0 or self[known] != text:
                return None
            if len(self._numbers) >= _NAMES_MAX:
                self._numbers.clear()
            self._numbers[text] = known
        return known

    def _meant(self, text: str) -> Ints | None:
        """The values that a name says; None where it cannot be one of a group."""
        try:
            said = json.loads(text)
        except ValueError:
            return None
        if not isinstance(said, dict) or set(said) != set(self.by):
            return None
        found = [self._events.meant(said[name]) for name in self.by]
        return None if None in found else np.array([found], np.int64)

    def select(self, events: EventTable, rows: Ints) -> tuple[Ints, Ints, Ints]:
        """(row, group, tile) of those of `rows` that count."""
        rows = events.of_stream(rows, self.stream)
        if self._where is not None and len(rows):
            columns = {name: events.values(rows, self.stream, name) for name in self._where.names}
            rows = rows[self._where.holds(columns, events.words, len(rows))]
        if self._index is None:
            return rows, np.zeros(len(rows), np.int64), events.times(rows) // self._tile_us
        values = np.stack([events.values(rows, self.stream, name) for name in self.by], axis=1)
        given = (values != NULL).all(axis=1)
        rows, values = rows[given], values[given]
        if not len(rows):
            return rows, np.empty(0, np.int64), np.empty(0, np.int64)
        unique, places = _different(values)
        numbers = self._index.number(unique)
        self._keep(unique, numbers)
        return rows, numbers[places], events.times(rows) // self._tile_us

    def _keep(self, values: Ints, numbers: Ints) -> None:
        new = numbers >= self._size
        if not new.any():
            return
        size = int(numbers.max()) + 1
        if size > len(self._values):
            grown = np.empty((2 * size, len(self.by)), np.int64)
            grown[: self._size] = self._values[: self._size]
            self._values = grown
        self._values[numbers[new]] = values[new]
        self._size = size

    def change(self, groups: Ints, tiles: Ints, sign: int) -> None:
        """Count events in or out of their groups."""
        if not self.by or not len(groups):
            return
        nothing = np.zeros(len(groups), np.int64)
        self._cells.add(key_of(groups, tiles), nothing, np.full(len(groups), sign), nothing)
        if len(self.firsts) < self._size:
            grown = np.full(2 * self._size, NEVER, np.int64)
            grown[: len(self.firsts)] = self.firsts
            self.firsts = grown
        touched = np.unique(groups)
        if sign > 0:
            np.minimum.at(self.firsts, groups, tiles)
            return
        # Where a group was there before all that is held, it was there whatever is taken out now.
        touched = touched[self.firsts[touched] >= self._from]
        found = self._cells.gather(touched << 32, (touched + 1) << 32)
        self.firsts[touched] = NEVER
        first = np.diff(found.owner, prepend=-1) != 0
        self.firsts[group_of(found.key[first])] = tile_of(found.key[first])

    def forget(self, tile: int) -> None:
        """Let go of what lies before a tile, but for when each group was there first."""
        self._cells.forget(tile)
        self._from = tile

    def recall(self, groups: Ints, tiles: Ints, from_tile: int | None) -> None:
        """Take in again what was let go of, from a tile on; None: all of it."""
        self._from = _FROM_EVER if from_tile is None else from_tile
        self.change(groups, tiles, 1)


def _different(values: Ints) -> tuple[Ints, Ints]:
    """The different rows, in rising order, and of each row the place of its own among them."""
    if values.shape[1] == 1:
        unique, places = np.unique(values[:, 0], return_inverse=True)
        return unique[:, None], places
    unique, places = np.unique(values, axis=0, return_inverse=True)
    return unique, places.reshape(-1)


class Agenda:
    """Groups to look at again once an instant is reached."""

    def __init__(self) -> None:
        self._at: dict[int, list[Ints]] = {}
        self._instants: list[int] = []

    def put(self, instants_us: Ints, groups: Ints) -> None:
        """Note groups, each for its own instant."""
        if not len(groups):
            return
        unique, places = np.unique(instants_us, return_inverse=True)
        order = np.argsort(places, kind="stable")
        cuts = np.searchsorted(places[order], np.arange(1, len(unique)))
        for at_us, part in zip(unique.tolist(), np.split(groups[order], cuts), strict=True):
            if at_us not in self._at:
                heapq.heappush(self._instants, at_us)
            self._at.setdefault(at_us, []).append(np.unique(part))

    def due(self, through_us: int) -> Ints:
        """Take out the groups of all instants up to one."""
        found = [np.empty(0, np.int64)]
        while self._instants and self._instants[0] <= through_us:
            found.extend(self._at.pop(heapq.heappop(self._instants)))
        return np.unique(np.concatenate(found))
