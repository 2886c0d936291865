"""Investors' pseudonyms as integer codes, per project. A row can be erased; its code is not reused.

After an erasure the payloads still count the investor as one, but nothing leads back to the
pseudonym; the same pseudonym sent again is a new investor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

CODES_CACHED_MAX = 1_000_000
ERASURE_CHARS_MAX = 500
_CHUNK = 500


def check_erasure(pseudonym: str, *, by: str, reason: str) -> None:
    """Raises ValueError where `by` or `reason` is empty, too long, or names the pseudonym."""
    for name, text in (("by", by), ("reason", reason)):
        if not 0 < len(text.strip()) <= ERASURE_CHARS_MAX:
            raise ValueError(f"{name}: 1 to {ERASURE_CHARS_MAX} characters")
        if pseudonym in text:
            raise ValueError(f"{name} must not name the pseudonym: it is kept")


class Codes:
    """The code table inside the writer's transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._cached: dict[str, dict[str, int]] = {}
        self._count = 0

    def forget(self) -> None:
        """Drop all that is in memory."""
        self._cached.clear()
        self._count = 0

    def known(self, project: str, pseudonyms: Iterable[str]) -> dict[str, int]:
        """Pseudonym → code, of those that have one (and of others looked up before)."""
        cache = self._cached.setdefault(project, {})
        missing = sorted({name for name in pseudonyms if name not in cache})
        for start in range(0, len(missing), _CHUNK):
            chunk = missing[start : start + _CHUNK]
            marks = ",".join("?" * len(chunk))
            rows = self._db.execute(
                f"SELECT pseudonym, code FROM code WHERE project = ? AND pseudonym IN ({marks})",  # noqa: S608 - question marks only
                (project, *chunk),
            ).fetchall()
            cache.update(rows)
            self._count += len(rows)
        return cache

    def assign(self, project: str, pseudonyms: Iterable[str]) -> dict[str, int]:
        """Pseudonym → code for all of these; new ones are numbered in the order given."""
        wanted = list(dict.fromkeys(pseudonyms))
        if self._count + len(wanted) > CODES_CACHED_MAX:
            self.forget()
        cache = self.known(project, wanted)
        fresh = [name for name in wanted if name not in cache]
        if not fresh:
            return cache
        row = self._db.execute(
            "SELECT high FROM code_high WHERE project = ?", (project,)
        ).fetchone()
        high = 0 if row is None else int(row[0])
        numbered = {name: high + i for i, name in enumerate(fresh, start=1)}
        self._db.executemany(
            "INSERT INTO code VALUES (?, ?, ?)",
            [(project, name, code) for name, code in numbered.items()],
        )
        self._db.execute(
            "INSERT INTO code_high VALUES (?, ?)"
            " ON CONFLICT (project) DO UPDATE SET high = excluded.high",
            (project, high + len(fresh)),
        )
        cache.update(numbered)
        self._count += len(fresh)
        return cache

    def erase(self, project: str, pseudonym: str, *, at_us: int, by: str, reason: str) -> bool:
        """Delete a pseudonym's row and note who had it done, and why; whether there was one."""
        self.forget()
        gone = self._db.execute(
            "DELETE FROM code WHERE project = ? AND pseudonym = ? RETURNING code",
            (project, pseudonym),
        ).fetchone()
        if gone is None:
            return False
        self._db.execute(
            "INSERT INTO erasure SELECT coalesce(max(erasure), 0) + 1, ?, ?, ?, ?, ? FROM erasure",
            (at_us, project, gone[0], by, reason),
        )
        return True
