"""A running gate removes by itself what no longer has to be kept."""

from __future__ import annotations

import asyncio

from shidian.core.journal import EntryKind, Journal, JournalReader
from shidian.gate.app import Gate
from shidian.gate.options import GateOptions
from tests.core.journal.samples import PROJECT, SOURCE, START_US, activate, transfer

CLOSING = {"project": PROJECT, "effective_us": START_US, "outcome": "graduated"}


async def run_until(gate, reached):
    """The gate's life as a server leads it, until something holds; whether it came to hold."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def receive():
        if begun.is_set():
            await ended.wait()
        return {"type": "lifespan.startup"}

    async def send(message):
        begun.set()

    life = asyncio.create_task(gate({"type": "lifespan"}, receive, send))
    for _ in range(500):
        if reached():
            break
        await asyncio.sleep(0.01)
    ended.set()
    await life
    return reached()


def test_gate_removes_what_is_due(tmp_path):
    path = tmp_path / "journal.sqlite3"
    with Journal(path, clock=lambda: START_US + 10**9) as journal:
        activate(journal)
        journal.append_batch(PROJECT, SOURCE, [transfer(1)])
        journal.append_control(EntryKind.CLOSING, 2, CLOSING | {"keep_until_us": START_US + 1})
    options = GateOptions(path, tmp_path / "keys", ("gate.test",), frozenset(), retain_first_s=0.0)

    def removed():
        with JournalReader(path) as reader:
            found = reader.removals().get(PROJECT)
        return found is not None and found.finished_us is not None

    assert asyncio.run(run_until(Gate(options), removed))
    with JournalReader(path) as reader:
        assert [entry.removed for entry in reader] == [False, True, False]
