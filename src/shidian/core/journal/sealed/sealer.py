"""Sealing, compaction and clearing away, beside the one writer: files first, then the manifest."""

from __future__ import annotations

import threading
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa

from shidian.core.journal.entry import decode_table
from shidian.core.journal.schema import open_reader
from shidian.core.journal.sealed import manifest, removal
from shidian.core.journal.sealed.rows import (
    Layout,
    SealedEntry,
    joined,
    segment_rows,
)
from shidian.core.journal.sealed.segment import (
    read_schema,
    read_segment,
    segments_folder,
    write_segment,
)
from shidian.core.journal.sealed.segment_row import Segment, feeds_of, layout_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

SEAL_ROWS = 1_000_000
"""Rows sealed at a time: they are in memory together."""
SEAL_ENTRIES = 100_000
SEGMENT_ROWS_MAX = 1_000_000
"""Rows of one file; compaction joins files up to this."""
_DROP_ENTRIES = 256

Write: TypeAlias = "Callable[[Callable[[sqlite3.Connection], Any]], Any]"
"""Runs a function in a transaction of the writer, and returns after its commit."""


class Sealer:
    """Seals one journal. `write` is the writer's; everything else is read and done beside it.

    Killed at any point: files that the manifest does not name are no part of the log and are
    cleared away by the next sealing; payloads not yet dropped are dropped by it.
    """

    def __init__(self, journal: Path, write: Write) -> None:
        self._journal = journal
        self._folder = segments_folder(journal)
        self._write = write
        self._one_at_a_time = threading.Lock()

    def seal(self, *, keep_rows: int = 0, rows_min: int = 1) -> int:
        """Seal whole rounds of about SEAL_ROWS rows, oldest first; how many rows.

        The newest `keep_rows` rows stay in the journal's file, where repeated events are compared
        fastest; nothing is done for fewer than `rows_min` rows. Raises OSError, sqlite3.Error; what
        was sealed before that stays sealed.
        """
        with self._one_at_a_time:
            db = open_reader(self._journal)
            try:
                self._clear_away(db)
                self._drop(db)
                done = 0
                while rows := self._round(db, keep_rows, rows_min):
                    done += rows
                    self._drop(db)
                return done
            finally:
                db.close()

    def compact(self, *, files_min: int = 2) -> int:
        """Join neighbouring small segments, `files_min` or more at a time; how many files went."""
        with self._one_at_a_time:
            db = open_reader(self._journal)
            try:
                self._clear_away(db)
                gone = 0
                for group in list(joinable(self._folder, manifest.segments(db))):
                    if len(group) < files_min:
                        continue
                    self._join(group)
                    gone += len(group) - 1
                self._clear_away(db)
                return gone
            finally:
                db.close()

    def retain(self, now_us: int) -> list[str]:
        """Remove the events of projects whose time is over; their names.

        A project's events are no part of the log from one commit on. Then its files, the payloads
        still in the journal's file, and its pseudonyms go; what a crash leaves of them goes with
        the next call. Raises OSError, sqlite3.Error.
        """
        with self._one_at_a_time:
            db = open_reader(self._journal)
            try:
                due = removal.due(db, now_us)
                for closing in due:
                    self._write(partial(removal.remove, closing=closing, now_us=now_us))
                unfinished = [r for r in removal.removals(db).values() if r.finished_us is None]
                if unfinished:
                    self._clear_away(db)
                for one in unfinished:
                    self._forget(db, one.project, now_us)
                return [closing.project for closing in due]
            finally:
                db.close()

    def _forget(self, db: sqlite3.Connection, project: str, now_us: int) -> None:
        for numbers in removal.payloads(db, project):
            self._write(partial(removal.empty, numbers=numbers))
        while self._write(partial(removal.forget_codes, project=project)):
            pass
        self._write(partial(removal.finish, project=project, now_us=now_us))

    def _round(self, db: sqlite3.Connection, keep_rows: int, rows_min: int) -> int:
        since = manifest.sealed_to(db)
        (unsealed,) = db.execute(
            "SELECT coalesce(sum(n), 0) FROM entry WHERE entry > ? AND kind = 'data'"
            " AND project NOT IN (SELECT project FROM removal)",
            (since,),
        ).fetchone()
        spare = int(unsealed) - keep_rows
        if spare < max(rows_min, 1):
            return 0
        entries, last = _read(db, since, min(spare, SEAL_ROWS))
        if not entries:
            return 0
        segments: list[Segment] = []
        highs: dict[str, dict[str, int]] = {}
        for project, taken in sorted(entries.items()):
            highs[project] = manifest.highs(db, project)
            for part, layout in _parts(taken):
                rows = segment_rows(part, layout, highs[project])
                feeds = {each.feed: (each.source, each.epoch) for each in part}
                segments.append(write_segment(self._folder, project, rows, feeds))

        def name(writer: sqlite3.Connection) -> None:
            manifest.add(writer, segments)
            manifest.advance(writer, last, highs)

        self._write(name)
        return sum(segment.rows for segment in segments)

    def _drop(self, db: sqlite3.Connection) -> None:
        """Empty the payloads that segments hold, a few at a time, so that no sender waits long."""
        low = 0
        while True:
            numbers = [
                row[0]
                for row in db.execute(
                    "SELECT entry FROM entry WHERE entry > ? AND entry <= ? AND kind = 'data'"
                    " AND payload <> x'' ORDER BY entry LIMIT ?",
                    (low, manifest.sealed_to(db), _DROP_ENTRIES),
                )
            ]
            if not numbers:
                return
            low = numbers[-1]

            def empty(writer: sqlite3.Connection, numbers: list[int] = numbers) -> None:
                writer.executemany(
                    "UPDATE entry SET payload = x'' WHERE entry = ?",
                    [(number,) for number in numbers],
                )

            self._write(empty)

    def _join(self, group: list[Segment]) -> None:
        tables = [read_segment(self._folder, segment) for segment in group]
        layout: Layout = {}
        feeds: dict[int, tuple[str, int]] = {}
        for table in tables:
            layout |= layout_of(table.schema)
            feeds |= feeds_of(table.schema)
        rows = pa.concat_tables(
            [table.replace_schema_metadata(None) for table in tables], promote_options="default"
        )
        ordered = [name for name in rows.schema.names if "/" not in name]
        ordered += [field.name for stream in sorted(layout) for field in layout[stream]]
        joined_one = write_segment(
            self._folder, group[0].project, rows.select(ordered).unify_dictionaries(), feeds
        )

        def replace(writer: sqlite3.Connection) -> None:
            manifest.remove(writer, group)
            manifest.add(writer, [joined_one])

        self._write(replace)

    def _clear_away(self, db: sqlite3.Connection) -> None:
        """Delete files that the manifest does not name: left by a crash, or joined into others."""
        if not self._folder.exists():
            return
        named = {segment.path for segment in manifest.segments(db)}
        for file in self._folder.glob("*/*"):
            if file.relative_to(self._folder).as_posix() not in named:
                file.unlink()


def _read(
    db: sqlite3.Connection, since: int, rows_max: int
) -> tuple[dict[str, list[SealedEntry]], int]:
    """Data entries after `since` by project, up to `rows_max` rows, and the last entry read."""
    found: dict[str, list[SealedEntry]] = {}
    left, last = rows_max, since
    cursor = db.execute(
        "SELECT e.entry, e.project, e.source, e.epoch, e.n, e.payload, f.feed FROM entry e"
        " JOIN feed f ON (f.project, f.source, f.epoch) = (e.project, e.source, e.epoch)"
        " WHERE e.entry > ? AND e.kind = 'data'"
        " AND e.project NOT IN (SELECT project FROM removal) ORDER BY e.entry LIMIT ?",
        (since, SEAL_ENTRIES),
    )
    for entry, project, source, epoch, n, payload, feed in cursor:
        if n > left and found:
            break
        left -= n
        last = entry
        found.setdefault(project, []).append(
            SealedEntry(entry, feed, source, epoch, decode_table(payload))
        )
        if left <= 0:
            break
    cursor.close()
    return found, last


def _parts(entries: list[SealedEntry]) -> Iterator[tuple[list[SealedEntry], Layout]]:
    """Consecutive entries that fit into one file: equal fields of a stream, not too many rows."""
    part: list[SealedEntry] = []
    layout: Layout = {}
    rows = 0
    for each in entries:
        own = layout_of(each.rows.schema)
        both = joined(layout, own)
        if part and (both is None or rows + each.rows.num_rows > SEGMENT_ROWS_MAX):
            yield part, layout
            part, layout, rows, both = [], {}, 0, own
        part.append(each)
        layout = own if both is None else both
        rows += each.rows.num_rows
    if part:
        yield part, layout


def joinable(folder: Path, segments: list[Segment]) -> Iterator[list[Segment]]:
    """Runs of two or more neighbours of a project that fit into one file."""
    for _, mine in groupby(segments, key=attrgetter("project")):
        group: list[Segment] = []
        layout: Layout = {}
        rows = 0
        for segment in mine:
            if segment.rows >= SEGMENT_ROWS_MAX:
                own: Layout = {}
                both = None
            else:
                own = layout_of(read_schema(folder, segment))
                both = joined(layout, own)
            if both is None or rows + segment.rows > SEGMENT_ROWS_MAX:
                if len(group) > 1:
                    yield group
                group, layout, rows, both = [], {}, 0, own
            group.append(segment)
            layout, rows = both, rows + segment.rows
        if len(group) > 1:
            yield group
