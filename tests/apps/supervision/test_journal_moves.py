"""Pilots move between journals under kills: nothing is lost, nothing is there twice, one stream."""

from __future__ import annotations

import os
import random
import time
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from shidian.apps.supervision.domain import journals as domain
from shidian.apps.supervision.domain import keys
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.journals import journal_of
from shidian.apps.supervision.models import AlertItem, ControlReceipt, MoveState, PilotJournal
from shidian.apps.supervision.worker.duties import Worker
from shidian.apps.supervision.worker.gate_client import GateClient, GateUnreachableError
from shidian.apps.supervision.worker.projection import applied_to
from shidian.config import Settings
from shidian.core.journal import EntryKind, JournalReader
from shidian.core.monitor.digest import as_known_digest
from shidian.core.monitor.engines.several import by_project, replay_all
from shidian.core.monitor.live import Live
from shidian.core.monitor.store import StoreReader
from shidian_kit.client import Client, GateRefusedError
from shidian_kit.client import GateUnreachableError as NoGate
from shidian_kit.permits import PermitHolder
from shidian_kit.wire import keys as wire_keys
from tests.gate.running import RunningGate

from .things import quick_pilot

KILLS = int(os.environ.get("SHIDIAN_MOVE_KILLS", "5"))
"""How many kills while a pilot moves; a hundred take minutes."""
STILL_RUNNING = 4
"""So many of the newest journals have a gate and a worker yet."""
SOURCE = "orders-1"
FAILED = {"investor": "p_aaaaaaaa", "code": "timeout"}


class Killed(BaseException):
    """The worker, at some moment."""


class Installation:
    """Gates as processes; monitors and the worker in this one, where they are ended at will."""

    def __init__(self, home, monkeypatch):
        self.home = home
        self.gates = {"main": RunningGate(home)}
        self.retired = set()
        self.lives = {}
        self.workers = {}
        self.readers = ExitStack()
        monkeypatch.setattr(domain, "settings", lambda: self.config("main"))

    def config(self, name):
        more = ",".join(f"{k}={g.url}" for k, g in self.gates.items() if k != "main")
        return Settings(
            home=self.home, gate_url=self.gates["main"].url, gates=more, journal_name=name
        )

    def add(self, name):
        """One more journal with its gate."""
        self.gates[name] = RunningGate(self.home, SHIDIAN_JOURNAL_NAME=name)
        self.gates[name].start()
        self.forget_workers()

    def retire_left_long_ago(self):
        """Stop gates and workers of journals that everything has left; the newest go on."""
        for name in [*self.gates][1:-STILL_RUNNING]:
            if name not in self.retired:
                if name in self.workers:
                    self.workers.pop(name).close()
                self.gates[name].stop()
                self.retired.add(name)

    def forget_workers(self):
        for worker in self.workers.values():
            worker.close()
        self.workers.clear()

    def monitor(self, name):
        """A monitor goes on where its store is."""
        path = self.gates[name].journal_path
        if name not in self.lives and path.exists():
            reader = self.readers.enter_context(JournalReader(path))
            self.lives[name] = Live(reader, self.config(name).monitor_store, checkpoint_every_s=0.0)
        if name in self.lives:
            while self.lives[name].poll():
                pass

    def kill_monitor(self, name):
        live = self.lives.pop(name, None)
        if live is not None:
            live._store.close()

    def turn(self):
        """Each journal's monitor and worker do what there is to do."""
        for name, gate in self.gates.items():
            if name in self.retired:
                continue
            self.monitor(name)
            worker = self.workers.setdefault(name, Worker(self.config(name)))
            steps = [worker.send_controls, worker.tell_fed, worker.copying.copy_alerts]
            steps += [worker.copying.copy_readings, worker.copy_acknowledgements]
            if name == "main":
                steps.append(worker.advance_moves)
            for step in steps:
                with suppress(GateUnreachableError):
                    step()
            assert gate.process is not None

    def close(self):
        self.forget_workers()
        self.readers.close()
        for gate in self.gates.values():
            gate.stop()


@pytest.fixture
def installation(tmp_path, monkeypatch, committed_db):
    found = Installation(tmp_path / "home", monkeypatch)
    found.gates["main"].start()
    found.add("b")
    try:
        yield found
    finally:
        found.close()


@pytest.fixture
def pilot(world_factory):
    return quick_pilot(world_factory(), at=timezone.now() - timedelta(minutes=10))


@pytest.fixture
def key(pilot):
    made = wire_keys.generate()
    public = wire_keys.public_text(made.public_key())
    keys.register_machine_key(pilot=pilot, source=SOURCE, public_key=public, by=None)
    return made


@pytest.fixture
def world_factory(committed_db):
    from shidian.apps.cases.calendars import store_calendar
    from shidian.core.procedure.calendars import by_id
    from tests.factories import Walk, make_world

    def make():
        store_calendar(by_id("cn-working-day"))
        return Walk(make_world())

    return make


@contextmanager
def sending(installation, pilot, key, spool):
    with Client(installation.gates["main"].url, pilot.public_id, SOURCE, key, spool) as client:
        yield client


def flush(client):
    try:
        return client.flush(give_up_after_s=0.0)
    except NoGate:
        return None


def told_all(installation, pilot):
    """Every event of the pilot as the journal that keeps it now has it: (seqno, rev)."""
    path = installation.gates[journal_of(pilot)].journal_path
    with JournalReader(path) as reader:
        entries = [*reader.arrived(pilot.public_id)]
        first = reader.arrivals().get(pilot.public_id, 0)
        entries += [e for e in reader if e.entry > first and e.project == pilot.public_id]
        came = {}
        for entry in entries:
            came[entry.entry] = entry
        return [
            (row["seqno"], row["rev"])
            for entry in came.values()
            if entry.kind is EntryKind.DATA
            for row in entry.table().to_pylist()
        ]


def waited_for(move):
    """What the old journal acknowledged of the move, and up to where its monitor was read."""
    receipts = ControlReceipt.objects.filter(outbox_id=move.departure_outbox)
    return list(receipts.values_list("entry", flat=True)), applied_to(move.source)


def until_done(installation, move, turn):
    until = time.monotonic() + 60
    while move.ended_at is None:
        turn()
        move.refresh_from_db()
        assert time.monotonic() < until, (move.state, move.problem, waited_for(move))
        time.sleep(0.05)
    return move


def assert_one_stream(installation):
    """Live = replay over all journals = what the app database has, to the last item."""
    for name in installation.gates:
        installation.monitor(name)
    installation.turn()
    with ExitStack() as stack:
        readers, items = [], []
        for name, gate in installation.gates.items():
            readers.append(stack.enter_context(JournalReader(gate.journal_path)))
            store = stack.enter_context(StoreReader(installation.config(name).monitor_store))
            items += store.items_after(0, 10**6)
        found = replay_all(readers)
        assert found.as_known_digest == as_known_digest(by_project(items))
        assert not found.faults
        kept = sorted(AlertItem.objects.values_list("entry", "episode", "change", "at_us"))
        assert kept == sorted((i.entry, i.episode, i.change.value, i.at_us) for i in found.items)
    assert len(set(AlertItem.objects.values_list("seq", flat=True))) == len(kept)
    return found


def test_a_pilot_moves_with_all_it_has_and_its_system_follows(installation, pilot, key, tmp_path):
    with sending(installation, pilot, key, tmp_path / "spool") as client:
        installation.turn()
        for _ in range(130):
            client.event("order.failed", FAILED)
        assert flush(client).counts == {"accepted": 130}
        move = domain.move_pilot(pilot=pilot, to="b")
        until_done(installation, move, installation.turn)
        assert (move.state, journal_of(pilot)) == (MoveState.DONE, "b")
        installation.turn()
        client.event("order.failed", FAILED)
        assert flush(client).counts == {"accepted": 1}
        assert client._gate.url == installation.gates["b"].url
        assert sorted(told_all(installation, pilot)) == [(n, 0) for n in range(1, 132)]
    found = assert_one_stream(installation)
    assert found.items

    gate_key = wire_keys.load_public((installation.home / "keys" / "gate.pub").read_text())
    holder = PermitHolder(
        installation.gates["main"].url,
        pilot.public_id,
        SOURCE,
        key,
        {wire_keys.key_id(gate_key): gate_key},
    )
    assert holder.renew(), holder.status
    assert holder._lease.permit.entry > move.entry
    holder.close()


def test_what_is_decided_meanwhile_waits_and_reaches_the_new_journal(installation, pilot, key):
    from shidian.apps.supervision.domain.control import post_control

    installation.turn()
    move = domain.move_pilot(pilot=pilot, to="b")
    installation.workers["main"].advance_moves()
    assert PilotJournal.objects.get(pilot=pilot).moving_to == "b"
    body = {"effective_us": 0, "plan": {"investors_max": "90"}}
    outbox_id = post_control(pilot, "plan", body, at=timezone.now())
    installation.workers["main"].send_controls()
    assert not ControlReceipt.objects.filter(outbox_id=outbox_id).exists()
    until_done(installation, move, installation.turn)
    installation.turn()
    assert ControlReceipt.objects.get(outbox_id=outbox_id).entry > move.entry
    with JournalReader(installation.gates["b"].journal_path) as reader:
        plans = [e for e in reader.controls() if e.kind is EntryKind.PLAN]
        assert [one.seq0 for one in plans] == [outbox_id]


def test_while_it_moves_its_system_is_told_to_come_again_and_keeps_its_lease(
    installation, pilot, key, tmp_path
):
    installation.turn()
    move = domain.move_pilot(pilot=pilot, to="b")
    installation.workers["main"].advance_moves()
    installation.workers["main"].send_controls()
    with sending(installation, pilot, key, tmp_path / "spool") as client:
        client.event("order.failed", FAILED)
        assert flush(client) is None
        status, answer = installation.gates["main"].post(key, "/v1/permits", b"{}")
        assert (status, answer["title"]) == (503, "moving")
        until_done(installation, move, installation.turn)
        installation.turn()
        assert flush(client).counts == {"accepted": 1}


def test_a_gate_says_where_a_pilot_of_another_journal_is_to_whom_has_its_key(
    installation, pilot, key
):
    installation.turn()
    installation.turn()
    other = installation.gates["b"]
    path = f"/v1/projects/{pilot.public_id}/events"
    headers = other.signed(key, path, b"[]", "application/cloudevents-batch+json")
    status, told, _ = other.request("POST", path, b"[]", headers)
    assert (status, told["location"]) == (421, installation.gates["main"].url)
    stranger = wire_keys.generate()
    headers = other.signed(stranger, path, b"[]", "application/cloudevents-batch+json")
    assert other.request("POST", path, b"[]", headers)[0] == 404


def test_a_move_that_cannot_be_is_refused_before_anything_is_fenced(installation, pilot, key):
    installation.turn()
    translation.activate("en")
    for to, word in (("c", "no journal"), ("main", "already")):
        with pytest.raises(SupervisionError, match=word):
            domain.move_pilot(pilot=pilot, to=to)
    first = domain.move_pilot(pilot=pilot, to="b")
    with pytest.raises(SupervisionError, match="being moved"):
        domain.move_pilot(pilot=pilot, to="b")
    until_done(installation, first, installation.turn)
    back = domain.move_pilot(pilot=pilot, to="main")
    until_done(installation, back, installation.turn)
    assert (back.state, journal_of(pilot)) == (MoveState.REFUSED, "b")
    assert "not come back to" in back.problem


def test_a_pilot_of_which_no_journal_knows_is_assigned_at_once(installation, pilot, monkeypatch):
    monkeypatch.setattr(domain, "TOPIC", "of which nothing was ever posted")
    assert domain.move_pilot(pilot=pilot, to="b") is None
    assert journal_of(pilot) == "b"


def test_kills_while_a_pilot_moves_lose_nothing_and_double_nothing(
    installation, pilot, key, tmp_path, monkeypatch
):
    rng = random.Random(os.environ.get("SHIDIAN_MOVE_SEED", "10"))
    deadly = []
    for name in ("control", "leaving", "left", "arriving", "fed"):
        monkeypatch.setattr(GateClient, name, dying(getattr(GateClient, name), rng, deadly))
    accepted = 0
    with sending(installation, pilot, key, tmp_path / "spool") as client:
        installation.turn()
        for kill in range(KILLS):
            target = f"j{kill}"
            installation.add(target)
            move = domain.move_pilot(pilot=pilot, to=target)
            victim = rng.choice(["worker", "worker", "source", "target", "monitor"])
            after = rng.randrange(1, 8)
            turns = [0]

            def turn(move=move, victim=victim, after=after, turns=turns):
                for _ in range(5):
                    client.event("order.failed", FAILED)
                flush_or_go_on(client)
                turns[0] += 1
                if victim == "worker" and turns[0] <= 2:
                    deadly[:] = [rng.random() * 0.4]
                elif turns[0] == min(after, 3):
                    strike(installation, victim, move)
                try:
                    installation.turn()
                except Killed:
                    installation.forget_workers()
                finally:
                    deadly.clear()

            until_done(installation, move, turn)
            assert (move.state, journal_of(pilot)) == (MoveState.DONE, target)
            installation.retire_left_long_ago()
        for _ in range(100):
            installation.turn()
            flush_or_go_on(client)
            if not client.spool.waiting(1):
                break
            time.sleep(0.05)
        accepted = client.event("order.failed", FAILED) - 1
    assert sorted(told_all(installation, pilot)) == [(n, 0) for n in range(1, accepted + 1)]
    assert_one_stream(installation)


def flush_or_go_on(client):
    try:
        flush(client)
    except GateRefusedError as error:
        raise AssertionError(f"the kit was refused: {error}") from error


def dying(call, rng, deadly):
    """The call, before or after which the worker ends now and then."""

    def called(*args, **kwargs):
        if deadly and rng.random() < deadly[0]:
            raise Killed
        answer = call(*args, **kwargs)
        if deadly and rng.random() < deadly[0]:
            raise Killed
        return answer

    return called


def strike(installation, victim, move):
    if victim == "monitor":
        installation.kill_monitor(move.source)
        return
    gate = installation.gates[move.target if victim == "target" else move.source]
    gate.kill()
    gate.start()
