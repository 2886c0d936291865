"""How the worker speaks to the notary: one line of JSON each way over a unix socket.

Requests are `{"op": …}`: `append` with `items` as `[[outbox id, base64 of the leaf], …]`,
`checkpoint`, `prove` with `index`, `rotate-key`, `order-key`, `sign-order` with `order` and `url`,
`sign-certificate` with `certificate`.
An answer is `{"ok": true, …}`, or
`{"error": name, "detail": …}` with a name of `shidian_kit.wire.refusal.Refusal`, and `outbox_id`
where one item is to blame. A request that is refused has changed nothing.
"""

from __future__ import annotations

import base64
import json
import os
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Self

from shidian.core.record.leaf import ItemRefusedError
from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["Appended", "ItemRefusedError", "NotaryClient", "NotaryPool"]

ITEMS_MAX = 256
"""Leaves in one request at most; the client splits what is longer."""
LINE_BYTES_MAX = 32 << 20
TIMEOUT_S = 60.0
SIGN_TIMEOUT_S = 5.0
"""A signature waits for no checkpoint."""
_ADDRESS_BYTES_MAX = 100
"""Linux takes 107 bytes, others fewer."""


@dataclass(frozen=True)
class Appended:
    """What the notary acknowledged: outbox id → index in the log, all under `checkpoint`."""

    indices: dict[int, int]
    checkpoint: str


class NotaryClient:
    """Asks the notary; opens the socket on first use, and anew after it broke.

    Every method raises RecordError with the notary's name for what it refused, ItemRefusedError
    where one leaf is to blame, and RecordError not-reachable where nobody answered (the request
    may or may not have been carried out: ask again, outbox ids make that safe).
    """

    def __init__(self, socket_path: Path, *, timeout_s: float = TIMEOUT_S) -> None:
        self._path = socket_path
        self._timeout_s = timeout_s
        self._socket: socket.socket | None = None
        self._unread = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the socket."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self._unread = None, b""

    def append(self, items: Sequence[tuple[int, bytes]]) -> Appended:
        """Outbox ids and encoded leaves → their indices, once a checkpoint covers them all.

        The same id with the same leaf again gives the same index. Long sequences go in requests of
        `ITEMS_MAX`: when a later one fails, the earlier ones hold.
        """
        indices: dict[int, int] = {}
        checkpoint = ""
        for part in _parts(items):
            answer = self._ask(
                {
                    "op": "append",
                    "items": [[n, base64.b64encode(leaf).decode()] for n, leaf in part],
                }
            )
            indices.update((int(outbox_id), int(index)) for outbox_id, index in answer["indices"])
            checkpoint = str(answer["checkpoint"])
        return Appended(indices, checkpoint)

    def checkpoint(self) -> str:
        """The checkpoint last published: a signed note."""
        return str(self._ask({"op": "checkpoint"})["checkpoint"])

    def prove(self, index: int) -> str:
        """The `.tlog-proof` of the leaf at this index, under the checkpoint last published."""
        return str(self._ask({"op": "prove", "index": index})["proof"])

    def rotate_key(self) -> tuple[int, str]:
        """Make a new key, record it in a leaf signed by both; the leaf's index, the new vkey."""
        answer = self._ask({"op": "rotate-key"})
        return int(answer["index"]), str(answer["vkey"])

    def order_key(self) -> str:
        """The public key under which orders are signed, `ed25519:…`."""
        return str(self._ask({"op": "order-key"})["public_key"])

    def sign_order(self, order: str, url: str) -> dict[str, str]:
        """Canonical order, and where it goes → headers of the request, good for a minute."""
        answer = self._ask({"op": "sign-order", "order": order, "url": url})
        return {str(name): str(value) for name, value in answer["headers"].items()}

    def sign_certificate(self, certificate: str) -> tuple[str, str]:
        """Certificate of an exit drill → its signature in base64, and the key as `ed25519:…`."""
        answer = self._ask({"op": "sign-certificate", "certificate": certificate})
        return str(answer["signature"]), str(answer["public_key"])

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            if self._socket is None:
                self._socket = _connected(self._path, self._timeout_s)
            self._socket.sendall(json.dumps(request).encode() + b"\n")
            answer = json.loads(self._line(self._socket))
        except (OSError, ValueError) as error:
            self.close()
            raise RecordError(
                Refusal.NOT_REACHABLE, f"no answer from the notary at {self._path}: {error}"
            ) from error
        if answer.get("ok") is True:
            return dict(answer)
        name, detail = Refusal(answer["error"]), str(answer["detail"])
        if "outbox_id" in answer:
            raise ItemRefusedError(name, detail, int(answer["outbox_id"]))
        raise RecordError(name, detail)

    def _line(self, connection: socket.socket) -> bytes:
        while b"\n" not in self._unread:
            more = connection.recv(1 << 16)
            if not more:
                raise ConnectionError("the notary closed the connection")
            self._unread += more
            if len(self._unread) > LINE_BYTES_MAX:
                raise ConnectionError("the answer is too long")
        line, _, self._unread = self._unread.partition(b"\n")
        return line


class NotaryPool:
    """Signs for many threads, each over a connection that no other one uses meanwhile."""

    def __init__(self, socket_path: Path, *, timeout_s: float = SIGN_TIMEOUT_S) -> None:
        self._path, self._timeout_s = socket_path, timeout_s
        self._idle: SimpleQueue[NotaryClient] = SimpleQueue()

    def sign_order(self, order: str, url: str) -> dict[str, str]:
        """As `NotaryClient.sign_order`."""
        with self._client() as client:
            return client.sign_order(order, url)

    def sign_certificate(self, certificate: str) -> tuple[str, str]:
        """As `NotaryClient.sign_certificate`."""
        with self._client() as client:
            return client.sign_certificate(certificate)

    @contextmanager
    def _client(self) -> Iterator[NotaryClient]:
        try:
            client = self._idle.get_nowait()
        except Empty:
            client = NotaryClient(self._path, timeout_s=self._timeout_s)
        try:
            yield client
        finally:
            self._idle.put(client)

    def close(self) -> None:
        """Let go of the connections that nobody uses."""
        while not self._idle.empty():
            self._idle.get_nowait().close()


@contextmanager
def address_of(path: Path) -> Iterator[str]:
    """A name for a socket's path that fits in an address, while this lasts. Raises OSError."""
    if len(os.fsencode(path)) <= _ADDRESS_BYTES_MAX:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _connected(path: Path, timeout_s: float) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_s)
        with address_of(path) as address:
            connection.connect(address)
    except OSError:
        connection.close()
        raise
    return connection


def _parts(items: Sequence[tuple[int, bytes]]) -> Iterator[Sequence[tuple[int, bytes]]]:
    """In requests of `ITEMS_MAX`; nothing at all is one empty request, for its checkpoint."""
    for start in range(0, max(len(items), 1), ITEMS_MAX):
        yield items[start : start + ITEMS_MAX]
