"""A gate whose clock is minutes ahead: it says so, nothing is lost, and its log stays in order."""

from __future__ import annotations

import sys
import time

import pytest

from shidian.core.journal import EntryKind, JournalReader
from shidian.core.monitor.digest import as_known_digest
from shidian.core.monitor.live import Live
from shidian.core.monitor.replay import replay
from shidian.core.monitor.store import StoreReader
from shidian_kit.client import Client, GateRefusedError
from shidian_kit.wire import keys
from tests.core.journal.samples import PROJECT, SOURCE, START_US

from .running import RunningGate

AHEAD_S = 180
TRANSFER = {"amount": "1.00", "sender": "p_aaaaaaaa", "receiver": "p_bbbbbbbb"}


def entries(gate):
    with JournalReader(gate.journal_path) as reader:
        return list(reader)


@pytest.fixture
def gate(tmp_path):
    found = RunningGate(tmp_path / "home")
    found.start()
    assert found.activate()[0] == 200
    yield found
    found.stop()


@pytest.fixture
def key(gate):
    made = keys.generate()
    assert gate.register(made)[0] == 200
    return made


def restarted(gate, *, ahead_s):
    gate.stop()
    gate.program = [sys.executable, "-m", "shidian"]
    if ahead_s:
        gate.program = [sys.executable, "-m", "tests.gate.ahead", str(ahead_s)]
    gate.start()


def test_a_gate_minutes_ahead_refuses_by_name_and_what_waits_is_taken_once_it_is_right(
    gate, key, tmp_path
):
    with Client(gate.url, PROJECT, SOURCE, key, tmp_path / "spool") as client:
        client.event("transfer.made", TRANSFER, START_US)
        assert client.flush().counts == {"accepted": 1}
        restarted(gate, ahead_s=AHEAD_S)
        client.event("transfer.made", TRANSFER, START_US + 1)
        with pytest.raises(GateRefusedError, match="signature-stale"):
            client.flush()
        assert client.spool.waiting_count() == 1
        ticks = len(entries(gate))
        while len(entries(gate)) == ticks:  # it logs the passing of a time that has not come
            time.sleep(0.1)

        restarted(gate, ahead_s=0)
        assert client.flush().counts == {"accepted": 1}
    found = entries(gate)
    times = [entry.ingest_us for entry in found]
    assert times == sorted(times)
    assert found[-1].ingest_us > (time.time() + AHEAD_S / 2) * 1e6
    assert sum(entry.n for entry in found if entry.kind is EntryKind.DATA) == 2


def test_live_and_replay_agree_over_a_log_whose_clock_was_set_back(gate, key, tmp_path):
    with Client(gate.url, PROJECT, SOURCE, key, tmp_path / "spool") as client:
        for ahead_s in (AHEAD_S, 0):
            restarted(gate, ahead_s=0)
            client.event("transfer.made", TRANSFER, int(time.time() * 1e6))
            assert client.flush().counts == {"accepted": 1}
            restarted(gate, ahead_s=ahead_s)
            before = len(entries(gate))
            while len(entries(gate)) == before:
                time.sleep(0.1)
    store = tmp_path / "monitor.sqlite3"
    with JournalReader(gate.journal_path) as reader:
        live = Live(reader, store)
        while live.poll():
            pass
        live.close()
        found = replay(reader)
    with StoreReader(store) as said:
        items = said.items_after(0, 10**6)
    assert found.as_known_digest == as_known_digest(items)
