"""What is acknowledged is stored, once, whenever the gate dies; what cannot be taken is said so."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sqlite3
import threading
import time
from collections import Counter

import pytest

from shidian import keyring
from shidian.core.journal import EntryKind, JournalReader
from shidian.gate.app import Gate
from shidian.gate.options import GateOptions
from shidian_kit.client import Client, GateUnreachableError
from shidian_kit.wire import envelope, keys, signatures
from tests.core.journal.samples import PROJECT, SOURCE, START_US, activation, transfer

from .running import RunningGate

EVENTS = f"/v1/projects/{PROJECT}/events"
AUTHORITY = "gate.test"


class InProcess:
    """A Gate object spoken to through ASGI, where a test must reach into it."""

    def __init__(self, home, **changed):
        self.key = keys.generate()
        self.gate = Gate(
            GateOptions(
                home / "journal.sqlite3", home / "keys", (AUTHORITY,), frozenset(), **changed
            )
        )
        public = self.key.public_key()
        self.gate.journal.append_control(EntryKind.ACTIVATION, 1, activation())
        self.gate.journal.append_control(
            EntryKind.KEY,
            2,
            {
                "project": PROJECT,
                "source": SOURCE,
                "key_id": keys.key_id(public),
                "public_key": keys.public_text(public),
            },
        )

    def post(self, events):
        body = json.dumps([envelope.to_dict(event) for event in events]).encode()
        headers = {"content-type": "application/cloudevents-batch+json"}
        headers |= signatures.sign_request(
            self.key,
            method="POST",
            url=f"http://{AUTHORITY}{EVENTS}",
            headers=headers,
            body=body,
            created=int(time.time()),
        )
        scope = {
            "type": "http",
            "method": "POST",
            "path": EVENTS,
            "raw_path": EVENTS.encode(),
            "query_string": b"",
            "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
        }
        sent = []

        async def receive():
            return {"type": "http.request", "body": body}

        async def send(message):
            sent.append(message)

        asyncio.run(self.gate(scope, receive, send))
        return sent[0]["status"], dict(sent[0]["headers"]), json.loads(sent[1]["body"])


@pytest.fixture
def in_process(tmp_path):
    made = []

    def make(**changed):
        made.append(InProcess(tmp_path, **changed))
        return made[0]

    yield make
    made[0].gate.journal.close()


def test_full_gate_says_when_to_come_again(in_process):
    gate = in_process(waiting_events_max=0)
    status, headers, content = gate.post([transfer(1)])
    assert (status, content["title"]) == (429, "busy")
    assert int(headers[b"retry-after"]) > 0


def test_source_that_sends_too_much_waits_and_no_other_does(in_process):
    gate = in_process(source_rate=1, source_burst_s=1)
    assert gate.post([transfer(n) for n in range(1, 31)])[0] == 200
    status, headers, content = gate.post([transfer(31)])
    assert (status, content["title"]) == (429, "busy")
    assert 10 < int(headers[b"retry-after"]) <= 30
    gate.gate._intake.admit((PROJECT, "urn:another"), time.monotonic())


def test_source_whose_events_wait_is_told_to_come_again(in_process):
    gate = in_process(source_waiting_events_max=0)
    status, _, content = gate.post([transfer(1)])
    assert status == 429
    assert "this source" in content["detail"]


def test_failed_commit_acknowledges_nothing_and_is_survived(in_process):
    gate = in_process()
    real = gate.gate.journal._db

    class FullDisk:
        """The connection, whose next commit fails as on a full disk."""

        def __getattr__(self, name):
            return getattr(real, name)

        def execute(self, statement, *arguments):
            if statement == "COMMIT":
                raise sqlite3.OperationalError("database or disk is full")
            return real.execute(statement, *arguments)

    gate.gate.journal._db = FullDisk()
    status, headers, content = gate.post([transfer(1)])
    assert (status, content["title"]) == (503, "storage")
    assert int(headers[b"retry-after"]) > 0
    gate.gate.journal._db = real
    assert gate.post([transfer(1), transfer(2)])[2]["statuses"] == ["accepted", "accepted"]


def check_stored_once(gate, source, spool):
    acknowledged = {
        (outcome.seqno, outcome.rev) for outcome in spool.outcomes("accepted", "duplicate")
    }
    stored: Counter[tuple[int, int]] = Counter()
    with JournalReader(gate.journal_path) as reader:
        for number, entry in enumerate(reader, start=1):
            assert entry.entry == number
            if entry.kind is EntryKind.DATA and entry.source == source:
                table = entry.table()
                stored.update(
                    zip(table["seqno"].to_pylist(), table["rev"].to_pylist(), strict=True)
                )
    assert set(stored.values()) <= {1}
    assert acknowledged <= set(stored)
    return stored


def kill_sweep(tmp_path, kills, seed):
    """Send while the gate seals, is killed and started again; then all is stored once."""
    rng = random.Random(seed)
    gate = RunningGate(tmp_path / "home", SHIDIAN_SEAL_ROWS="40", SHIDIAN_SEAL_EVERY_S="0.02")
    gate.start()
    gate.activate()
    key = keys.generate()
    gate.register(key)
    stop = threading.Event()
    with Client(gate.url, PROJECT, SOURCE, key, tmp_path / "spool") as client:

        def send():
            seqno = 0
            while not stop.is_set():
                data = {"amount": f"{seqno}.00", "sender": "p_aaaaaaaa", "receiver": "p_bbbbbbbb"}
                for _ in range(rng.randint(1, 20)):
                    seqno = client.event("transfer.made", data, START_US + seqno)
                try:
                    client.flush(give_up_after_s=0.05)
                except GateUnreachableError:
                    stop.wait(0.02)

        sender = threading.Thread(target=send)
        sender.start()
        try:
            for _ in range(kills):
                time.sleep(rng.uniform(0.05, 0.6))
                gate.kill()
                check_stored_once(gate, SOURCE, client.spool)
                gate.start()
        finally:
            stop.set()
            sender.join()
        client.flush()
        stored = check_stored_once(gate, SOURCE, client.spool)
        assert len(stored) == len(client.spool.outcomes("accepted", "duplicate")) > kills
        with JournalReader(gate.journal_path) as reader:
            assert reader.gaps(PROJECT) == []
            assert kills < 10 or reader.sealed_segments(PROJECT)
    gate.stop()


def test_acknowledged_events_survive_a_kill(tmp_path):
    kill_sweep(tmp_path, kills=1, seed=1)


@pytest.mark.prove
def test_acknowledged_events_survive_many_kills(tmp_path):
    """Fifteen kills; SHIDIAN_PROVE_KILLS=200 is the full proof."""
    kill_sweep(tmp_path, kills=int(os.environ.get("SHIDIAN_PROVE_KILLS", "15")), seed=2)


def test_keys_of_a_gate_apart_from_the_worker_are_enough(tmp_path):
    keyring.ensure_keys(tmp_path)
    (tmp_path / "worker.key").unlink()
    keyring.ensure_keys(tmp_path)
    assert not (tmp_path / "worker.key").exists()
