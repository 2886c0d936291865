"""The manifest: which segments there are, and how far the log is sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.journal.sealed.segment_row import Segment

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

TABLES = """
-- A file is part of the log from the moment its row is here, and no longer than that.
CREATE TABLE IF NOT EXISTS segment (
    project     TEXT    NOT NULL,
    first_entry INTEGER NOT NULL,
    last_entry  INTEGER NOT NULL,
    path        TEXT    NOT NULL UNIQUE,
    sha256      BLOB    NOT NULL,
    size_bytes  INTEGER NOT NULL,
    rows        INTEGER NOT NULL,
    min_time_us INTEGER NOT NULL,
    max_time_us INTEGER NOT NULL,
    PRIMARY KEY (project, first_entry)
) STRICT, WITHOUT ROWID;
-- One row: every data entry up to `entry` is in a segment.
CREATE TABLE IF NOT EXISTS sealed_to (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    entry INTEGER NOT NULL
) STRICT;
-- Highest event time of a source among sealed entries.
CREATE TABLE IF NOT EXISTS source_high (
    project TEXT    NOT NULL,
    source  TEXT    NOT NULL,
    high_us INTEGER NOT NULL,
    PRIMARY KEY (project, source)
) STRICT, WITHOUT ROWID;
"""

# The payload of a data entry may be emptied once a segment has it, or where its project's events
# were removed; nothing else ever changes.
TRIGGERS = """
DROP TRIGGER IF EXISTS entry_no_update;
CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry
WHEN NOT (
    OLD.kind = 'data' AND NEW.payload = x''
    AND (NEW.entry, NEW.kind, NEW.project, NEW.seq0, NEW.n, NEW.ingest_us, NEW.source, NEW.epoch,
         NEW.sha256)
     IS (OLD.entry, OLD.kind, OLD.project, OLD.seq0, OLD.n, OLD.ingest_us, OLD.source, OLD.epoch,
         OLD.sha256)
    AND (EXISTS (SELECT 1 FROM segment WHERE project = OLD.project
                 AND first_entry <= OLD.entry AND last_entry >= OLD.entry)
         OR EXISTS (SELECT 1 FROM removal WHERE project = OLD.project)))
BEGIN SELECT RAISE(ABORT, 'entry is append-only'); END;
CREATE TRIGGER IF NOT EXISTS segment_no_update BEFORE UPDATE ON segment
BEGIN SELECT RAISE(ABORT, 'a segment does not change'); END;
CREATE TRIGGER IF NOT EXISTS segment_apart BEFORE INSERT ON segment
WHEN EXISTS (SELECT 1 FROM segment WHERE project = NEW.project
             AND first_entry <= NEW.last_entry AND last_entry >= NEW.first_entry)
BEGIN SELECT RAISE(ABORT, 'these entries are in another segment'); END;
"""

_COLUMNS = (
    "project, first_entry, last_entry, path, sha256, size_bytes, rows, min_time_us, max_time_us"
)


def sealed_to(db: sqlite3.Connection) -> int:
    """Every data entry up to this one is in a segment, or removed; 0 while nothing is sealed."""
    row = db.execute("SELECT entry FROM sealed_to").fetchone()
    return 0 if row is None else int(row[0])


def segments(db: sqlite3.Connection, project: str | None = None) -> list[Segment]:
    """All segments, or those of one project, in the order of entries."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM segment WHERE ?1 IS NULL OR project = ?1"  # noqa: S608 - constant
        " ORDER BY project, first_entry",
        (project,),
    )
    return [Segment(*row) for row in rows]


def covering(db: sqlite3.Connection, project: str, first: int, last: int) -> list[Segment]:
    """Segments of a project that meet the entries `first` to `last`, in order."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM segment WHERE project = ?"  # noqa: S608 - constant
        " AND first_entry <= ? AND last_entry >= ? ORDER BY first_entry",
        (project, last, first),
    )
    return [Segment(*row) for row in rows]


def add(db: sqlite3.Connection, added: Iterable[Segment]) -> None:
    """Name segments. Raises sqlite3.IntegrityError where entries are in another one already."""
    db.executemany(
        f"INSERT INTO segment ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - constant
        [
            (
                one.project,
                one.first_entry,
                one.last_entry,
                one.path,
                one.sha256,
                one.size_bytes,
                one.rows,
                one.min_time_us,
                one.max_time_us,
            )
            for one in added
        ],
    )


def remove(db: sqlite3.Connection, removed: Iterable[Segment]) -> None:
    """No longer name segments."""
    db.executemany(
        "DELETE FROM segment WHERE project = ? AND first_entry = ?",
        [(one.project, one.first_entry) for one in removed],
    )


def highs(db: sqlite3.Connection, project: str) -> dict[str, int]:
    """Source → highest event time among sealed entries, µs."""
    rows = db.execute("SELECT source, high_us FROM source_high WHERE project = ?", (project,))
    return {str(source): int(high_us) for source, high_us in rows}


def advance(db: sqlite3.Connection, to: int, highs: dict[str, dict[str, int]]) -> None:
    """State that the log is sealed up to entry `to`, with `highs` of each project."""
    db.execute(
        "INSERT INTO sealed_to VALUES (1, ?)"
        " ON CONFLICT (one) DO UPDATE SET entry = excluded.entry",
        (to,),
    )
    db.executemany(
        "INSERT INTO source_high VALUES (?, ?, ?)"
        " ON CONFLICT (project, source) DO UPDATE SET high_us = excluded.high_us",
        [
            (project, source, high_us)
            for project, sources in highs.items()
            for source, high_us in sources.items()
        ],
    )
