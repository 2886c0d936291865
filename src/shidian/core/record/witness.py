"""A witness (C2SP tlog-witness): cosigns a log's checkpoint if it goes on from the last one seen.

A log that shows different people different trees would have to show each witness one of them, and
the witness signs for one alone. The check of the old size and the new state are one transaction.
"""

from __future__ import annotations

import base64
import sqlite3
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from shidian_kit.wire.checkpoint import Checkpoint, decimal
from shidian_kit.wire.merkle import EMPTY_ROOT, HASH_BYTES, check_consistency
from shidian_kit.wire.note import Note, Vkey, cosign, decode64
from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

REQUEST_BYTES_MAX = 1 << 20
PROOF_LINES_MAX = 63
EVIDENCE_MAX = 1000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS log (
  origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, at_s INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS evidence (note BLOB PRIMARY KEY, at_s INTEGER NOT NULL);
"""


@dataclass(frozen=True)
class Answer:
    """What a request is answered with."""

    status: HTTPStatus
    body: str
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """The old size, a consistency proof from it, and a signed checkpoint."""

    old_size: int
    proof: tuple[bytes, ...]
    note: bytes

    def __bytes__(self) -> bytes:
        lines = [f"old {self.old_size}", *(base64.b64encode(one).decode() for one in self.proof)]
        return "".join(f"{line}\n" for line in [*lines, ""]).encode() + self.note

    @classmethod
    def parse(cls, body: bytes) -> Request:
        """Raises RecordError request-malformed."""
        head, gap, note = body.partition(b"\n\n")
        try:
            first, *lines = head.decode("ascii").split("\n")
            proof = tuple(decode64(line) for line in lines)
        except ValueError as error:
            raise _malformed(str(error)) from None
        size = decimal(first.removeprefix("old "))
        if not gap or not first.startswith("old ") or size is None:
            raise _malformed("the first line must be `old` and a size")
        if len(proof) > PROOF_LINES_MAX or any(len(one) != HASH_BYTES for one in proof):
            raise _malformed(f"{PROOF_LINES_MAX} hashes at most, {HASH_BYTES} bytes each")
        return cls(size, proof, note)


class Witness:
    """Keeps the latest checkpoint of each log it knows, in an SQLite file.

    `logs` are the keys under which logs sign; a log whose key changes has both for a while.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        key: Ed25519PrivateKey,
        logs: Iterable[Vkey],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._name, self._key, self._clock = name, key, clock
        self._logs: dict[str, list[Vkey]] = {}
        for log in logs:
            self._logs.setdefault(log.name, []).append(log)
        self._path = path
        with self._database() as db:
            db.executescript(f"PRAGMA journal_mode=WAL; {_SCHEMA}")

    def add_checkpoint(self, body: bytes) -> Answer:
        """The answer to a POST of `add-checkpoint`; a cosignature only once its state is kept."""
        try:
            request = Request.parse(body)
            note = Note.parse(request.note)
            checkpoint = Checkpoint.parse(note.text)
        except RecordError as error:
            return Answer(HTTPStatus.BAD_REQUEST, f"{error}\n")
        known = self._logs.get(checkpoint.origin)
        if known is None:
            return Answer(HTTPStatus.NOT_FOUND, f"unknown log {checkpoint.origin}\n")
        try:
            signed = note.signers(known)
        except RecordError as error:
            return Answer(HTTPStatus.FORBIDDEN, f"{error}\n")
        if not signed:
            return Answer(HTTPStatus.FORBIDDEN, "not signed by a key that is known here\n")
        if request.old_size > checkpoint.size:
            return Answer(HTTPStatus.BAD_REQUEST, "the old size is larger than the checkpoint's\n")
        with self._database() as db:
            return self._decide(db, request, checkpoint)

    def latest(self, origin: str) -> Checkpoint | None:
        """The checkpoint cosigned last for a log."""
        with self._database() as db:
            row = db.execute("SELECT size, root FROM log WHERE origin = ?", (origin,)).fetchone()
        return None if row is None else Checkpoint(origin, *row)

    def evidence(self) -> Sequence[bytes]:
        """Checkpoints that a log signed although they do not go on from what was seen."""
        with self._database() as db:
            return [row[0] for row in db.execute("SELECT note FROM evidence ORDER BY at_s")]

    def _decide(self, db: sqlite3.Connection, request: Request, new: Checkpoint) -> Answer:
        db.execute("BEGIN IMMEDIATE")
        row = db.execute(
            "SELECT size, root, at_s FROM log WHERE origin = ?", (new.origin,)
        ).fetchone()
        size, root, at_s = row or (0, EMPTY_ROOT, 0)
        now_s = int(self._clock())
        if request.old_size != size:
            return Answer(HTTPStatus.CONFLICT, f"{size}\n", "text/x.tlog.size")
        try:
            check_consistency(
                old_size=size,
                new_size=new.size,
                proof=request.proof,
                old_root=root,
                new_root=new.root,
            )
        except RecordError as error:
            # The log's own signature makes of this a proof of its misbehaviour, if its proof is
            # not merely a bad one: an auditor can tell.
            self._keep_evidence(db, request.note, now_s)
            fork = new.size == size and new.root != root
            status = HTTPStatus.CONFLICT if fork else HTTPStatus.UNPROCESSABLE_ENTITY
            return Answer(status, f"{Refusal.SPLIT_VIEW if fork else error.name}: {error.detail}\n")
        if now_s < at_s:
            detail = "this witness's clock is behind its last cosignature"
            return Answer(HTTPStatus.SERVICE_UNAVAILABLE, f"{Refusal.CLOCK_BACKWARDS}: {detail}\n")
        db.execute(
            "INSERT OR REPLACE INTO log VALUES (?, ?, ?, ?)",
            (new.origin, new.size, new.root, now_s),
        )
        db.execute("COMMIT")
        return Answer(HTTPStatus.OK, str(cosign(new.text, self._name, self._key, now_s)))

    @staticmethod
    def _keep_evidence(db: sqlite3.Connection, note: bytes, now_s: int) -> None:
        (held,) = db.execute("SELECT count(*) FROM evidence").fetchone()
        if held < EVIDENCE_MAX:
            db.execute("INSERT OR IGNORE INTO evidence VALUES (?, ?)", (note, now_s))
        db.execute("COMMIT")

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """A connection of this thread's own; what is not committed is undone."""
        db = sqlite3.connect(self._path, isolation_level=None, timeout=10)
        try:
            db.execute("PRAGMA synchronous=FULL")
            yield db
        finally:
            db.close()


def _malformed(detail: str) -> RecordError:
    return RecordError(Refusal.REQUEST_MALFORMED, detail)
