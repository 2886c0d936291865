"""Sealed entries read in the log's order, though files are in the order of event time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from shidian.core.journal.entry import EventsRemovedError
from shidian.core.journal.sealed import manifest, removal
from shidian.core.journal.sealed.rows import payload_tables
from shidian.core.journal.sealed.segment import SegmentDamagedError, verify_segment
from shidian.core.journal.sealed.segment_row import feeds_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from shidian.core.journal.sealed.segment_row import Segment

WINDOW_ROWS = 500_000
"""Rows of sealed history held decoded at a time, about 60 MB."""
WINDOW_ENTRIES = 50_000
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of a data entry, all or some, and who sent them."""

    entry: int
    source: str
    epoch: int
    table: pa.Table


class SealedTables:
    """Tables of sealed entries, over the connection of a reader or of the writer.

    A window of consecutive entries is decoded at once, since each file must be read through to find
    an entry's rows. Each file is hashed before it is first used.
    """

    def __init__(self, db: sqlite3.Connection, folder: Path) -> None:
        self._db = db
        self._folder = folder
        self._tables: dict[int, pa.Table] = {}
        self._verified: set[str] = set()

    def table(self, entry: int, *, alone: bool = False) -> pa.Table:
        """The rows of a sealed data entry; `alone`: do not read on.

        Raises SegmentDamagedError, also where no segment has the entry.
        """
        if entry not in self._tables:
            self._tables = self._read(entry, alone=alone)
        if entry not in self._tables:
            raise SegmentDamagedError(f"entry {entry} is in no segment: restore from a backup")
        return self._tables[entry]

    def between(self, project: str, before: int, low_us: int, high_us: int) -> Iterator[Part]:
        """Events of times in [low, high) in a project's sealed entries before one, in order.

        Raises EventsRemovedError where they were removed, SegmentDamagedError.
        """
        at = 0
        while segments := manifest.covering(self._db, project, at, before - 1):
            first = segments[0]
            if first.min_time_us < high_us and first.max_time_us >= low_us:
                times = [("time_us", ">=", low_us), ("time_us", "<", high_us)]
                try:
                    rows = self._rows(first, [*times, ("entry", ">=", at), ("entry", "<", before)])
                except SegmentDamagedError:
                    if manifest.covering(self._db, project, at, before - 1)[:1] == [first]:
                        raise
                    continue  # a compaction has put another file in its place
                yield from _parts(rows)
            at = first.last_entry + 1
        if project in removal.removals(self._db):
            raise EventsRemovedError(f"the events of {project} were removed: their time is over")

    def _read(self, entry: int, *, alone: bool) -> dict[int, pa.Table]:
        wanted = self._window(entry, 1 if alone else WINDOW_ENTRIES)
        tables: dict[int, pa.Table] = {}
        for project, group in groupby(sorted(wanted), key=itemgetter(0)):
            numbers = [number for _, number in group]
            tables |= self._of_project(project, numbers[0], numbers[-1])
        return tables

    def _window(self, entry: int, limit: int) -> list[tuple[str, int]]:
        rows = self._db.execute(
            "SELECT project, entry, n FROM entry"
            " WHERE entry >= ? AND kind = 'data' AND payload = x'' ORDER BY entry LIMIT ?",
            (entry, limit),
        )
        found: list[tuple[str, int]] = []
        left = WINDOW_ROWS
        gone = removal.removals(self._db)
        for project, number, n in rows:
            if project in gone:
                continue
            found.append((str(project), int(number)))
            left -= int(n)
            if left <= 0:
                break
        return found

    def _of_project(self, project: str, first: int, last: int) -> dict[int, pa.Table]:
        for attempt in range(_TRIES):
            segments = manifest.covering(self._db, project, first, last)
            try:
                tables: dict[int, pa.Table] = {}
                for segment in segments:
                    tables |= self._of_segment(segment, first, last)
            except SegmentDamagedError:
                # A compaction may have put another file in its place since the manifest was read.
                if (
                    attempt == _TRIES - 1
                    or manifest.covering(self._db, project, first, last) == segments
                ):
                    raise
            else:
                return tables
        raise AssertionError("unreachable")

    def _of_segment(self, segment: Segment, first: int, last: int) -> dict[int, pa.Table]:
        return payload_tables(self._rows(segment, [("entry", ">=", first), ("entry", "<=", last)]))

    def _rows(self, segment: Segment, filters: list[tuple[str, str, int]]) -> pa.Table:
        if segment.path not in self._verified:
            verify_segment(self._folder, segment)
            self._verified.add(segment.path)
        try:
            return pq.read_table(self._folder / segment.path, filters=filters)
        except (OSError, pa.ArrowException) as error:
            raise SegmentDamagedError(f"segment {segment.path}: {error}") from error


def _parts(rows: pa.Table) -> Iterator[Part]:
    """Rows of one segment by entry."""
    if not rows.num_rows:
        return
    feeds = feeds_of(rows.schema)
    numbers, firsts = np.unique(rows["entry"].to_numpy(), return_index=True)
    feed = rows["feed"].to_numpy()[firsts].tolist()
    tables = payload_tables(rows)
    for number, named in zip(numbers.tolist(), feed, strict=True):
        yield Part(number, *feeds[named], tables[number])
