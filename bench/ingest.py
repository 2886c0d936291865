"""Durable ingest over HTTP: a gate of its own, a client beside it on the same cores."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.ipc

from bench.sending import post
from shidian import keyring
from shidian.core.journal.entry import EntryKind
from shidian_kit.wire import envelope, keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from numpy.typing import NDArray

PROJECTS = 64
INVESTORS = 200_000
DUPLICATES = 0.05
SOURCE = "urn:bench:engine"
STREAM = "transfer.made"
EPOCH = 1
START_US = 1_672_531_200_000_000
SPAN_US = 90 * 86_400_000_000
CONNECTIONS = 4
ARROW_BATCH, JSON_BATCH = 50_000, 10_000
_SEED = 20_260_101

DOCUMENT = {
    "streams": [
        {
            "id": STREAM,
            "fields": {
                "amount": {"type": "money", "non_negative": "true"},
                "sender": {"type": "pseudonym"},
                "receiver": {"type": "pseudonym"},
                "product": {"type": "code"},
            },
        }
    ],
    "monitoring": {"tick": "5s"},
}


@dataclass(frozen=True, slots=True)
class Request:
    """A body ready to be signed and sent, and the statuses that it must get."""

    project: int
    body: bytes
    accepted: int
    repeated: int


class Workload:
    """Events that follow from (project, seqno) alone, so a repeated one is the same.

    Batches of a project follow one another; from the second on, one in twenty events of a batch is
    one that the two batches before it had.
    """

    def __init__(self, events: int, step_us: int | None = None) -> None:
        """`step_us`: between two events of a project; else they fill 90 days."""
        self._rng = np.random.default_rng(_SEED)
        self._step_us = step_us or max(1, SPAN_US // max(1, events // PROJECTS))
        self._next = [1] * PROJECTS

    def batch(self, project: int, size: int) -> tuple[NDArray[np.int64], int]:
        """Numbers of a project's next batch, rising, and how many of them are repeats."""
        first = self._next[project]
        repeats = int(size * DUPLICATES) if first > size else 0
        low = max(1, first - 2 * size)
        old = np.sort(self._rng.choice(np.arange(low, first), repeats, replace=False))
        new = np.arange(first, first + size - repeats)
        self._next[project] = first + size - repeats
        return np.concatenate([old, new]).astype(np.int64), repeats

    def columns(self, project: int, seqno: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
        """Values of these events as integers."""
        mixed = (seqno * 2_654_435_761 + project * 40_503) % (1 << 40)
        pool = INVESTORS // PROJECTS
        return {
            "time_us": START_US + seqno * self._step_us % SPAN_US,
            "amount": mixed % 10_000_000,
            "sender": project * pool + mixed // 7 % pool,
            "receiver": project * pool + mixed // 11 % pool,
            "product": mixed // 13 % 8,
        }


def arrow_body(seqno: NDArray[np.int64], values: dict[str, NDArray[np.int64]]) -> bytes:
    """The events as an Arrow IPC stream, pseudonyms as plain strings."""
    amount = pa.field(f"{STREAM}/amount", pa.int64(), metadata={"scale": "2"})
    schema = pa.schema(
        [
            ("seqno", pa.int64()),
            ("time_us", pa.int64()),
            ("type", pa.utf8()),
            amount,
            (f"{STREAM}/sender", pa.utf8()),
            (f"{STREAM}/receiver", pa.utf8()),
            (f"{STREAM}/product", pa.utf8()),
        ],
        metadata={"epoch": str(EPOCH)},
    )
    table = pa.Table.from_arrays(
        [
            pa.array(seqno),
            pa.array(values["time_us"]),
            pa.array([STREAM]).take(pa.array(np.zeros(len(seqno), np.int32))),
            pa.array(values["amount"]),
            _pseudonyms().take(pa.array(values["sender"])),
            _pseudonyms().take(pa.array(values["receiver"])),
            _PRODUCTS.take(pa.array(values["product"])),
        ],
        schema=schema,
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def json_body(
    project: int, seqno: NDArray[np.int64], values: dict[str, NDArray[np.int64]]
) -> bytes:
    """The events as a CloudEvents JSON batch."""
    lists = {name: column.tolist() for name, column in values.items()}
    events = [
        {
            "specversion": "1.0",
            "id": f"{SOURCE}/{EPOCH}/{number}/0",
            "source": SOURCE,
            "type": STREAM,
            "time": envelope.format_time(lists["time_us"][at]),
            "project": project_id(project),
            "epoch": EPOCH,
            "seqno": str(number),
            "rev": 0,
            "op": "new",
            "data": {
                "amount": f"{lists['amount'][at] // 100}.{lists['amount'][at] % 100:02d}",
                "sender": f"p_{_base32(lists['sender'][at])}",
                "receiver": f"p_{_base32(lists['receiver'][at])}",
                "product": f"product-{lists['product'][at]}",
            },
        }
        for at, number in enumerate(seqno.tolist())
    ]
    return msgspec.json.encode(events)


def project_id(project: int) -> str:
    """Public id of a project of the workload."""
    return f"P-2026-{project:04d}"


def measure(events: int, sample: int, say: Callable[[str], None]) -> dict[str, int]:
    """Events per second by format, with `events` stored before.

    `sample`: events measured as Arrow; an eighth of that as JSON. Bodies are made beforehand;
    signing, sending and checking answers are in the time. Raises RuntimeError on any status that
    the workload does not foresee.
    """
    work = Workload(events)
    with tempfile.TemporaryDirectory(prefix="shidian-bench-") as home, _Gate(Path(home)) as gate:
        stored = 0
        while stored < events:
            size = min(events - stored, ARROW_BATCH * PROJECTS)
            began = time.perf_counter()
            gate.send(list(_requests(work, size, ARROW_BATCH, as_json=False)), arrow=True)
            stored += size
            rate = size / (time.perf_counter() - began)
            say(f"stored {stored:,}: {rate:,.0f} events/s, making them included")
        found = {}
        for form, share, batch in (("arrow", 1.0, ARROW_BATCH), ("json", 0.125, JSON_BATCH)):
            wanted = list(_requests(work, int(sample * share), batch, as_json=form == "json"))
            began = time.perf_counter()
            gate.send(wanted, arrow=form == "arrow")
            seconds = time.perf_counter() - began
            total = sum(request.accepted + request.repeated for request in wanted)
            found[form] = round(total / seconds)
            say(f"{form}: {total:,} events in {seconds:.2f} s")
    return {"json": found["json"], "arrow": found["arrow"]}


def _requests(work: Workload, events: int, batch: int, *, as_json: bool) -> Iterator[Request]:
    for at in range(-(-events // batch)):
        project = at % PROJECTS
        size = min(batch, events - at * batch)
        seqno, repeated = work.batch(project, size)
        values = work.columns(project, seqno)
        body = json_body(project, seqno, values) if as_json else arrow_body(seqno, values)
        yield Request(project, body, size - repeated, repeated)


_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_PRODUCTS = pa.array([f"product-{number}" for number in range(8)])
_cached: list[pa.Array] = []


def _base32(number: int) -> str:
    """A number as the 32 characters that a keyed pseudonym has."""
    mixed = number * 0x9E3779B97F4A7C15 + 0xD1B54A32D192ED03
    return "".join(_ALPHABET[mixed >> 5 * place & 31] for place in range(12)) + "a" * 20


def _pseudonyms() -> pa.Array:
    if not _cached:
        _cached.append(pa.array([f"p_{_base32(number)}" for number in range(INVESTORS)]))
    return _cached[0]


class _Gate:
    """A gate process over `home`, with a key for the source of each project."""

    def __init__(self, home: Path) -> None:
        self._home = home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self._url = f"http://127.0.0.1:{self._port}"
        self._keys = [keys.generate() for _ in range(PROJECTS)]

    def __enter__(self) -> Self:
        env = os.environ | {"SHIDIAN_HOME": str(self._home), "SHIDIAN_GATE_URL": self._url}
        command = [sys.executable, "-m", "shidian", "gate", "--bind", f"127.0.0.1:{self._port}"]
        self._process = subprocess.Popen(command, env=env)  # noqa: S603 - our own program
        self._wait()
        worker = keyring.worker_key(self._home / "keys")
        with self._connection() as connection:
            for project, key in enumerate(self._keys):
                for record in _control_records(project, key):
                    body = json.dumps({"records": [record]}).encode()
                    post(connection, worker, self._url, "/v1/control", body, "application/json")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)

    def send(self, requests: list[Request], *, arrow: bool) -> None:
        """Send all over a few connections, each project over one; check every answer."""
        failures: list[BaseException] = []
        lanes = [
            threading.Thread(
                target=self._lane,
                args=([r for r in requests if r.project % CONNECTIONS == lane], arrow, failures),
            )
            for lane in range(CONNECTIONS)
        ]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
        if failures:
            raise RuntimeError("the gate did not answer as foreseen") from failures[0]

    def _lane(self, requests: list[Request], arrow: bool, failures: list[BaseException]) -> None:
        media = "application/vnd.apache.arrow.stream"
        kind = media if arrow else "application/cloudevents-batch+json"
        try:
            with self._connection() as connection:
                for request in requests:
                    path = f"/v1/projects/{project_id(request.project)}/events"
                    key = self._keys[request.project]
                    content = post(connection, key, self._url, path, request.body, kind)
                    _check(request, content)
        except BaseException as error:  # noqa: BLE001 - told by the caller
            failures.append(error)

    @contextmanager
    def _connection(self) -> Iterator[http.client.HTTPConnection]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=120)
        try:
            yield connection
        finally:
            connection.close()

    def _wait(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                with self._connection() as connection:
                    connection.request("GET", "/healthz")
                    if connection.getresponse().status == 200:
                        return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("the gate did not come up")


def _check(request: Request, content: bytes) -> None:
    counted = json.loads(content)["counts"]
    wanted = {"accepted": request.accepted, "duplicate": request.repeated}
    if counted != {status: number for status, number in wanted.items() if number}:
        raise RuntimeError(f"{counted} instead of {wanted}")


def _control_records(project: int, key: Ed25519PrivateKey) -> Iterator[dict[str, object]]:
    public = key.public_key()
    yield {
        "outbox_id": 2 * project + 1,
        "kind": EntryKind.ACTIVATION,
        "project": project_id(project),
        "start_us": START_US,
        "effective_us": START_US,
        "rules_digest": "sha256:" + "0" * 64,
        "document": DOCUMENT,
        "plan": {},
    }
    yield {
        "outbox_id": 2 * project + 2,
        "kind": EntryKind.KEY,
        "project": project_id(project),
        "source": SOURCE,
        "key_id": keys.key_id(public),
        "public_key": keys.public_text(public),
    }
