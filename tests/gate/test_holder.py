"""The kit's permit holder against a gate: what passes, and when it no longer does."""

from __future__ import annotations

import itertools
import json
import time
from datetime import UTC, datetime

import pytest

from shidian import keyring
from shidian.core.journal import EntryKind
from shidian_kit.permits import GATE_KNOWS_AFTER_S, Business, NotPermittedError, PermitHolder
from shidian_kit.transport import GateConnection
from shidian_kit.wire import keys, order, permit
from shidian_kit.wire.permit import OrderState, PermitMode
from tests.core.journal.samples import DOCUMENT, SOURCE, START_US

from .running import free_port, running_gate

NUMBERS = itertools.count(1)
EVERY = (Business.NEW, Business.EXISTING, Business.CLOSING_OUT)


class Clock:
    """A boot clock that also goes where it is told to."""

    def __init__(self):
        self.ahead_s = 0.0

    def __call__(self):
        return time.monotonic() + self.ahead_s


class Pilot:
    """A pilot of its own at a gate, and its holder, under the permit terms given."""

    def __init__(self, gate, number, **terms):
        self.gate = gate
        self.project = f"P-2026-{number:04}"
        self.clock = Clock()
        self.told = []
        document = DOCUMENT | {"orders": {"permit": {"ttl": "60s", "grace": "30s"} | terms}}
        self.key = keys.generate()
        assert gate.activate(project=self.project, document=document)[0] == 200
        gate.register(self.key, self.project)
        self.fed()
        self.holder = self.new_holder()

    def new_holder(self, **changed):
        trusted = permit.trusted((self.gate.home / "keys" / "gate.pub").read_text())
        given = {"key": self.key, "gate_keys": trusted} | changed
        return PermitHolder(
            self.gate.url,
            self.project,
            SOURCE,
            **given,
            on_change=self.told.append,
            clock=self.clock,
        )

    def cut_off(self):
        self.holder._gate.close()
        self.holder._gate = GateConnection(f"http://127.0.0.1:{free_port()}", self.key)

    def fed(self):
        body = json.dumps({"as_of_us": time.time_ns() // 1000}).encode()
        self.gate.post(keyring.worker_key(self.gate.home / "keys"), "/v1/fed", body)

    def order(self, order_id, kind):
        record = {
            "project": self.project,
            "order_id": order_id,
            "order_kind": kind,
            "effective_us": START_US,
            "digest": "sha256:" + "1" * 64,
        }
        assert self.gate.control(EntryKind.ORDER, record)[0] == 200

    def passes(self):
        return [business for business in EVERY if self.holder.may(business)]


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    with running_gate(tmp_path_factory.mktemp("holder")) as gate:
        yield gate


@pytest.fixture
def pilots(gate):
    made = []

    def pilot(**terms):
        made.append(Pilot(gate, next(NUMBERS), **terms))
        return made[-1]

    yield pilot
    for one in made:
        one.holder.close()


def obeyed(pilot, order_id, kind):
    return order.OrderDocument(
        id=order_id,
        project=pilot.project,
        kind=order.OrderKind(kind),
        reason=order.Reason("原因", "why"),
        basis="plan",
        authority="bureau",
        rules_digest="sha256:" + "0" * 64,
        issued_at=datetime(2026, 11, 15, tzinfo=UTC),
    )


def test_new_business_passes_under_a_permit_alone_and_closing_out_always(pilots):
    pilot = pilots(on_regulator_outage="no-new-business")
    assert pilot.passes() == [Business.CLOSING_OUT]
    with pilot.holder:
        assert pilot.passes() == list(EVERY)
        pilot.order("O-1", "suspend")
        assert pilot.holder.renew()
        assert pilot.passes() == [Business.EXISTING, Business.CLOSING_OUT]
        with (
            pytest.raises(NotPermittedError, match="suspended by O-1"),
            pilot.holder.new_business(),
        ):
            raise AssertionError
        with pilot.holder.existing_business(), pilot.holder.closing_out():
            pass
        pilot.order("O-2", "resume")
        pilot.holder.renew()
        assert pilot.holder.new_business()(lambda: "traded")() == "traded"
    assert [(one.open, one.state, one.order) for one in pilot.told] == [
        (True, OrderState.RUNNING, None),
        (False, OrderState.SUSPENDED, "O-1"),
        (True, OrderState.RUNNING, "O-2"),
    ]


def test_lease_ends_by_the_boot_clock_where_the_gate_is_cut_off(pilots):
    pilot = pilots(on_regulator_outage="no-new-business", grace="1h")
    pilot.holder.renew()
    pilot.cut_off()
    pilot.clock.ahead_s = 59
    assert not pilot.holder.renew()
    assert Business.NEW in pilot.passes()
    pilot.clock.ahead_s = 60.1
    assert pilot.passes() == [Business.EXISTING, Business.CLOSING_OUT]
    assert "lease has ended" in pilot.holder.status.reason


def test_outage_of_the_regulator_keeps_what_was_said_last_for_the_grace(pilots):
    pilot = pilots(on_regulator_outage="keep-last", grace="2h")
    pilot.holder.renew()
    pilot.clock.ahead_s = 60.1
    assert Business.NEW not in pilot.passes(), "nobody has tried to renew it"
    pilot.cut_off()
    pilot.holder.renew()
    assert Business.NEW in pilot.passes()
    pilot.clock.ahead_s = 2 * 3600 + 61
    assert pilot.passes() == [Business.EXISTING, Business.CLOSING_OUT]


def test_outage_opens_nothing_for_a_pilot_that_was_stopped(pilots):
    pilot = pilots(grace="2h")
    pilot.order("O-1", "suspend")
    pilot.holder.renew()
    pilot.cut_off()
    pilot.holder.renew()
    pilot.clock.ahead_s = 70
    assert pilot.passes() == [Business.EXISTING, Business.CLOSING_OUT]


def test_gate_that_refuses_is_no_outage(pilots):
    pilot = pilots(grace="2h")
    pilot.holder.renew()
    public = keys.public_text(pilot.key.public_key())
    record = {"project": pilot.project, "source": SOURCE, "revoked": True}
    record |= {"key_id": keys.key_id(pilot.key.public_key()), "public_key": public}
    pilot.gate.control(EntryKind.KEY, record)
    assert not pilot.holder.renew()
    assert pilot.passes() == [Business.EXISTING, Business.CLOSING_OUT]
    assert "revoked" in pilot.holder.status.reason


@pytest.mark.parametrize(
    ("mode", "stopped"),
    [
        (PermitMode.ADVISORY, list(EVERY)),
        (PermitMode.NO_NEW_BUSINESS, [Business.EXISTING, Business.CLOSING_OUT]),
        (PermitMode.FULL_STOP, [Business.CLOSING_OUT]),
    ],
)
def test_mode_says_what_stops(pilots, mode, stopped):
    pilot = pilots(mode=mode)
    pilot.order("O-1", "suspend")
    pilot.holder.renew()
    assert pilot.passes() == stopped
    assert not pilot.holder.status.open


def test_order_is_heeded_before_any_permit_says_so(pilots):
    pilot = pilots()
    pilot.holder.renew()
    pilot.holder.obey(obeyed(pilot, "O-1", "suspend"))
    assert Business.NEW not in pilot.passes()
    pilot.holder.renew()
    assert Business.NEW not in pilot.passes(), "a gate that knows nothing yet does not reopen it"
    pilot.order("O-1", "suspend")
    pilot.holder.renew()
    pilot.order("O-2", "resume")
    pilot.holder.renew()
    assert Business.NEW in pilot.passes(), "a gate that knew the stop does"
    pilot.holder.obey(obeyed(pilot, "O-3", "terminate"))
    assert pilot.holder.status.state is OrderState.TERMINATED
    pilot.clock.ahead_s = GATE_KNOWS_AFTER_S + 1
    pilot.holder.renew()
    assert Business.NEW in pilot.passes(), "nor one that must know every order by now"


def test_permit_of_a_gate_that_is_not_trusted_opens_nothing(pilots):
    pilot = pilots()
    stranger = keys.generate().public_key()
    holder = pilot.new_holder(gate_keys={keys.key_id(stranger): stranger})
    assert not holder.renew()
    holder.close()
    assert not holder.may(Business.NEW)
    assert "not a trusted gate" in holder.status.reason


def test_lease_is_renewed_in_time_without_being_asked(pilots):
    pilot = pilots(ttl="1s", on_regulator_outage="no-new-business")
    with pilot.holder:
        until = time.monotonic() + 2.5
        while time.monotonic() < until:
            pilot.fed()
            assert pilot.holder.may(Business.NEW), pilot.holder.status
            time.sleep(0.05)
