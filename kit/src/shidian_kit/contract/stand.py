"""A gate and an authority for tests, on loopback: they answer, fail, forge and remember.

What reaches the gate is checked as the real one checks it: signature, age, nonce, numbering. What
is wrong is written down in `complaints`, so that no trial has to look for it by itself.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from shidian_kit.wire import envelope, keys, order, permit, signatures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PROJECT = "P-2026-0001"
SOURCE = "contract"
BODY_BYTES_MAX = 8 << 20
_DIGEST = "sha256:" + "0" * 64


class Weather(StrEnum):
    """How the gate behaves. `lossy` stores what came, and drops the connection unanswered."""

    FAIR = "fair"
    ERROR = "error"
    HANG = "hang"
    LOSSY = "lossy"
    STRANGE = "strange"
    REPEATING = "repeating"


@dataclass(frozen=True, slots=True)
class Seen:
    """One event as it first came. `time_us`: its own word; `wire`: its canonical text."""

    type: str
    time_us: int
    wire: str


@dataclass(frozen=True, slots=True)
class Word:
    """An acknowledgement. `heard_s`: when it came, Unix seconds."""

    order: str
    kind: str
    at_s: float
    heard_s: float


@dataclass
class Stand:
    """The authority's side of one pilot. Thread-safe. `public_key`: the pilot system's."""

    public_key: str
    ttl_ms: int = 2_000
    key: Ed25519PrivateKey = field(default_factory=keys.generate)
    order_key: Ed25519PrivateKey = field(default_factory=keys.generate)
    weather: Weather = Weather.FAIR
    state: permit.OrderState = permit.OrderState.RUNNING
    by: str | None = None
    events: dict[tuple[int, int, int], Seen] = field(default_factory=dict)
    words: list[Word] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    permits: int = 0

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self._known = permit.trusted(self.public_key)
        self._nonces: set[str] = set()
        self._orders: dict[str, str] = {}
        self._last_permit: dict[str, str] | None = None
        self._entry = 0
        self._given = 0
        self.closing = threading.Event()
        stand = self

        class Handler(_Handler):
            def do_POST(self) -> None:
                stand._answer(self)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Answer nothing more."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def numbers(self, epoch: int) -> list[int]:
        """The numbers that came in an epoch, in order."""
        with self.lock:
            return sorted(seqno for of, seqno, rev in self.events if of == epoch and rev == 0)

    def epochs(self) -> set[int]:
        """The epochs in which events came."""
        with self.lock:
            return {epoch for epoch, _, _ in self.events}

    def said(self, order_id: str) -> list[Word]:
        """The words on an order, as they came."""
        with self.lock:
            return [word for word in self.words if word.order == order_id]

    def document(self, kind: str, *, project: str = PROJECT) -> order.OrderDocument:
        """A new order that nobody has sent yet."""
        with self.lock:
            self._given += 1
            name = f"O-2026-{self._given:04d}"
        return order.OrderDocument(
            id=name,
            project=project,
            kind=order.OrderKind(kind),
            reason=order.Reason("合同测试", "contract test"),
            basis="contract test",
            authority="contract-test",
            rules_digest=_DIGEST,
            issued_at=datetime.now(UTC),
        )

    def decide(self, document: order.OrderDocument) -> None:
        """The gate knows the order from now on, and its permits say so."""
        with self.lock:
            self._orders[document.id] = order.digest(document)
            if document.kind is order.OrderKind.SUSPEND:
                self.state, self.by = permit.OrderState.SUSPENDED, document.id
            elif document.kind is order.OrderKind.RESUME:
                self.state, self.by = permit.OrderState.RUNNING, document.id

    def signed(
        self,
        document: order.OrderDocument,
        url: str,
        *,
        key: Ed25519PrivateKey | None = None,
        age_s: int = 0,
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body of one delivery."""
        body = order.canonical(document)
        created = int(time.time()) - age_s
        headers = {
            "content-type": "application/json",
            "webhook-id": document.id,
            "webhook-timestamp": str(created),
        }
        headers |= signatures.sign_request(
            key or self.order_key,
            method="POST",
            url=url,
            headers=headers,
            body=body,
            created=created,
        )
        return headers, body

    def _answer(self, handler: _Handler) -> None:
        body = handler.rfile.read(min(int(handler.headers["content-length"] or 0), BODY_BYTES_MAX))
        weather = self.weather
        if weather is Weather.HANG:
            while self.weather is Weather.HANG and not self.closing.wait(0.1):
                pass
            handler.close_connection = True
            return
        if weather is Weather.ERROR:
            handler.reply(500, {"title": "storage", "detail": "planted by the contract test"})
            return
        with self.lock:
            status, content = self._judge(handler, body)
        if weather is Weather.LOSSY:
            handler.close_connection = True
            return
        handler.reply(status, content)

    def _judge(self, handler: _Handler, body: bytes) -> tuple[int, Mapping[str, Any]]:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        try:
            verified = signatures.verify_request(
                method="POST",
                path=handler.path,
                headers=headers,
                body=body,
                authorities=[signatures.authority_of(self.url)],
                find_key=self._known.get,
                now=int(time.time()),
            )
        except signatures.SignatureError as error:
            return self._complain(401, f"signature-{error.code}", f"{handler.path}: {error}")
        if verified.nonce in self._nonces:
            return self._complain(401, "replay", f"{handler.path}: a nonce was used twice")
        self._nonces.add(verified.nonce)
        if handler.path == f"/v1/projects/{PROJECT}/events":
            return self._take(headers, body)
        if handler.path == "/v1/permits":
            return 200, self._permit(verified.nonce)
        if handler.path == "/v1/acknowledgements":
            return self._hear(body)
        return self._complain(404, "not-found", f"{handler.path} is no route of a gate")

    def _complain(self, status: int, code: str, detail: str) -> tuple[int, Mapping[str, Any]]:
        self.complaints.append(f"{status} {code}: {detail}")
        return status, {"title": code, "detail": detail}

    def _take(self, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, Any]]:
        kind = headers["content-type"]
        if "content-encoding" in headers or kind not in _FORMS:
            plain = "the contract test reads plain JSON batches and NDJSON"
            return self._complain(415, "content-type", plain)
        try:
            wires = json.loads(body) if "batch" in kind else map(json.loads, body.splitlines())
            taken = [envelope.from_dict(wire) for wire in wires]
        except (ValueError, TypeError, AttributeError) as error:
            return self._complain(400, "envelope", str(error))
        statuses = []
        for event in taken:
            name = (event.epoch, event.seqno, event.rev)
            wire = json.dumps(envelope.to_dict(event), sort_keys=True)
            known = self.events.setdefault(name, Seen(event.type, event.time_us, wire))
            if (event.project, event.source) != (PROJECT, SOURCE):
                self.complaints.append(f"event of {event.source} in {event.project}")
            if known.wire != wire:
                self.complaints.append(f"number {event.seqno} came with two contents")
            statuses.append("accepted" if known.wire == wire else "conflict")
        return 200, {"statuses": statuses, "problems": [], "entries": []}

    def _permit(self, nonce: str) -> Mapping[str, str]:
        if self.weather is Weather.REPEATING and self._last_permit is not None:
            return self._last_permit
        self._entry += 1
        self.permits += 1
        told = permit.Permit(
            project=PROJECT,
            source=SOURCE,
            nonce=nonce,
            mode=permit.PermitMode.NO_NEW_BUSINESS,
            state=self.state,
            order=self.by if self.state is not permit.OrderState.RUNNING else None,
            limits=_DIGEST,
            entry=self._entry,
            issued_us=time.time_ns() // 1000,
            ttl_ms=self.ttl_ms,
            grace_ms=0,
            on_outage=permit.OnOutage.NO_NEW_BUSINESS,
        )
        # A stranger signs under the gate's name: only the signature tells.
        signer = keys.generate() if self.weather is Weather.STRANGE else self.key
        name = keys.key_id(self.key.public_key())
        self._last_permit = permit.sign(permit.encode(told), signer, name)
        return self._last_permit

    def _hear(self, body: bytes) -> tuple[int, Mapping[str, Any]]:
        try:
            word = order.parse_acknowledgement(body)
        except order.OrderError as error:
            return self._complain(422, "acknowledgement", str(error))
        if self._orders.get(word.order) != word.digest or word.project != PROJECT:
            return self._complain(409, "order", f"{word.order} was never given, or not so")
        if word.kind not in [one.kind for one in self.said(word.order)]:
            at_s = word.at.timestamp()
            self.words.append(Word(word.order, str(word.kind), at_s, time.time()))
        self._entry += 1
        return 200, {"entry": self._entry}


_FORMS = ("application/cloudevents-batch+json", "application/x-ndjson")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, status: int, content: Mapping[str, Any]) -> None:
        """One answer in JSON. A sender that has gone is no concern of the gate's."""
        body = json.dumps(content).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing: the trials do."""


def deliver(url: str, headers: Mapping[str, str], body: bytes, timeout_s: float = 10.0) -> int:
    """POST to the pilot system; its status. Raises OSError, HTTPException."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_s)
    try:
        connection.request("POST", parts.path, body=body, headers=dict(headers))
        return connection.getresponse().status
    finally:
        connection.close()
