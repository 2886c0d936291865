"""A pilot system that is started again while the gate is down: exactly what its lease still allows."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shidian_kit.lease_file import boot_id
from shidian_kit.permits import GATE_KNOWS_AFTER_S, Business
from shidian_kit.transport import GateConnection
from shidian_kit.wire import canonical, keys
from shidian_kit.wire.permit import OrderState

from .running import free_port, running_gate
from .test_holder import NUMBERS, Pilot, obeyed

STOPPED = [Business.EXISTING, Business.CLOSING_OUT]
EVERY = [Business.NEW, *STOPPED]
GRACE_S = 2 * 3600


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    with running_gate(tmp_path_factory.mktemp("restart")) as gate:
        yield gate


class Machine(Pilot):
    """A pilot on a machine whose start has a name, and whose process can be started again."""

    def __init__(self, gate, state, **terms):
        self.state, self.boot = state, "boot-1"
        super().__init__(gate, next(NUMBERS), **terms)

    def new_holder(self, **changed):
        given = {"state": self.state, "boot": lambda: self.boot}
        return super().new_holder(**(given | changed))

    def restart_cut_off(self, *, after_s=0.0, **changed):
        """Another process begins, `after_s` later, and does not reach the gate."""
        self.holder.close()
        self.clock.ahead_s += after_s
        self.holder = self.new_holder(**changed)
        self.holder._gate = GateConnection(f"http://127.0.0.1:{free_port()}", self.key)
        assert not self.holder.renew()

    def reboot(self):
        self.holder.close()
        self.boot += "'"


@pytest.fixture
def machine(gate, tmp_path):
    made = []

    def make(**terms):
        kept = {"on_regulator_outage": "keep-last", "grace": "2h"} | terms
        made.append(Machine(gate, tmp_path / f"{len(made)}.permit", **kept))
        return made[-1]

    yield make
    for one in made:
        one.holder.close()


def test_grace_goes_on_after_a_restart_and_ends_when_it_would_have(machine):
    pilot = machine()
    assert pilot.holder.renew()
    pilot.restart_cut_off(after_s=100)
    assert pilot.passes() == EVERY
    assert pilot.holder.status.left_s == pytest.approx(60 + GRACE_S - 100, abs=2)
    pilot.restart_cut_off(after_s=GRACE_S - 45)
    assert pilot.passes() == EVERY, "restarting twice takes nothing away"
    pilot.restart_cut_off(after_s=10)
    assert pilot.passes() == STOPPED, "and adds nothing"


def test_without_grace_a_restart_keeps_the_lease_alone(machine):
    pilot = machine(on_regulator_outage="no-new-business")
    pilot.holder.renew()
    pilot.restart_cut_off(after_s=30)
    assert pilot.passes() == EVERY
    pilot.restart_cut_off(after_s=31)
    assert pilot.passes() == STOPPED


def test_without_a_file_a_restart_begins_with_nothing(machine):
    pilot = machine()
    pilot.holder.renew()
    pilot.restart_cut_off(state=None)
    assert pilot.passes() == [Business.CLOSING_OUT]


def test_a_halted_pilot_stays_halted(machine):
    pilot = machine()
    pilot.order("O-1", "suspend")
    pilot.holder.renew()
    pilot.restart_cut_off()
    assert pilot.passes() == STOPPED
    assert pilot.holder.status.state is OrderState.SUSPENDED


def test_an_order_obeyed_before_any_permit_said_so_outlasts_restart_and_reboot(machine):
    pilot = machine()
    pilot.holder.renew()
    pilot.holder.obey(obeyed(pilot, "O-1", "suspend"))
    pilot.restart_cut_off(after_s=5)
    assert pilot.passes() == STOPPED
    pilot.reboot()
    pilot.holder = pilot.new_holder()
    assert pilot.holder.renew(), "the gate does not know of it yet"
    assert pilot.passes() == STOPPED
    pilot.clock.ahead_s += GATE_KNOWS_AFTER_S + 1
    pilot.holder.renew()
    assert pilot.passes() == EVERY


def test_nothing_of_a_lease_outlasts_a_reboot(machine):
    pilot = machine()
    pilot.holder.renew()
    pilot.reboot()
    pilot.restart_cut_off()
    assert pilot.passes() == [Business.CLOSING_OUT]


def test_a_machine_that_does_not_name_its_start_keeps_no_lease(machine):
    pilot = machine()
    pilot.boot = ""
    pilot.holder.close()
    pilot.holder = pilot.new_holder()
    pilot.holder.renew()
    pilot.restart_cut_off()
    assert pilot.passes() == [Business.CLOSING_OUT]


def test_setting_the_clocks_back_prolongs_nothing(machine, monkeypatch):
    pilot = machine()
    pilot.holder.renew()
    pilot.clock.ahead_s -= 10
    monkeypatch.setattr("time.time", lambda: 0.0)
    pilot.restart_cut_off()
    assert pilot.passes() == [Business.CLOSING_OUT], "asked for later than now: of no use"


def test_a_gate_that_refuses_leaves_nothing_for_a_restart(machine):
    pilot = machine()
    pilot.holder.renew()
    public = keys.public_text(pilot.key.public_key())
    record = {"project": pilot.project, "source": pilot.holder.source, "revoked": True}
    record |= {"key_id": keys.key_id(pilot.key.public_key()), "public_key": public}
    pilot.gate.control("key", record)
    assert not pilot.holder.renew()
    pilot.restart_cut_off()
    assert pilot.passes() == [Business.CLOSING_OUT]


def altered(pilot, change):
    """The file with its state changed and signed by nobody who could."""
    signed = json.loads(pilot.state.read_bytes())
    state = json.loads(signed["state"])
    change(state)
    signed["state"] = canonical.dumps(state).decode()
    pilot.state.write_bytes(canonical.dumps(signed))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda pilot: altered(pilot, lambda state: state.update(sent_ms=state["sent_ms"] + 9**9)),
        lambda pilot: altered(pilot, lambda state: state.update(boot="boot-2")),
        lambda pilot: pilot.state.write_bytes(pilot.state.read_bytes()[:-40]),
        lambda pilot: pilot.state.write_bytes(b""),
        lambda pilot: pilot.state.write_bytes(b"[" * 70_000),
        lambda pilot: pilot.state.write_bytes(b"\xff\xfe[1]"),
        lambda pilot: pilot.state.write_bytes(b'{"state": 1, "signature": 2}'),
        lambda pilot: pilot.state.write_bytes(b'{"state": "{}", "signature": "ed25519:AAAA"}'),
        lambda pilot: (pilot.state.unlink(), pilot.state.mkdir()),
    ],
    ids=["later", "booted", "cut", "empty", "deep", "binary", "numbers", "forged", "folder"],
)
def test_a_file_that_was_changed_is_as_good_as_none(machine, spoil):
    pilot = machine()
    pilot.holder.renew()
    pilot.holder.close()
    spoil(pilot)
    pilot.restart_cut_off()
    assert pilot.passes() == [Business.CLOSING_OUT]


def test_a_file_of_another_pilot_or_key_is_as_good_as_none(machine):
    pilot, other = machine(), machine()
    pilot.holder.renew()
    shutil.copy(pilot.state, other.state)
    other.restart_cut_off()
    assert other.passes() == [Business.CLOSING_OUT]
    pilot.restart_cut_off(key=keys.generate())
    assert pilot.passes() == [Business.CLOSING_OUT]


def ordered_now(pilot, order_id, kind):
    return replace(obeyed(pilot, order_id, kind), issued_at=datetime.now(UTC))


def test_an_older_copy_of_the_file_reopens_nothing_that_was_ordered_to_stop(machine, tmp_path):
    pilot = machine()
    pilot.holder.renew()
    shutil.copy(pilot.state, tmp_path / "older")
    pilot.order("O-1", "suspend")
    pilot.holder.renew()
    shutil.copy(tmp_path / "older", pilot.state)
    pilot.restart_cut_off()
    pilot.holder.recall([ordered_now(pilot, "O-1", "suspend")])
    assert pilot.passes() == STOPPED
    pilot.holder.recall([ordered_now(pilot, "O-1", "suspend"), ordered_now(pilot, "O-2", "remind")])
    assert pilot.passes() == STOPPED


def test_orders_that_the_permit_knows_of_are_not_heeded_again(machine):
    pilot = machine()
    pilot.holder.renew()
    pilot.restart_cut_off()
    pilot.holder.recall([])
    long_ago = obeyed(pilot, "O-1", "suspend")
    pilot.holder.recall([long_ago])
    assert pilot.passes() == EVERY, "the permit was issued long after it, and says: running"
    pilot.holder.recall([ordered_now(pilot, "O-2", "suspend"), ordered_now(pilot, "O-3", "resume")])
    assert pilot.passes() == EVERY


def test_a_disk_that_takes_nothing_halts_nothing(machine, caplog):
    pilot = machine()
    pilot.state.mkdir()
    assert pilot.holder.renew()
    assert pilot.passes() == EVERY
    assert "not kept for a restart" in caplog.text


def test_this_machine_names_its_start():
    assert boot_id() == boot_id() != ""
