"""Projects whose events were removed, since the time for which they are kept is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from shidian.core.journal import moving

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

TABLES = """
-- From this row on no event of the project is part of the log; `finished_us`: from when on nothing
-- of them lies on the disk any more.
CREATE TABLE IF NOT EXISTS removal (
    project       TEXT    PRIMARY KEY,
    entry         INTEGER NOT NULL,
    outcome       TEXT    NOT NULL,
    keep_until_us INTEGER NOT NULL,
    removed_us    INTEGER NOT NULL,
    finished_us   INTEGER
) STRICT, WITHOUT ROWID;
-- What the manifest said of their segments.
CREATE TABLE IF NOT EXISTS removed_segment (
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
"""

# The database itself holds that nothing goes before its time, by the project's last closing.
TRIGGERS = """
CREATE TRIGGER IF NOT EXISTS removal_due BEFORE INSERT ON removal
WHEN NOT EXISTS (
    SELECT 1 FROM entry WHERE entry = NEW.entry AND kind = 'closing' AND project = NEW.project
    AND json_extract(CAST(payload AS TEXT), '$.keep_until_us') = NEW.keep_until_us
    AND NEW.keep_until_us <= NEW.removed_us)
OR EXISTS (
    SELECT 1 FROM entry WHERE entry > NEW.entry AND kind = 'closing' AND project = NEW.project)
BEGIN SELECT RAISE(ABORT, 'the time for which these events are kept is not over'); END;
CREATE TRIGGER IF NOT EXISTS removal_once BEFORE INSERT ON removal
WHEN EXISTS (SELECT 1 FROM removal WHERE project = NEW.project)
BEGIN SELECT RAISE(ABORT, 'these events were removed before'); END;
CREATE TRIGGER IF NOT EXISTS removal_no_delete BEFORE DELETE ON removal
BEGIN SELECT RAISE(ABORT, 'removal is append-only'); END;
CREATE TRIGGER IF NOT EXISTS removal_no_update BEFORE UPDATE ON removal
WHEN NOT (
    OLD.finished_us IS NULL AND NEW.finished_us IS NOT NULL
    AND (NEW.project, NEW.entry, NEW.outcome, NEW.keep_until_us, NEW.removed_us)
     IS (OLD.project, OLD.entry, OLD.outcome, OLD.keep_until_us, OLD.removed_us))
BEGIN SELECT RAISE(ABORT, 'removal is append-only'); END;
CREATE TRIGGER IF NOT EXISTS removed_segment_no_delete BEFORE DELETE ON removed_segment
BEGIN SELECT RAISE(ABORT, 'removed_segment is append-only'); END;
CREATE TRIGGER IF NOT EXISTS removed_segment_no_update BEFORE UPDATE ON removed_segment
BEGIN SELECT RAISE(ABORT, 'removed_segment is append-only'); END;
"""

_CHUNK = 256


@dataclass(frozen=True, slots=True)
class Closing:
    """A project's last closing: its entry, the outcome, until when its events are kept (µs)."""

    project: str
    entry: int
    outcome: str
    keep_until_us: int | None


@dataclass(frozen=True, slots=True)
class Removal:
    """That a project's events were removed, when (µs), and by which closing they had to be.

    `finished_us` is None while some of them still lie on the disk.
    """

    project: str
    entry: int
    outcome: str
    keep_until_us: int
    removed_us: int
    finished_us: int | None


def closings(db: sqlite3.Connection) -> list[Closing]:
    """The last closing of every closed project, by project."""
    rows = db.execute(
        "SELECT project, entry, payload FROM entry WHERE kind = 'closing' ORDER BY entry"
    )
    last = {}
    for project, entry, payload in rows:
        record = msgspec.json.decode(payload)
        last[project] = Closing(project, entry, record["outcome"], record.get("keep_until_us"))
    return [last[project] for project in sorted(last)]


def due(db: sqlite3.Connection, now_us: int) -> list[Closing]:
    """Closed projects whose events are to be removed by now and were not."""
    gone = removals(db)
    return [
        one
        for one in closings(db)
        if one.keep_until_us is not None and one.keep_until_us <= now_us and one.project not in gone
    ]


def removals(db: sqlite3.Connection) -> dict[str, Removal]:
    """Project → its removal. None in a file that no writer of this format has opened."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'removal'").fetchone():
        return {}
    rows = db.execute(
        "SELECT project, entry, outcome, keep_until_us, removed_us, finished_us FROM removal"
        " ORDER BY project"
    )
    return {row[0]: Removal(*row) for row in rows}


def remove(db: sqlite3.Connection, closing: Closing, now_us: int) -> None:
    """From here on no event of the project is part of the log; in one transaction."""
    db.execute(
        "INSERT INTO removal VALUES (?, ?, ?, ?, ?, NULL)",
        (closing.project, closing.entry, closing.outcome, closing.keep_until_us, now_us),
    )
    db.execute(
        "INSERT INTO removed_segment SELECT * FROM segment WHERE project = ?", (closing.project,)
    )
    db.execute("DELETE FROM segment WHERE project = ?", (closing.project,))
    moving.forget_events(db, closing.project)


def payloads(db: sqlite3.Connection, project: str) -> Iterator[list[int]]:
    """A removed project's entries that still hold events, some at a time."""
    row = db.execute("SELECT min(first_entry) FROM feed WHERE project = ?", (project,)).fetchone()
    low = (row[0] or 0) - 1
    while True:
        rows = db.execute(
            "SELECT entry FROM entry WHERE entry > ? AND project = ? AND kind = 'data'"
            " AND length(payload) > 0 ORDER BY entry LIMIT ?",
            (low, project, _CHUNK),
        )
        numbers = [int(number) for (number,) in rows]
        if not numbers:
            return
        yield numbers
        low = numbers[-1]


def empty(db: sqlite3.Connection, numbers: list[int]) -> None:
    """Empty these entries' payloads; their digests stay."""
    db.executemany(
        "UPDATE entry SET payload = x'' WHERE entry = ?", [(number,) for number in numbers]
    )


def forget_codes(db: sqlite3.Connection, project: str) -> int:
    """Delete some of the project's pseudonyms; how many. None are left when it is 0."""
    found = db.execute(
        "DELETE FROM code WHERE project = ?1 AND pseudonym IN"
        " (SELECT pseudonym FROM code WHERE project = ?1 LIMIT ?2)",
        (project, 10 * _CHUNK),
    )
    return found.rowcount


def finish(db: sqlite3.Connection, project: str, now_us: int) -> None:
    """Nothing of the project's events is left on the disk."""
    db.execute("UPDATE removal SET finished_us = ? WHERE project = ?", (now_us, project))
