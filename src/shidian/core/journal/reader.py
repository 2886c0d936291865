"""Reading the journal: by the monitor, by replay, by whoever checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from shidian.core.journal.entry import Entry, EntryKind
from shidian.core.journal.schema import open_reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_COLUMNS = "entry, kind, project, seq0, n, ingest_us, source, epoch, sha256, payload"


class JournalReader:
    """A read-only view of a journal file that another process may be writing.

    Raises FileNotFoundError while there is no file. Usable from one thread at a time.
    """

    def __init__(self, path: Path) -> None:
        self._db = open_reader(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def last_entry(self) -> int:
        """Number of the last entry, 0 while there is none."""
        row = self._db.execute("SELECT coalesce(max(entry), 0) FROM entry").fetchone()
        return int(row[0])

    def entries_after(self, entry: int, limit: int) -> list[Entry]:
        """At most `limit` entries that follow number `entry`, in order."""
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM entry WHERE entry > ? ORDER BY entry LIMIT ?",  # noqa: S608 - constant
            (entry, limit),
        )
        return [_entry(row) for row in rows]

    def __iter__(self) -> Iterator[Entry]:
        """Every entry up to the last one at the time it is reached, in order."""
        at = 0
        while page := self.entries_after(at, 256):
            yield from page
            at = page[-1].entry

    def pseudonyms(self, project: str) -> dict[int, str]:
        """Code → pseudonym of the project's investors, without those erased."""
        rows = self._db.execute("SELECT code, pseudonym FROM code WHERE project = ?", (project,))
        return {int(code): str(pseudonym) for code, pseudonym in rows}


def _entry(row: tuple[int, str, str, int, int, int, str, int, bytes, bytes]) -> Entry:
    return Entry(row[0], EntryKind(row[1]), *row[2:])
