"""Whether a journal is whole: every payload and every sealed file against what was written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from shidian.core.journal import moving
from shidian.core.journal.entry import payload_sha256
from shidian.core.journal.schema import open_reader
from shidian.core.journal.sealed import (
    SegmentDamagedError,
    manifest,
    read_segment,
    removal,
    segments_folder,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Container
    from pathlib import Path

    from shidian.core.journal.sealed import Segment


@dataclass(slots=True)
class Checked:
    """What was looked at, and what is wrong.

    `removed`: projects whose events are no part of the log any more, and `removed_entries` those
    that held them; `unfinished` of these projects have some on the disk still. `strays`: files that
    the manifest does not name.
    """

    entries: int = 0
    segments: int = 0
    rows: int = 0
    strays: int = 0
    removed: list[str] = field(default_factory=list)
    removed_entries: int = 0
    unfinished: list[str] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)


def check_journal(path: Path, progress: Callable[[int], None] = lambda _: None) -> Checked:
    """Read everything once, also while a gate writes; `progress` is told how many entries.

    Raises FileNotFoundError where there is no journal.
    """
    db = open_reader(path)
    found = Checked()
    try:
        db.execute("BEGIN")
        found.damage += [f"SQLite: {row[0]}" for row in db.execute("PRAGMA quick_check(20)")]
        found.damage = [said for said in found.damage if said != "SQLite: ok"]
        segments = manifest.segments(db)
        _entries(db, found, progress)
        gone = removal.removals(db)
        found.removed = list(gone)
        found.unfinished = [one.project for one in gone.values() if one.finished_us is None]
        _arrived(db, gone, found)
        _uncovered(db, segments, gone, found)
        named = {segment.path for segment in segments}
        for segment in segments:
            _segment(db, path, segment, found)
        folder = segments_folder(path)
        files = folder.glob("*/*") if folder.exists() else ()
        found.strays = sum(file.relative_to(folder).as_posix() not in named for file in files)
    finally:
        db.close()
    return found


def _entries(db: sqlite3.Connection, found: Checked, progress: Callable[[int], None]) -> None:
    """Numbers, ingest times and the payloads that lie in the file itself."""
    before_us, expected = -(2**63), 1
    for number, ingest_us, kind, sha256, payload in db.execute(
        "SELECT entry, ingest_us, kind, sha256, payload FROM entry ORDER BY entry"
    ):
        found.entries += 1
        if number != expected and not (kind == "arrival" and number > expected):
            found.damage.append(f"entry {expected} is missing")
        expected = number + 1
        if ingest_us < before_us:
            found.damage.append(f"entry {number} was taken in before the one before it")
        before_us = ingest_us
        if (payload or kind != "data") and payload_sha256(payload) != sha256:
            found.damage.append(f"entry {number} is not what was written")
        progress(1)


def _arrived(db: sqlite3.Connection, gone: Container[str], found: Checked) -> None:
    """What came with projects from other journals, as it came."""
    if not moving.exists(db):
        return
    for entry, carried in moving.arrived(db, None):
        empty = entry.removed and entry.project in gone
        if not empty and payload_sha256(entry.payload) != carried:
            found.damage.append(f"entry {entry.entry} of {entry.project} is not what came")


def _uncovered(
    db: sqlite3.Connection, segments: list[Segment], gone: Container[str], found: Checked
) -> None:
    """Entries whose payload is gone though no segment holds them and nobody removed them."""
    ranges: dict[str, list[tuple[int, int]]] = {}
    for one in segments:
        ranges.setdefault(one.project, []).append((one.first_entry, one.last_entry))
    for number, project in db.execute(
        "SELECT entry, project FROM entry WHERE kind = 'data' AND payload = x'' ORDER BY entry"
    ):
        if project in gone:
            found.removed_entries += 1
        elif not any(first <= number <= last for first, last in ranges.get(project, ())):
            found.damage.append(f"entry {number} of {project} is in no segment")


def _segment(db: sqlite3.Connection, path: Path, segment: Segment, found: Checked) -> None:
    """The file's hash, and that it has each of its entries' rows."""
    try:
        rows = read_segment(segments_folder(path), segment, columns=["entry"])
    except SegmentDamagedError as error:
        if _still_named(path, segment):
            found.damage.append(str(error))
        return
    found.segments += 1
    found.rows += rows.num_rows
    numbers, counts = np.unique(rows["entry"].to_numpy(), return_counts=True)
    have = dict(zip(numbers.tolist(), counts.tolist(), strict=True))
    want = dict(
        db.execute(
            "SELECT entry, n FROM entry WHERE kind = 'data' AND project = ?"
            " AND entry BETWEEN ? AND ?",
            (segment.project, segment.first_entry, segment.last_entry),
        ).fetchall()
    )
    wrong = sorted(entry for entry in have.keys() | want if have.get(entry) != want.get(entry))
    if wrong:
        found.damage.append(f"segment {segment.path} has other rows of entry {wrong[0]}")


def _still_named(path: Path, segment: Segment) -> bool:
    """Whether it is part of the log by now: a compaction may have joined it meanwhile."""
    db = open_reader(path)
    try:
        return segment in manifest.segments(db, segment.project)
    finally:
        db.close()
