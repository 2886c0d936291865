"""Which group an event counts in: filter and dimensions, over batches of rows."""

from __future__ import annotations

import heapq
import json
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from shidian.core.monitor.cells import Cells, group_of, key_of, tile_of
from shidian.core.monitor.events import NULL
from shidian.core.monitor.items import PROJECT_GROUP

if TYPE_CHECKING:
    from shidian.core.monitor.events import EventTable, Ints
    from shidian.core.monitor.predicate import Predicate
    from shidian.core.monitor.program import Measure

    GroupingKey: TypeAlias = "tuple[str, Predicate | None, tuple[str, ...], int]"

NEVER = 2**40
"""First tile of a group without events: after every window."""


def grouping_key(measure: Measure) -> GroupingKey:
    """Measures with the same key count the same events in the same groups."""
    return measure.stream, measure.where, measure.by, measure.tile_us


class Grouping:
    """Groups numbered in the order in which they were first seen.

    An event counts where the filter is known to be true and every dimension is given. `firsts[g]`:
    tile of the group's first event; the group is there from the next instant on. Without
    dimensions there is one group, from ever on.
    """

    def __init__(self, measure: Measure) -> None:
        self.stream, self._where, self.by, self._tile_us = grouping_key(measure)
        self.texts: list[str] = []
        self.firsts: Ints = np.empty(0, np.int64)
        self.numbers: dict[str, int] = {}
        self._ids: dict[tuple[int, ...], int] = {}
        self._cells = Cells()
        if not self.by:
            self._ids[()] = self.numbers[PROJECT_GROUP] = 0
            self.texts.append(PROJECT_GROUP)
            self.firsts = np.array([-1], np.int64)

    def select(self, events: EventTable, rows: Ints) -> tuple[Ints, Ints, Ints]:
        """(row, group, tile) of those of `rows` that count."""
        rows = events.of_stream(rows, self.stream)
        if self._where is not None and len(rows):
            columns = {name: events.values(rows, self.stream, name) for name in self._where.names}
            rows = rows[self._where.holds(columns, events.words, len(rows))]
        if not self.by:
            return rows, np.zeros(len(rows), np.int64), events.times(rows) // self._tile_us
        values = np.stack([events.values(rows, self.stream, name) for name in self.by], axis=1)
        given = (values != NULL).all(axis=1)
        rows, values = rows[given], values[given]
        unique, places = np.unique(values, axis=0, return_inverse=True)
        ids = np.array([self._id(events, tuple(key)) for key in unique.tolist()], np.int64)
        groups = ids[places.reshape(-1)] if len(rows) else np.empty(0, np.int64)
        return rows, groups, events.times(rows) // self._tile_us

    def change(self, groups: Ints, tiles: Ints, sign: int) -> None:
        """Count events in or out of their groups."""
        if not self.by or not len(groups):
            return
        nothing = np.zeros(len(groups), np.int64)
        self._cells.add(key_of(groups, tiles), nothing, np.full(len(groups), sign), nothing)
        if len(self.firsts) < len(self.texts):
            grown = np.full(2 * len(self.texts), NEVER, np.int64)
            grown[: len(self.firsts)] = self.firsts
            self.firsts = grown
        touched = np.unique(groups)
        if sign > 0:
            np.minimum.at(self.firsts, groups, tiles)
            return
        found = self._cells.gather(touched << 32, (touched + 1) << 32)
        self.firsts[touched] = NEVER
        first = np.diff(found.owner, prepend=-1) != 0
        self.firsts[group_of(found.key[first])] = tile_of(found.key[first])

    def _id(self, events: EventTable, key: tuple[int, ...]) -> int:
        known = self._ids.get(key)
        if known is not None:
            return known
        said = {
            name: events.said(self.stream, name, value)
            for name, value in zip(self.by, key, strict=True)
        }
        text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        self.texts.append(text)
        self._ids[key] = self.numbers[text] = len(self._ids)
        return self._ids[key]


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
