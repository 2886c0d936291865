"""What the signer must never forget: which roots it has signed, which outbox id lies at which leaf.

An SQLite file beside the keys, outside what is published. A root is in it before it is signed: then
the tree is decided, and whatever happens next, that checkpoint is the one that is completed.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_FORMAT = 1
_SCHEMA = """
CREATE TABLE log (origin TEXT NOT NULL, policy TEXT NOT NULL DEFAULT '');
CREATE TABLE signed (size INTEGER PRIMARY KEY, root BLOB NOT NULL, at_us INTEGER NOT NULL);
CREATE TABLE leaf (idx INTEGER PRIMARY KEY, outbox_id INTEGER NOT NULL UNIQUE);
CREATE TABLE key (number INTEGER PRIMARY KEY, from_size INTEGER NOT NULL UNIQUE,
                  vkey TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Signed:
    """A tree that was decided upon: its size, its root, the signer's clock in µs since 1970."""

    size: int
    root: bytes
    at_us: int


class SignerState:
    """Opens the file, making it for a new log. Raises RecordError origin-differs, disk-…"""

    def __init__(self, path: Path, origin: str) -> None:
        with named_errors():
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._prepare(origin)
        held = str(self._one("SELECT origin FROM log")[0])
        if held != origin:
            self.close()
            raise RecordError(
                Refusal.ORIGIN_DIFFERS,
                f"this log is {held!r} and cannot become {origin!r}; see SHIDIAN_RECORD_ORIGIN",
            )

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def last(self) -> Signed | None:
        """The tree decided upon last, or None before the first."""
        row = self._one("SELECT size, root, at_us FROM signed ORDER BY size DESC LIMIT 1")
        return None if row is None else Signed(*row)

    def decide(
        self,
        tree: Signed,
        *,
        ids: Sequence[tuple[int, int]] = (),
        key: tuple[int, str] | None = None,
        policy: str | None = None,
    ) -> None:
        """Make a tree the one to be signed next, with (index, outbox id) of its new leaves.

        `key` is number and vkey of a key in force from this size on, `policy` one recorded in it.
        Raises RecordError disk-…; then it may or may not hold, and `last` says.
        """
        with named_errors(), self._transaction():
            self._db.execute(
                "INSERT INTO signed VALUES (?, ?, ?)", (tree.size, tree.root, tree.at_us)
            )
            self._db.executemany("INSERT INTO leaf VALUES (?, ?)", ids)
            if key is not None:
                self._db.execute("INSERT INTO key VALUES (?, ?, ?)", (key[0], tree.size, key[1]))
            if policy is not None:
                self._db.execute("UPDATE log SET policy = ?", (policy,))

    def last_outbox_id(self) -> int:
        """The largest that was ever recorded; 0 before the first."""
        return int(self._one("SELECT coalesce(max(outbox_id), 0) FROM leaf")[0])

    def index_of(self, outbox_id: int) -> int | None:
        """Where the leaf of an outbox row lies."""
        row = self._one("SELECT idx FROM leaf WHERE outbox_id = ?", outbox_id)
        return None if row is None else int(row[0])

    def keys_at(self, size: int) -> list[tuple[int, str]]:
        """Number and vkey of the keys that sign the checkpoint of a size: two where it changes."""
        rows = self._db.execute(
            "SELECT number, vkey, from_size FROM key WHERE from_size <= ?"
            " ORDER BY number DESC LIMIT 2",
            (size,),
        ).fetchall()
        changing = len(rows) > 1 and rows[0][2] == size
        return sorted((int(number), str(vkey)) for number, vkey, _ in rows[: 1 + changing])

    def policy(self) -> str:
        """The text of the witness policy that stands on the record; empty: none."""
        return str(self._one("SELECT policy FROM log")[0])

    def _prepare(self, origin: str) -> None:
        held = self._one("PRAGMA user_version")[0]
        if held == 0:
            with self._transaction():
                for statement in filter(str.strip, _SCHEMA.split(";")):
                    self._db.execute(statement)
                self._db.execute("INSERT INTO log (origin) VALUES (?)", (origin,))
                self._db.execute(f"PRAGMA user_version = {_FORMAT}")
        elif held != _FORMAT:
            raise RecordError(
                Refusal.STATE_BEHIND, f"the signer's state is of format {held}, not {_FORMAT}"
            )

    def _one(self, query: str, *values: object) -> Any:
        with closing(self._db.execute(query, values)) as cursor:
            return cursor.fetchone()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


@contextmanager
def named_errors() -> Iterator[None]:
    """sqlite3's errors as RecordError disk-full or disk-failed."""
    try:
        yield
    except sqlite3.Error as error:
        full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        raise RecordError(
            Refusal.DISK_FULL if full else Refusal.DISK_FAILED, f"signer's state: {error}"
        ) from error
