"""Serves the notary on a unix socket: one line of JSON a request, one request at a time."""

from __future__ import annotations

import base64
import binascii
import json
import os
import socketserver
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import structlog

from shidian.core.record.leaf import ItemRefusedError
from shidian.notary.client import ITEMS_MAX, LINE_BYTES_MAX, address_of
from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shidian.core.record.notary import Notary
    from shidian.notary.certificates import CertificateSigner
    from shidian.notary.orders import OrderSigner

WITNESS_PAUSE_S = 5.0
"""How often witnesses that are missing from the checkpoint are thought of."""
IDLE_S = 600.0
_OUTBOX_ID_MAX = 2**63 - 1

_log = structlog.get_logger()


class NotaryServer:
    """Answers the worker's requests; `run` blocks until `stop` is set."""

    def __init__(
        self,
        notary: Notary,
        orders: OrderSigner,
        certificates: CertificateSigner,
        socket_path: Path,
        *,
        mode: int = 0o600,
    ) -> None:
        self._notary, self._orders, self._certificates = notary, orders, certificates
        self._path, self._mode = socket_path, mode
        self._one_at_a_time = threading.Lock()

    def run(self, stop: threading.Event) -> None:
        """Listen. Raises RecordError disk-failed where the socket cannot be made."""
        with self._listening() as server:
            accepting = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
            accepting.start()
            while not stop.wait(WITNESS_PAUSE_S):
                self._ask_witnesses()
            server.shutdown()
            accepting.join()
            # Whoever is being answered has the lock: the log is left whole.
            with self._one_at_a_time:
                pass

    def answer(self, line: bytes) -> dict[str, Any]:
        """A request's line → the answer to it."""
        try:
            request = _parsed(line)
            match request:
                case {"op": "order-key"}:
                    return {"ok": True, "public_key": self._orders.public_key}
                case {"op": "sign-order", "order": str(text), "url": str(url)}:
                    # Waits for no checkpoint: a stop is on its way.
                    return {"ok": True, "headers": self._orders.sign(text, url)}
                case {"op": "sign-certificate", "certificate": str(text)}:
                    return {"ok": True, **self._certificates.sign(text)}
            with self._one_at_a_time:
                return {"ok": True, **self._done(request)}
        except ItemRefusedError as error:
            blame = {"outbox_id": error.outbox_id}
            return {"ok": False, "error": error.name, "detail": error.detail, **blame}
        except RecordError as error:
            _log.error("refused", error=error.name, detail=error.detail)
            return {"ok": False, "error": error.name, "detail": error.detail}

    def _done(self, request: dict[str, Any]) -> dict[str, Any]:
        match request:
            case {"op": "append", "items": list(items)}:
                indices = self._notary.append([_item(one) for one in _few(items)])
                return {"indices": list(indices.items()), **self._checkpoint()}
            case {"op": "checkpoint"}:
                return self._checkpoint()
            case {"op": "prove", "index": int(index)}:
                return {"proof": self._notary.prove(index).decode()}
            case {"op": "rotate-key"}:
                index = self._notary.rotate_key()
                return {"index": index, "vkey": str(self._notary.vkey), **self._checkpoint()}
        raise _malformed(
            "op must be append (items), checkpoint, prove (index), rotate-key, order-key,"
            " sign-order (order, url) or sign-certificate (certificate)"
        )

    def _checkpoint(self) -> dict[str, Any]:
        return {"checkpoint": self._notary.checkpoint().decode()}

    def _ask_witnesses(self) -> None:
        try:
            with self._one_at_a_time:
                self._notary.ask_again()
        except RecordError as error:
            _log.error("not published", error=error.name, detail=error.detail)

    @contextmanager
    def _listening(self) -> Iterator[socketserver.ThreadingUnixStreamServer]:
        answer = self.answer

        class Handler(socketserver.StreamRequestHandler):
            timeout = IDLE_S

            def handle(self) -> None:
                try:
                    while line := self.rfile.readline(LINE_BYTES_MAX + 1):
                        self.wfile.write(json.dumps(answer(line)).encode() + b"\n")
                        if len(line) > LINE_BYTES_MAX:
                            return
                except (TimeoutError, ConnectionError):
                    return  # whoever asked has gone

        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True
            request_queue_size = 64

        # The notary's lock is held: a socket that lies here is of one that has ended.
        self._path.unlink(missing_ok=True)
        before = os.umask(0o777 & ~self._mode)
        try:
            with address_of(self._path) as address:
                server = Server(address, Handler)
        except OSError as error:
            raise RecordError(Refusal.DISK_FAILED, f"no socket at {self._path}: {error}") from None
        finally:
            os.umask(before)
        with server:
            yield server
        self._path.unlink(missing_ok=True)


def _parsed(line: bytes) -> dict[str, Any]:
    if len(line) > LINE_BYTES_MAX or not line.endswith(b"\n"):
        raise _malformed(f"a request is one line of {LINE_BYTES_MAX} bytes at most")
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _malformed(f"not JSON: {error}") from None
    if not isinstance(request, dict):
        raise _malformed("not a JSON object")
    return request


def _few(items: list[Any]) -> list[Any]:
    if len(items) > ITEMS_MAX:
        raise _malformed(f"{len(items)} leaves; {ITEMS_MAX} at most in one request")
    return items


def _item(item: Any) -> tuple[int, bytes]:
    match item:
        case [int(outbox_id), str(encoded)] if (
            not isinstance(outbox_id, bool) and 0 < outbox_id <= _OUTBOX_ID_MAX
        ):
            try:
                return outbox_id, base64.b64decode(encoded, validate=True)
            except binascii.Error as error:
                raise _malformed(f"outbox id {outbox_id}: {error}") from None
    raise _malformed("each item is [outbox id, base64 of the leaf], the id positive")


def _malformed(detail: str) -> RecordError:
    return RecordError(Refusal.REQUEST_MALFORMED, detail)
