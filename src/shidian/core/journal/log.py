"""The entry table as the writer sees it: append, look up one row, note a refusal."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from shidian.core.journal import moving
from shidian.core.journal.batch import Incoming, ItemResult, item_sha256
from shidian.core.journal.entry import EntryKind, decode_table, payload_sha256

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    import pyarrow as pa

    from shidian.core.journal.sealed.tables import SealedTables
    from shidian.core.journal.streams import Stored

TABLES_CACHED_MAX = 32
"""Payloads kept decoded: a sender that repeats a batch asks for the same ones again and again."""


class Log:
    """Appends inside the writer's transaction. `forget` after a transaction was undone."""

    def __init__(self, db: sqlite3.Connection, sealed: SealedTables) -> None:
        self.db = db
        self._sealed = sealed
        self._tables: OrderedDict[tuple[str, int], pa.Table] = OrderedDict()
        self.last_entry = 0
        self.last_ingest_us = 0
        self.arrivals: dict[str, int] = {}
        self.forget()

    def forget(self) -> None:
        """Read the end of the log again."""
        self._tables.clear()
        row = self.db.execute(
            "SELECT entry, ingest_us FROM entry ORDER BY entry DESC LIMIT 1"
        ).fetchone()
        self.last_entry, self.last_ingest_us = row or (0, 0)
        self.arrivals = moving.arrivals(self.db)

    def stamp(self, clock_us: int) -> int:
        """Ingest time for a clock's reading: never before the last entry's."""
        return max(clock_us, self.last_ingest_us)

    def append(
        self,
        kind: EntryKind,
        payload: bytes,
        ingest_us: int,
        *,
        project: str = "",
        seq0: int = 0,
        n: int = 0,
        source: str = "",
        epoch: int = 0,
    ) -> int:
        """Insert the next entry; its number."""
        number = self.last_entry + 1
        self.db.execute(
            "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                kind.value,
                project,
                seq0,
                n,
                ingest_us,
                source,
                epoch,
                payload_sha256(payload),
                payload,
            ),
        )
        self.last_entry = number
        self.last_ingest_us = ingest_us
        return number

    def row(self, project: str, entry: int, seqno: int, rev: int) -> dict[str, Stored]:
        """One stored event of a project: column → value, without the nulls."""
        table = self.table(project, entry)
        at = pc.index(table["seqno"], seqno).as_py()
        while at >= 0 and table["rev"][at].as_py() != rev:
            found = pc.index(table["seqno"].slice(at + 1), seqno).as_py()
            at = found if found < 0 else at + 1 + found
        if at < 0:
            raise LookupError(f"entry {entry} does not hold {seqno}/{rev}: the index is damaged")
        values = table.slice(at, 1).to_pylist()[0]
        return {name: value for name, value in values.items() if value is not None}

    def add_refusals(
        self,
        project: str,
        source: str,
        ingest_us: int,
        refused: Sequence[tuple[ItemResult, Incoming]],
    ) -> None:
        """Note what was not stored: its hash, the field and the reason, never what it said."""
        self.db.executemany(
            "INSERT INTO refusal (status, ingest_us, project, source, epoch, seqno, rev, sha256,"
            " field, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    result.status.value,
                    ingest_us,
                    project,
                    source,
                    item.epoch,
                    item.seqno,
                    item.rev,
                    item_sha256(item),
                    result.field,
                    result.reason,
                )
                for result, item in refused
            ],
        )

    def table(self, project: str, entry: int) -> pa.Table:
        """The rows of a data entry of a project, which may have brought it from elsewhere."""
        name = ("", entry)
        query = "SELECT payload FROM entry WHERE entry = ?"
        given: tuple[str | int, ...] = (entry,)
        if entry < self.arrivals.get(project, 0):
            name = (project, entry)
            query = "SELECT payload FROM arrived WHERE project = ? AND entry = ?"
            given = name
        if name not in self._tables:
            row = self.db.execute(query, given).fetchone()
            self._tables[name] = (
                decode_table(row[0]) if row[0] else self._sealed.table(entry, alone=True)
            )
            if len(self._tables) > TABLES_CACHED_MAX:
                self._tables.popitem(last=False)
        self._tables.move_to_end(name)
        return self._tables[name]
