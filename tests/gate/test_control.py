"""What the worker tells the gate."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from shidian import keyring
from shidian.apps.supervision.worker.gate_client import GateClient, GateUnreachableError
from shidian.apps.supervision.worker.store_line import StoreLine
from shidian.core.journal import EntryKind, JournalReader
from shidian.core.monitor.evaluator import Output
from shidian.core.monitor.store import MonitorStore
from shidian_kit.wire import envelope, keys
from tests.apps.supervision.things import item
from tests.core.journal.samples import PROJECT, START_US, transfer

from .running import RunningGate


def test_control_record_is_taken_once(gate):
    record = {"outbox_id": 900, "kind": "plan", "project": PROJECT, "effective_us": START_US}
    record |= {"plan": {"investors_max": "7"}}
    status, first = gate.controls(record)
    assert status == 200
    assert gate.controls(record) == (200, first)
    [answer] = first["answers"]
    with JournalReader(gate.journal_path) as reader:
        [entry] = reader.entries_after(answer["entry"] - 1, 1)
    assert (entry.kind, entry.seq0) == (EntryKind.PLAN, 900)
    assert entry.control()["plan"] == {"investors_max": "7"}


def test_control_records_stand_in_the_order_of_the_request_and_an_unfit_one_holds_up_none(gate):
    plan = {"kind": "plan", "effective_us": START_US, "project": PROJECT, "plan": {}}
    status, content = gate.controls(
        {**plan, "outbox_id": 910},
        {**plan, "outbox_id": 911, "project": "P-0000-0000"},
        {**plan, "outbox_id": 912},
        {**plan, "outbox_id": 910},
    )
    first, refused, second, again = content["answers"]
    assert status == 200
    assert second["entry"] == first["entry"] + 1
    assert again == first
    assert refused == {"refused": "P-0000-0000 has no rulebook activation yet"}


def test_unfit_control_request_is_explained(gate):
    worker = keyring.worker_key(gate.home / "keys")
    unfit = [b"{", b"[]", b"{}", b'{"records": []}', b'{"records": [{"kind": "plan"}]}']
    for body in (*unfit, b'{"records": [{"kind": "feast", "outbox_id": 5}]}'):
        status, content = gate.post(worker, "/v1/control", body)
        assert (status, content["title"]) == (422, "control")
    assert gate.controls({"kind": "plan", "outbox_id": 5})[1]["answers"][0]["refused"]
    many = [{"kind": "plan", "outbox_id": 5}] * 201
    assert gate.controls(*many)[0] == 422


def test_only_the_worker_may_control(gate, key):
    for signer in (key, keys.generate()):
        for path in ("/v1/control", "/v1/changed", "/v1/monitor"):
            assert gate.post(signer, path, b"{}")[0] == 404


def test_ticks_are_logged_while_a_project_is_open(gate, key):
    with JournalReader(gate.journal_path) as reader:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            ticks = [entry for entry in reader if entry.kind is EntryKind.TICK]
            if ticks:
                break
            time.sleep(0.1)
    assert (ticks[0].project, ticks[0].n, ticks[0].control()) == ("", 0, {})


def test_house_keys_are_private_and_made_once(tmp_path):
    folder = tmp_path / "keys"
    keyring.ensure_keys(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    keyring.ensure_keys(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert set(before) == {"worker.key", "worker.pub", "gate.key", "gate.pub", "live.secret"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())
    public = keyring.worker_public_key(folder)
    assert keys.key_id(public) == keys.key_id(keyring.worker_key(folder).public_key())


def test_closed_project_is_answered_by_name(gate):
    own, project = keys.generate(), "P-2026-0077"
    gate.activate(project=project)
    gate.register(own, project=project)
    batch = json.dumps([envelope.to_dict(transfer(1, project=project))]).encode()
    sent = (own, f"/v1/projects/{project}/events", batch, "application/cloudevents-batch+json")
    assert gate.post(*sent)[0] == 200
    closing = {"project": project, "effective_us": START_US, "outcome": "graduated"}
    assert gate.control(EntryKind.CLOSING, closing)[0] == 200
    status, content = gate.post(*sent)
    assert (status, content["title"]) == (410, "closed")
    assert f"{project} is closed" in content["detail"]


def test_returns_come_from_the_worker_alone_under_their_own_source(gate, key):
    worker = keyring.worker_key(gate.home / "keys")
    path = f"/v1/projects/{PROJECT}/returns"
    attested = [envelope.to_dict(replace(transfer(n), source="returns")) for n in (1, 2)]
    foreign = envelope.to_dict(transfer(70))

    def send(signer, events):
        body = json.dumps(events).encode()
        return gate.post(signer, path, body, "application/cloudevents-batch+json")

    status, first = send(worker, [*attested, foreign])

    assert (status, first["statuses"]) == (200, ["accepted", "accepted", "quarantined"])
    assert send(worker, attested)[1]["statuses"] == ["duplicate", "duplicate"]
    for signer in (key, keys.generate()):
        assert send(signer, attested)[0] == 404
    unknown = gate.post(
        worker,
        "/v1/projects/none/returns",
        json.dumps(attested).encode(),
        "application/cloudevents-batch+json",
    )
    assert unknown[0] == 409


def test_no_key_has_the_name_of_returns(gate):
    status, content = gate.register(keys.generate(), source="returns")

    assert status == 422
    assert "returns" in content["refused"]


def test_the_monitor_beside_a_gate_is_asked_where_the_gate_has_a_zone_of_its_own(tmp_path, gate):
    ask = b'{"ask":"items_after","limit":10}'
    worker = keyring.worker_key(gate.home / "keys")
    assert gate.post(worker, "/v1/monitor", ask)[0] == 404

    apart = RunningGate(tmp_path / "ingest", SHIDIAN_ZONE="ingest")
    apart.start()
    try:
        client = GateClient(apart.url, keyring.worker_key(apart.home / "keys"))
        with pytest.raises(GateUnreachableError, match="no-monitor"):
            StoreLine(client).last_seq()
        with MonitorStore(apart.home / "monitor" / "monitor.sqlite3") as store:
            store.save(10, [Output(items=[item(PROJECT, 1)])])
        found = StoreLine(client)
        before = found.version()
        assert found.items_after(0, 10) == [item(PROJECT, 1)]
        with MonitorStore(apart.home / "monitor" / "monitor.sqlite3") as store:
            store.save(20, [Output(items=[item(PROJECT, 2)])])
        assert found.version() != before
        assert found.last_seq() == 2
        client.close()
    finally:
        apart.stop()
