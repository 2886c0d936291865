"""The worker: control records once, pages told, duties that fail and come back."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from shidian.apps.cases.models import Outbox, OutboxDelivery
from shidian.apps.supervision.domain import keys
from shidian.apps.supervision.domain.control import TOPIC
from shidian.apps.supervision.models import ControlReceipt
from shidian.apps.supervision.queries import plan_versions
from shidian.apps.supervision.worker.controls import send_controls, tell_fed
from shidian.apps.supervision.worker.gate_client import GateRefusedError, GateUnreachableError
from shidian.apps.supervision.worker.loop import Duty, run_duties
from shidian_kit.wire import keys as wire_keys

from .things import quick_pilot


class Gate:
    """Answers like the gate: the same entry for the same outbox id."""

    def __init__(self):
        self.entries = {}
        self.calls = []
        self.requests = 0
        self.trouble = {}
        self.fed_us = []

    def fed(self, as_of_us):
        self.fed_us.append(as_of_us)

    def control(self, records):
        self.requests += 1
        return [self._one(dict(record)) for record in records]

    def _one(self, record):
        outbox_id, kind = record.pop("outbox_id"), record.pop("kind")
        self.calls.append((outbox_id, kind, record))
        trouble = self.trouble.get(kind)
        if isinstance(trouble, GateRefusedError):
            return trouble
        if trouble:
            raise trouble
        return self.entries.setdefault(outbox_id, len(self.entries) + 1)


@pytest.fixture
def pilot(walk):
    pilot = quick_pilot(walk)
    key = wire_keys.public_text(wire_keys.generate().public_key())
    keys.register_machine_key(pilot=pilot, source="orders-1", public_key=key, by=None)
    return pilot


def test_controls_go_in_order_and_get_their_receipts(pilot):
    gate = Gate()
    assert send_controls(gate) == {pilot.public_id}
    assert [kind for _, kind, _ in gate.calls] == ["activation", "key"]
    assert plan_versions(pilot)[0].entry == 1
    record = gate.calls[0][2]
    assert record["document"]["rulebook"] == "demo-city"
    assert "rulebook_digest" not in record


def test_gate_is_told_that_it_knows_everything_only_where_nothing_waits(pilot):
    gate = Gate()
    assert not tell_fed(gate)
    send_controls(gate)
    before_us = time.time_ns() // 1000
    assert tell_fed(gate)
    keys.revoke_machine_key(key=pilot.machine_keys.get(), by=None)
    assert not tell_fed(gate)
    [fed_us] = gate.fed_us
    assert before_us <= fed_us <= time.time_ns() // 1000


def test_what_has_a_receipt_is_not_sent_again(pilot):
    gate = Gate()
    send_controls(gate)
    send_controls(gate)
    assert (gate.requests, len(gate.calls)) == (1, 2)
    assert ControlReceipt.objects.count() == 2


def test_records_too_long_for_one_request_go_in_several_in_their_order(pilot, monkeypatch):
    from shidian.apps.supervision.worker import controls

    monkeypatch.setattr(controls, "BATCH_BYTES_MAX", 10)
    gate = Gate()
    send_controls(gate)
    assert (gate.requests, [kind for _, kind, _ in gate.calls]) == (2, ["activation", "key"])


def test_request_that_is_refused_as_a_whole_blames_only_the_record_at_fault(pilot):
    class Narrow(Gate):
        def control(self, records):
            if any(record["kind"] == "activation" for record in records):
                raise GateRefusedError("413: too large")
            return super().control(records)

    gate = Narrow()
    assert send_controls(gate) == {pilot.public_id}
    assert [kind for _, kind, _ in gate.calls] == ["key"]
    assert OutboxDelivery.objects.get(consumer="supervision.gate-control").error == "413: too large"


def test_after_a_crash_between_sending_and_noting_the_same_entry_is_noted(pilot, monkeypatch):
    from shidian.apps.supervision.worker import controls

    gate = Gate()
    real = controls._note

    def crash(rows, answers):
        raise KeyboardInterrupt

    monkeypatch.setattr(controls, "_note", crash)
    with pytest.raises(KeyboardInterrupt):
        send_controls(gate)
    assert not ControlReceipt.objects.exists()
    monkeypatch.setattr(controls, "_note", real)
    send_controls(gate)
    assert sorted(ControlReceipt.objects.values_list("entry", flat=True)) == [1, 2]


def test_a_gate_that_is_down_stops_the_pass_and_loses_nothing(pilot):
    gate = Gate()
    gate.trouble["activation"] = GateUnreachableError("down")
    with pytest.raises(GateUnreachableError):
        send_controls(gate)
    assert len(gate.calls) == 1
    assert plan_versions(pilot)[0].entry is None
    gate.trouble.clear()
    send_controls(gate)
    assert ControlReceipt.objects.count() == 2


def test_a_refused_record_is_noted_and_holds_up_no_other(pilot):
    gate = Gate()
    gate.trouble["activation"] = GateRefusedError("422: no")
    send_controls(gate)
    send_controls(gate)
    assert [kind for _, kind, _ in gate.calls] == ["activation", "key"]
    assert OutboxDelivery.objects.get(consumer="supervision.gate-control").error == "422: no"


def test_what_waits_for_a_gate_that_is_away_hides_nothing_of_another_journal(pilot):
    first = Outbox.objects.filter(topic=TOPIC).earliest("pk")
    route = {**first.payload, "kind": "route", "journal": "away"}
    Outbox.objects.bulk_create(
        Outbox(topic=TOPIC, case=first.case, payload=route, created=first.created)
        for _ in range(3_000)
    )
    keys.revoke_machine_key(key=pilot.machine_keys.get(), by=None)
    here, away = Gate(), Gate()

    send_controls(here)
    send_controls(away, "away")

    assert [kind for _, kind, _ in here.calls] == ["activation", "key", "key"]
    assert {kind for _, kind, _ in away.calls} == {"route"}
    assert tell_fed(here)
    assert not tell_fed(away, "away")


def test_a_failing_duty_waits_longer_and_comes_back():
    state = SimpleNamespace(down=True)

    def run():
        if state.down:
            raise GateUnreachableError("down")

    duty = Duty("x", 0.1, run)
    duty.attempt(0.0)
    first = duty.due
    duty.attempt(first)
    assert duty.due - first > first
    for _ in range(20):
        duty.attempt(0.0)
    assert duty.due <= 15.0
    state.down = False
    duty.attempt(0.0)
    assert (duty.failures, duty.due) == (0, 0.1)


def test_the_first_duty_waits_for_one_other_at_most_and_leaves_time_for_it():
    stop = threading.Event()
    ran = []

    def slow(name):
        def run():
            ran.append(name)
            time.sleep(0.004)
            if len(ran) > 12:
                stop.set()

        return Duty(name, 0.001, run)

    run_duties([slow("first"), slow("second"), slow("third")], stop)

    others = [place for place, name in enumerate(ran) if name != "first"]
    assert others
    assert not {place + 1 for place in others} & set(others)


def test_one_failing_duty_does_not_hold_up_another():
    stop = threading.Event()
    ran = []

    def bad():
        raise ValueError("always")

    def good():
        ran.append(1)
        if len(ran) == 3:
            stop.set()

    run_duties([Duty("bad", 0.001, bad), Duty("good", 0.001, good)], stop)
    assert len(ran) == 3
