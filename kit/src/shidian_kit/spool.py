"""The sender's memory: each event gets its number once and stays until the gate has answered.

A SQLite file (WAL, synchronous=FULL) that belongs to one source of one project. Numbers count from
1 without gaps within the spool's epoch. If the file is lost, numbers cannot be continued safely, so
a new file opens a new, higher epoch, which every event names, and which the gate has on record.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shidian_kit.wire import envelope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

_EPOCH_ZERO_S = 1_577_836_800
"""Epochs are seconds since 2020-01-01T00:00Z: above all earlier ones without remembering them."""

_PRIMARY = 0xFF
_NO_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS spool (
    project TEXT NOT NULL, source TEXT NOT NULL, epoch INTEGER NOT NULL, next_seqno INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS item (
    place  INTEGER PRIMARY KEY,
    seqno  INTEGER NOT NULL,
    rev    INTEGER NOT NULL,
    wire   TEXT,
    status TEXT,
    field  TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '',
    UNIQUE (seqno, rev)
) STRICT;
CREATE INDEX IF NOT EXISTS item_waiting ON item (place) WHERE status IS NULL;
CREATE TABLE IF NOT EXISTS loaded (label TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
"""

_log = logging.getLogger(__name__)


class SpoolError(RuntimeError):
    """The spool cannot do what was asked; the message says why."""


class SpoolFullError(SpoolError):
    """The disk takes no more: nothing was kept, and no number given."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An event without its number. `time_us`: µs UTC."""

    type: str
    time_us: int
    data: dict[str, envelope.Value]
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that the gate has not answered yet. `wire`: its JSON."""

    place: int
    wire: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The gate's last word on an event."""

    seqno: int
    rev: int
    status: str
    field: str
    reason: str


class Spool:
    """Opens or makes the spool file of (project, source). Usable from several threads.

    `is_new` says that the file was made now. Raises SpoolError if the file is another source's.
    """

    def __init__(self, path: Path, *, project: str, source: str, epoch: int | None = None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}COMMIT;")
        self.project = project
        self.source = source
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            held = self._db.execute("SELECT project, source, epoch FROM spool").fetchone()
            self.is_new = held is None
            if held is None:
                held = (project, source, epoch or int(time.time()) - _EPOCH_ZERO_S)
                self._db.execute("INSERT INTO spool VALUES (?, ?, ?, 1)", held)
        self.epoch = int(held[2])
        if held[:2] != (project, source):
            self.close()
            raise SpoolError(f"{path} is the spool of {held[1]} in {held[0]}; give it its own file")
        if self.is_new:
            _log.warning("new spool %s: %s opens epoch %d", path, source, self.epoch)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def put(self, draft: Draft) -> int:
        """Keep an event; its number. Durable when this returns.

        Raises EnvelopeError, SpoolFullError.
        """
        return self.put_all([draft])[0]

    def put_all(self, drafts: Iterable[Draft], *, label: str | None = None) -> range:
        """Keep events in one transaction; their numbers.

        With a `label` (a file's digest, say) that was used before, nothing is kept: a repeated
        load does not send everything twice. Raises EnvelopeError, SpoolFullError, and keeps none of
        them then.
        """
        with self._writing():
            (first,) = self._db.execute("SELECT next_seqno FROM spool").fetchone()
            if label is not None:
                fresh = self._db.execute("INSERT OR IGNORE INTO loaded VALUES (?)", (label,))
                if fresh.rowcount == 0:
                    return range(first, first)
            rows = [(first + at, self._wire(first + at, d)) for at, d in enumerate(drafts)]
            self._db.executemany("INSERT INTO item (seqno, rev, wire) VALUES (?, 0, ?)", rows)
            self._db.execute("UPDATE spool SET next_seqno = ?", (first + len(rows),))
            return range(first, first + len(rows))

    def correct(self, seqno: int, draft: Draft) -> int:
        """Keep a correction of a numbered event; its revision. Raises SpoolError, EnvelopeError."""
        return self._revise(seqno, draft, envelope.Op.CORRECT)

    def void(self, seqno: int, draft: Draft) -> int:
        """Keep that an event is taken away; its revision. `draft` has type and time but no data."""
        return self._revise(seqno, draft, envelope.Op.VOID)

    def mend(self, seqno: int, draft: Draft) -> None:
        """Send a quarantined original again with other content, under the same number."""
        with self._writing():
            changed = self._db.execute(
                "UPDATE item SET wire = ?, status = NULL, field = '', reason = ''"
                " WHERE seqno = ? AND rev = 0 AND status = 'quarantined'",
                (self._wire(seqno, draft), seqno),
            )
            if changed.rowcount == 0:
                raise SpoolError(f"event {seqno} is not quarantined; use a correction")

    def waiting(self, limit: int) -> list[Waiting]:
        """The oldest events without an answer."""
        with self._lock:
            rows = self._db.execute(
                "SELECT place, wire FROM item WHERE status IS NULL ORDER BY place LIMIT ?", (limit,)
            )
            return [Waiting(*row) for row in rows]

    def waiting_count(self) -> int:
        """How many events have no answer."""
        with self._lock:
            row = self._db.execute("SELECT count(*) FROM item WHERE status IS NULL").fetchone()
            return int(row[0])

    def answer(self, answers: Sequence[tuple[int, str, str, str]]) -> None:
        """Keep (place, status, field, reason) of each; what the gate holds needs no copy here."""
        with self._writing():
            self._db.executemany(
                "UPDATE item SET status = ?2, field = ?3, reason = ?4,"
                " wire = CASE WHEN ?2 IN ('accepted', 'duplicate') THEN NULL ELSE wire END"
                " WHERE place = ?1",
                answers,
            )

    def outcomes(self, *statuses: str) -> list[Outcome]:
        """The gate's answers with one of these statuses (all if none is given), by number."""
        marks = ",".join("?" * len(statuses))
        chosen = f"status IN ({marks})" if statuses else "status IS NOT NULL"
        with self._lock:
            rows = self._db.execute(
                f"SELECT seqno, rev, status, field, reason FROM item WHERE {chosen}"  # noqa: S608 - question marks only
                " ORDER BY seqno, rev",
                statuses,
            )
            return [Outcome(*row) for row in rows]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction. Raises SpoolFullError where the disk takes no more: nothing is kept."""
        try:
            with self._lock, self._db:
                self._db.execute("BEGIN IMMEDIATE")
                yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & _PRIMARY not in _NO_ROOM:
                raise
            raise SpoolFullError(
                f"the spool of {self.source} takes no more: {error}. Make room on its disk; what it"
                " held is still there, and no number was given"
            ) from error

    def _revise(self, seqno: int, draft: Draft, op: envelope.Op) -> int:
        with self._writing():
            (held,) = self._db.execute(
                "SELECT max(rev) FROM item WHERE seqno = ?", (seqno,)
            ).fetchone()
            if held is None:
                raise SpoolError(f"no event {seqno} was sent from this spool")
            rev = int(held) + 1
            wire = self._wire(seqno, draft, rev, op)
            self._db.execute(
                "INSERT INTO item (seqno, rev, wire) VALUES (?, ?, ?)", (seqno, rev, wire)
            )
            return rev

    def _wire(
        self, seqno: int, draft: Draft, rev: int = 0, op: envelope.Op = envelope.Op.NEW
    ) -> str:
        event = envelope.Event(
            project=self.project,
            source=self.source,
            epoch=self.epoch,
            seqno=seqno,
            type=draft.type,
            time_us=draft.time_us,
            data=draft.data,
            rev=rev,
            op=op,
            subject=draft.subject,
        )
        wire = envelope.to_dict(event)
        envelope.from_dict(wire)
        return json.dumps(wire, ensure_ascii=False, separators=(",", ":"))
