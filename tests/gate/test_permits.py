"""Permits at the gate: who gets one, what it says, and when none is issued."""

from __future__ import annotations

import http.client
import json
import threading
import time
from datetime import UTC, datetime

import pytest

from shidian import keyring
from shidian.core.journal import EntryKind, JournalReader
from shidian_kit.wire import keys, order, permit
from shidian_kit.wire.order import Acknowledgement, AcknowledgementKind, OrderDocument, OrderKind
from shidian_kit.wire.permit import OrderState
from tests.core.journal.samples import DOCUMENT, PROJECT, SOURCE, START_US

from .running import RunningGate, running_gate

PERMITS = DOCUMENT | {"orders": {"permit": {"ttl": "60s", "grace": "30s"}}}
SUSPEND = OrderDocument(
    id="O-1",
    project=PROJECT,
    kind=OrderKind.SUSPEND,
    reason=order.Reason("原因", "why"),
    basis="plan",
    authority="bureau",
    rules_digest="sha256:" + "0" * 64,
    issued_at=datetime(2026, 11, 15, tzinfo=UTC),
)


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    with running_gate(tmp_path_factory.mktemp("permits")) as gate:
        assert gate.activate(document=PERMITS)[0] == 200
        yield gate


def fed(gate: RunningGate, *, age_s: float = 0.0):
    body = json.dumps({"as_of_us": time.time_ns() // 1000 - int(age_s * 1e6)}).encode()
    return gate.post(keyring.worker_key(gate.home / "keys"), "/v1/fed", body)


def asked(gate: RunningGate, key, **more):
    """Status and problem's title, or 200 and the permit."""
    headers = gate.signed(key, "/v1/permits", b"{}", **more)
    nonce = headers["Signature-Input"].partition('nonce="')[2].partition('"')[0]
    status, _, content = gate.request("POST", "/v1/permits", b"{}", headers)
    if status != 200:
        return status, json.loads(content)["title"]
    trusted = permit.trusted((gate.home / "keys" / "gate.pub").read_text())
    return status, permit.verify(content, trusted, project=PROJECT, source=SOURCE, nonce=nonce)


def acknowledged(gate, key, **changed):
    word = {
        "order": SUSPEND.id,
        "project": PROJECT,
        "digest": order.digest(SUSPEND),
        "kind": AcknowledgementKind.RECEIVED,
        "at": SUSPEND.issued_at,
    } | changed
    body = order.canonical(Acknowledgement(**word))
    return gate.post(key, "/v1/acknowledgements", body)


def test_permit_follows_orders_and_a_firms_word_is_told_to_the_worker(gate, key):
    fed(gate)
    assert asked(gate, key)[1].state is OrderState.RUNNING
    assert acknowledged(gate, key)[0] == 409
    record = {
        "project": PROJECT,
        "order_id": SUSPEND.id,
        "order_kind": "suspend",
        "effective_us": START_US,
        "digest": order.digest(SUSPEND),
    }
    assert gate.control(EntryKind.ORDER, record)[0] == 200
    stopped = asked(gate, key)[1]
    assert (stopped.state, stopped.order) == (OrderState.SUSPENDED, SUSPEND.id)
    status, received = acknowledged(gate, key)
    assert (status, acknowledged(gate, key)) == (200, (200, received))
    assert acknowledged(gate, key, kind=AcknowledgementKind.EFFECTIVE)[0] == 200
    assert acknowledged(gate, key, digest="sha256:" + "9" * 64)[0] == 200  # said before
    worker = keyring.worker_key(gate.home / "keys")
    after = json.dumps({"entry": 0}).encode()
    status, told = gate.post(worker, "/v1/acknowledgements/after", after)
    assert [word["kind"] for word in told["acknowledgements"]] == ["received", "effective"]
    assert told["acknowledgements"][0]["key_id"] == keys.key_id(key.public_key())
    rest = json.dumps({"entry": received["entry"], "limit": 1}).encode()
    assert len(gate.post(worker, "/v1/acknowledgements/after", rest)[1]["acknowledgements"]) == 1


def test_no_permit_without_a_key_that_may_have_one(gate, key):
    fed(gate)
    retired = keys.generate()
    gate.register(retired)
    gate.register(retired, revoked=True)
    assert asked(gate, retired) == (403, "revoked")
    assert asked(gate, keys.generate()) == (404, "not-found")
    assert acknowledged(gate, retired)[0] == 403
    idle = keys.generate()
    gate.register(idle, project="P-2026-0009")
    assert asked(gate, idle) == (409, "not-active")
    assert acknowledged(gate, idle)[1]["title"] == "foreign"
    assert gate.post(key, "/v1/permits", b'{"ttl": 1}')[1]["title"] == "permit"
    assert gate.post(key, "/v1/acknowledgements", b"{}")[1]["title"] == "acknowledgement"
    for path in ("/v1/fed", "/v1/acknowledgements/after"):
        assert gate.post(key, path, b"{}")[0] == 404


def test_stale_or_repeated_request_gets_no_permit(gate, key):
    fed(gate)
    assert asked(gate, key, created=int(time.time()) - 600) == (401, "signature-stale")
    headers = gate.signed(key, "/v1/permits", b"{}")
    assert gate.request("POST", "/v1/permits", b"{}", headers)[0] == 200
    assert gate.request("POST", "/v1/permits", b"{}", headers)[0] == 401


def test_gate_that_hears_nothing_of_orders_renews_nothing(tmp_path):
    with running_gate(tmp_path) as gate:
        key = keys.generate()
        gate.activate(document=PERMITS)
        gate.register(key)
        assert asked(gate, key) == (503, "feed-stale")
        fed(gate, age_s=31)
        assert asked(gate, key) == (503, "feed-stale")
        fed(gate)
        assert asked(gate, key)[0] == 200
        fed(gate, age_s=31)
        assert asked(gate, key)[0] == 200
        gate.kill()
        gate.start()
        assert asked(gate, key) == (503, "feed-stale")


def test_each_issued_permit_is_in_the_journal_and_no_other(gate, key):
    fed(gate)
    with JournalReader(gate.journal_path) as reader:
        before = reader.last_entry()
    issued = []

    def ask():
        issued.extend(asked(gate, key)[1] for _ in range(10))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with JournalReader(gate.journal_path) as reader:
        entries = reader.entries_after(before, 1_000)
    leases = {entry.entry: entry for entry in entries if entry.kind is EntryKind.LEASE}
    assert len(issued) == 40
    assert {one.entry: permit.encode(one) for one in issued} == {
        number: entry.payload for number, entry in leases.items()
    }
    assert all((entry.project, entry.source) == (PROJECT, SOURCE) for entry in leases.values())


def test_thousand_replays_of_one_message_have_one_effect(gate, key):
    fed(gate)
    headers = gate.signed(key, "/v1/permits", b"{}")
    statuses: list[int] = []

    def replay(times):
        connection = http.client.HTTPConnection("127.0.0.1", gate.port, timeout=30)
        for _ in range(times):
            connection.request("POST", "/v1/permits", body=b"{}", headers=headers)
            response = connection.getresponse()
            response.read()
            statuses.append(response.status)
        connection.close()

    threads = [threading.Thread(target=replay, args=(50,)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(statuses), statuses.count(200), statuses.count(401)) == (1_000, 1, 999)
