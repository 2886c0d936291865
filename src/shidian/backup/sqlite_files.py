"""SQLite stores: copied while others write to them, checked, their tables hashed."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from shidian.backup.manifest import BackupError, Table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def copy(source: Path, target: Path) -> None:
    """One moment's copy of a database in use, in one file. Raises BackupError store-damaged."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(_reading(source)) as old, closing(sqlite3.connect(target)) as new:
        try:
            old.backup(new)
            # The copy is one file: a log beside it could be forgotten.
            new.execute("PRAGMA journal_mode=DELETE")
            said = new.execute("PRAGMA quick_check").fetchone()[0]
        except sqlite3.DatabaseError as error:
            raise BackupError("store-damaged", f"{source}: {error}") from None
    if said != "ok":
        raise BackupError("store-damaged", f"{source}: {said}")


def tables(path: Path) -> dict[str, Table]:
    """Every table of a database by name; SQLite's own are left out."""
    with closing(_reading(path)) as db:
        names = db.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            " AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
        ).fetchall()
        return {
            name: hashed(_row(row) for row in db.execute(f'SELECT * FROM "{name}"'))  # noqa: S608 - the database's own names
            for (name,) in names
        }


def hashed(rows: Iterable[bytes]) -> Table:
    """Rows by their own hashes, sorted: whatever order they came in."""
    found = sorted(hashlib.sha256(row).digest() for row in rows)
    return Table(len(found), hashlib.sha256(b"".join(found)).hexdigest())


def single(path: Path, query: str) -> tuple[object, ...] | None:
    """The first row of a query over a store."""
    with closing(_reading(path)) as db:
        found: tuple[object, ...] | None = db.execute(query).fetchone()
        return found


def _row(values: tuple[object, ...]) -> bytes:
    shown = [value.hex() if isinstance(value, bytes) else value for value in values]
    return json.dumps([*shown, *(type(value).__name__ for value in values)]).encode()


def _reading(path: Path) -> sqlite3.Connection:
    try:
        return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)
    except sqlite3.OperationalError as error:
        raise BackupError("store-missing", f"{path}: {error}") from None
