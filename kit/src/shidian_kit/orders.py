"""Receives orders: verified, kept before they are answered, obeyed once, acknowledged until heard.

    inbox = OrderInbox(Path("orders.sqlite3"), "P-2026-0001", order_keys, ["pilot.example"], obey)
    application = wsgi(inbox)                        # or asgi(inbox): POST to any path
    with Acknowledger(inbox, "https://gate.example", key):   # obeys and acknowledges, in a thread
        …

`obey` is called with each order, in the order of arrival, until it returns: it must come to the
same when an order is given to it again after a crash. What it returns from is `effective`.
"""

from __future__ import annotations

import http.client
import logging
import re
import sqlite3
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from shidian_kit.transport import OK, TEMPORARY, GateConnection, GateRefusedError
from shidian_kit.wire import order as wire
from shidian_kit.wire import order_proof, signatures
from shidian_kit.wire.order import Acknowledgement, AcknowledgementKind, OrderDocument, OrderError
from shidian_kit.wire.policy import parse_policy
from shidian_kit.wire.refusal import RecordError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

BODY_BYTES_MAX = wire.DOCUMENT_BYTES_MAX
RETRY_S = 1.0
RETRY_MAX_S = 30.0
_NONCE_KEPT_S = 2 * signatures.MAX_AGE_S
_NUMBER = re.compile(r"[0-9]{1,12}")
_log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS inbox (project TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS incoming (
    place        INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    digest       TEXT NOT NULL,
    document     TEXT NOT NULL,
    received_at  TEXT NOT NULL,
    received_ack INTEGER NOT NULL DEFAULT 0,
    effective_at TEXT,
    effective_ack INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS nonce (
    key_id TEXT NOT NULL, nonce TEXT NOT NULL, seen_s INTEGER NOT NULL,
    PRIMARY KEY (key_id, nonce)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS proof (id TEXT PRIMARY KEY, bundle BLOB NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS nonce_seen ON nonce (seen_s);
"""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the receiver answers: an HTTP status and a line of text."""

    status: int
    text: str


class OrderInbox:
    """A durable inbox of one project's orders. Usable from several threads and processes.

    `order_keys`: key id → public key of the authorities that may order (`wire.permit.trusted`);
    `authorities`: the names under which this receiver is addressed, such as `pilot.example` or
    `10.0.0.7:8443`. `record`: the policy of the public record, as text; a proof that an order
    brings is then checked, and kept where it holds. A wrong one is logged and hinders no order.
    Raises ValueError where the file is another project's, RecordError where the policy is none.
    """

    def __init__(
        self,
        path: Path,
        project: str,
        order_keys: Mapping[str, Ed25519PublicKey],
        authorities: Sequence[str],
        obey: Callable[[OrderDocument], None],
        *,
        record: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._policy = None if record is None else parse_policy(record)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.project = project
        self._keys = dict(order_keys)
        self._authorities = tuple(authorities)
        self._obey = obey
        self._clock = clock
        self._lock = threading.RLock()
        self.arrived = threading.Event()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}COMMIT;")
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            held = self._db.execute("SELECT project FROM inbox").fetchone()
            if held is None:
                self._db.execute("INSERT INTO inbox VALUES (?)", (project,))
        if held not in (None, (project,)):
            self._db.close()
            raise ValueError(f"{path} holds the orders of {held[0]}; give {project} its own file")

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    def receive(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Judge one request. `path`: as it travelled; `headers`: names in lower case.

        2xx says that the order is on disk here; it is said again for an order that is known.
        """
        now = int(self._clock())
        try:
            if method != "POST":
                return Reply(405, "orders are POSTed")
            if len(body) > BODY_BYTES_MAX:
                return Reply(413, "too long for an order")
            verified = signatures.verify_request(
                method=method,
                path=path,
                headers=headers,
                body=body,
                authorities=self._authorities,
                find_key=self._keys.get,
                now=now,
            )
            document = self._document(headers, body, verified.created)
        except signatures.SignatureError as error:
            _log.warning("refused: %s: %s", error.code, error)
            return Reply(401, f"{error.code}: {error}")
        except OrderError as error:
            _log.warning("refused: %s", error)
            return Reply(422, str(error))
        reply = self._keep(document, body, verified, now)
        if reply.status < 300:  # noqa: PLR2004 - it is kept
            self._keep_proof(document, headers.get(order_proof.HEADER), body)
        return reply

    def _document(self, headers: Mapping[str, str], body: bytes, created: int) -> OrderDocument:
        document = wire.parse_order(body)
        if document.project != self.project:
            raise OrderError("project", f"this receiver is {self.project}'s")
        if headers.get("webhook-id") != document.id:
            raise OrderError("id", "webhook-id must be the order's id")
        stamp = headers.get("webhook-timestamp", "")
        if _NUMBER.fullmatch(stamp) is None or int(stamp) != created:
            raise OrderError("", "webhook-timestamp must be the signature's created")
        return document

    def _keep(
        self, document: OrderDocument, body: bytes, verified: signatures.Verified, now: int
    ) -> Reply:
        digest = wire.digest(document)
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("DELETE FROM nonce WHERE seen_s < ?", (now - _NONCE_KEPT_S,))
            fresh = self._db.execute(
                "INSERT OR IGNORE INTO nonce VALUES (?, ?, ?)",
                (verified.key_id, verified.nonce, now),
            )
            if fresh.rowcount == 0:
                return Reply(401, "replay: this nonce was used")
            held = self._db.execute(
                "SELECT digest FROM incoming WHERE id = ?", (document.id,)
            ).fetchone()
            if held is None:
                self._db.execute(
                    "INSERT INTO incoming (id, digest, document, received_at) VALUES (?, ?, ?, ?)",
                    (document.id, digest, body.decode(), datetime.now(UTC).isoformat()),
                )
        self.arrived.set()
        if held is None:
            return Reply(202, "kept")
        if held[0] != digest:
            return Reply(409, f"another order is known as {document.id}")
        return Reply(200, "known")

    def _keep_proof(self, document: OrderDocument, value: str | None, body: bytes) -> None:
        if self._policy is None or value is None:
            return
        try:
            bundle = order_proof.from_header(value)
            order_proof.verify_order_proof(bundle, body, self._policy)
        except RecordError as error:
            _log.warning("the proof of %s does not hold: %s", document.id, error)
            return
        self._set("INSERT OR REPLACE INTO proof VALUES (?, ?)", (document.id, bundle))

    def proof_of(self, order_id: str) -> bytes | None:
        """What proves an order to be on the public record, checked; None where none came yet."""
        with self._lock:
            row = self._db.execute("SELECT bundle FROM proof WHERE id = ?", (order_id,)).fetchone()
        return None if row is None else bytes(row[0])

    def orders(self) -> list[OrderDocument]:
        """Every order that came, in the order of arrival."""
        with self._lock:
            rows = self._db.execute("SELECT document FROM incoming ORDER BY place").fetchall()
        return [wire.parse_order(document.encode()) for (document,) in rows]

    def waiting(self) -> int:
        """How many orders are not obeyed, or not acknowledged to the end."""
        with self._lock:
            row = self._db.execute(
                "SELECT count(*) FROM incoming WHERE NOT (received_ack AND effective_ack)"
            )
            return int(row.fetchone()[0])

    def work(self, say: Callable[[Acknowledgement], None]) -> None:
        """Obey and acknowledge what waits, once.

        An order is obeyed before anything is said of it, so a silent gate delays no stop; one that
        cannot be obeyed holds back those after it, and no acknowledgement holds back another. The
        first failure of `obey` or `say` is raised when all has been tried.
        """
        failures: list[Exception] = []
        for place, document in self._unobeyed():
            try:
                self._obey(document)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is raised below
                failures.append(error)
                break
            moment = datetime.now(UTC).isoformat()
            self._set(
                "UPDATE incoming SET effective_at = ? WHERE place = ? AND effective_at IS NULL",
                (moment, place),
            )
        for place, kind, word in self._unsaid():
            try:
                say(word)
            except Exception as error:  # noqa: BLE001 - likewise
                failures.append(error)
                continue
            self._set(f"UPDATE incoming SET {kind}_ack = 1 WHERE place = ?", (place,))  # noqa: S608 - one of two words
        if failures:
            raise failures[0]

    def _unobeyed(self) -> list[tuple[int, OrderDocument]]:
        with self._lock:
            rows = self._db.execute(
                "SELECT place, document FROM incoming WHERE effective_at IS NULL ORDER BY place"
            ).fetchall()
        return [(place, wire.parse_order(document.encode())) for place, document in rows]

    def _unsaid(self) -> list[tuple[int, AcknowledgementKind, Acknowledgement]]:
        with self._lock:
            rows = self._db.execute(
                "SELECT place, id, digest, received_at, received_ack, effective_at, effective_ack"
                " FROM incoming WHERE NOT (received_ack AND effective_ack) ORDER BY place"
            ).fetchall()
        found = []
        for place, order_id, digest, received_at, told, effective_at, finished in rows:
            for kind, at, said in (
                (AcknowledgementKind.RECEIVED, received_at, told),
                (AcknowledgementKind.EFFECTIVE, effective_at, finished),
            ):
                if at is not None and not said:
                    moment = datetime.fromisoformat(at)
                    word = Acknowledgement(order_id, self.project, digest, kind, moment)
                    found.append((place, kind, word))
        return found

    def _set(self, statement: str, values: tuple[object, ...]) -> None:
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(statement, values)


class Acknowledger:
    """Works an inbox off in a thread of its own, and says to the gate what was done.

    `verify_tls`: an SSL context for a gate with its own certification authority.
    """

    def __init__(
        self,
        inbox: OrderInbox,
        gate_url: str,
        key: Ed25519PrivateKey,
        *,
        verify_tls: ssl.SSLContext | None = None,
    ) -> None:
        self._inbox = inbox
        self._gate = GateConnection(gate_url, key, verify=verify_tls, timeout_s=10.0)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, name="order-inbox", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._inbox.arrived.set()
        if self._thread is not None:
            self._thread.join()
        self._gate.close()

    def say(self, word: Acknowledgement) -> None:
        """Say one word to the gate. Raises OSError, HTTPException, GateRefusedError."""
        answer = self._gate.post("/v1/acknowledgements", "application/json", wire.canonical(word))
        if answer.status != OK:
            code, detail = answer.problem()
            if answer.status in TEMPORARY:
                raise ConnectionError(f"{answer.status} {code}: {detail}")
            raise GateRefusedError(answer.status, code, detail)

    def _run(self) -> None:
        pause_s = RETRY_S
        while not self._stop.is_set():
            self._inbox.arrived.clear()
            try:
                self._inbox.work(self.say)
                pause_s = RETRY_S
            except (OSError, http.client.HTTPException, GateRefusedError) as error:
                _log.warning("not acknowledged yet: %s", error)
                pause_s = min(pause_s * 2, RETRY_MAX_S)
            except Exception:  # noqa: BLE001 - the firm's own code may raise anything
                _log.exception("an order could not be obeyed; it is tried again")
                pause_s = min(pause_s * 2, RETRY_MAX_S)
            self._inbox.arrived.wait(pause_s)
