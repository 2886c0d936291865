"""A project's history as columns: sealed files, and from the log what is not sealed yet."""

from __future__ import annotations

import threading
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from shidian.core.journal.entry import RULE_KINDS, EntryKind, EventsRemovedError
from shidian.core.journal.sealed import OPS, SegmentDamagedError, read_segment
from shidian.core.monitor.engines.clock import Ticks
from shidian.core.monitor.engines.rows import Tagged, rows_of

if TYPE_CHECKING:
    import pyarrow as pa

    from shidian.core.journal.entry import Entry
    from shidian.core.journal.reader import JournalReader
    from shidian.core.monitor.engines.rows import Rows

_TRIES = 3
_VOID = OPS.index("void")
_UNUSED = ("tile", "behind_us", "feed")
"""Columns that follow from the others: they need not be decoded."""


class JournalHistory:
    """A journal as a batch engine reads it. Files are checked against the manifest when read."""

    def __init__(self, reader: JournalReader) -> None:
        self._reader = reader
        self._lock = threading.Lock()
        heads = sorted(
            (head for head in reader.heads() if head.kind in RULE_KINDS | {EntryKind.DATA}),
            key=attrgetter("project", "entry"),
        )
        self._heads = {name: list(group) for name, group in groupby(heads, attrgetter("project"))}
        self.removed = frozenset(reader.removals())
        self.last_entry = reader.last_entry()
        self.ticks = Ticks(*reader.ticks())

        self._moved = {
            name: Ticks(*seen)
            for name in self._heads.keys() & (reader.arrivals().keys() | reader.departures().keys())
            if (seen := reader.ticks_of(name))
        }

    def ticks_of(self, project: str) -> Ticks:
        """The ticks that a project has seen: those of the journals in which it was, in its time."""
        return self._moved.get(project, self.ticks)

    @property
    def projects(self) -> tuple[str, ...]:
        """Names of the projects, sorted."""
        return tuple(self._heads)

    def entries(self, project: str) -> list[Entry]:
        """The project's data entries, without payload, and control records, in order."""
        return self._heads[project]

    def rows(self, project: str) -> Rows:
        """All its events. Raises SegmentDamagedError, JournalDamagedError, EventsRemovedError."""
        heads = self._heads[project]
        for _ in range(_TRIES - 1):
            try:
                return rows_of(self._tables(project), heads, partial(self._leases, project))
            except (_SealedMeanwhile, SegmentDamagedError):
                continue
        return rows_of(self._tables(project), heads, partial(self._leases, project))

    def _leases(self, project: str) -> list[Entry]:
        with self._lock:
            return self._reader.leases(project)

    def _tables(self, project: str) -> list[Tagged]:
        with self._lock:
            sealed_to = self._reader.sealed_to()
            segments = self._reader.sealed_segments(project)
            tail = list(self._reader.unsealed(project))
            if self._reader.sealed_to() != sealed_to:
                raise _SealedMeanwhile
            if project in self._reader.removals():
                raise EventsRemovedError(f"the events of {project} were removed")
        folder = self._reader.segments_folder
        sealed = [
            tagged_segment(read_segment(folder, segment, leave=_UNUSED)) for segment in segments
        ]
        return [*sealed, *map(tagged_entry, tail)]


class _SealedMeanwhile(Exception):  # noqa: N818 - what happened
    """Entries went from the log into segments between two looks."""


def tagged_segment(table: pa.Table) -> Tagged:
    """A segment's table, with `entry` and `op` among its columns."""
    void = table.column("op").to_numpy() == _VOID
    return Tagged(table, table.column("entry").to_numpy(), void)


def tagged_entry(entry: Entry) -> Tagged:
    """A data entry's table as it stands in the log."""
    table = entry.table()
    void = pc.equal(table.column("op"), "void").to_numpy()
    return Tagged(table, np.full(table.num_rows, entry.entry, np.int64), void)
