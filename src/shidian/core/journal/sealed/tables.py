"""Sealed entries read in the log's order, though files are in the order of event time."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from shidian.core.journal.sealed import manifest, removal
from shidian.core.journal.sealed.rows import payload_tables
from shidian.core.journal.sealed.segment import SegmentDamagedError, verify_segment

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from shidian.core.journal.sealed.segment_row import Segment

WINDOW_ROWS = 500_000
"""Rows of sealed history held decoded at a time, about 60 MB."""
WINDOW_ENTRIES = 50_000
_TRIES = 3


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
        if segment.path not in self._verified:
            verify_segment(self._folder, segment)
            self._verified.add(segment.path)
        try:
            rows = pq.read_table(
                self._folder / segment.path,
                filters=[("entry", ">=", first), ("entry", "<=", last)],
            )
        except (OSError, pa.ArrowException) as error:
            raise SegmentDamagedError(f"segment {segment.path}: {error}") from error
        return payload_tables(rows)
