"""120,558 transfers that we did not make: kit → gate → journal → monitor, and replay of the same log.

The documented script of the kit sends them, the monitor evaluates as they come and is killed in the
middle, replay reads the journal afterwards, and a few lines that know nothing of all this add up
the same file.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shidian.core.journal import EntryKind, JournalReader
from shidian.core.monitor.store import StoreReader
from shidian.core.rulebook.load import load_text
from shidian_kit.wire import keys
from tests.core.journal.samples import PROJECT, START_US
from tests.gate.running import running_gate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.gate.running import RunningGate

DAY_US = 86_400_000_000
SOURCE = "urn:test:transfers"
SCRIPT = Path(__file__).parents[2] / "kit" / "examples" / "send_transfers.py"
WAIT_S = 120
KILLED_AT_ENTRY = 60
RULES = """
rulebook: transfers
version: "1"
status: sketch
title: {zh: 转账, en: Transfers}
because: {basis: assumed}
streams:
  - id: transfer.made
    title: {zh: 转账, en: Transfer}
    fields: {amount: {type: money, non_negative: true}, sender: {type: pseudonym}, receiver: {type: pseudonym}}
monitoring: {tile: 1m, lateness: 2m, idle: 5m, tick: 5s}
indicators:
  - {id: transfers_7d, title: {zh: 任意七日转账笔数, en: Transfers in any seven days}, of: transfer.made, take: count, window: 7d, step: 1m}
  - {id: transferred_1d, title: {zh: 每日转账金额, en: Amount transferred per day}, of: transfer.made, take: sum, field: amount, window: 1d, step: 1m}
alerts:
  - {id: busy, title: {zh: 笔数过多, en: Busy}, indicator: transfers_7d, levels: {info: ">5600", warning: ">6000"}}
  - {id: much, title: {zh: 金额过大, en: Much}, indicator: transferred_1d, levels: {info: ">150000", warning: ">180000"}, for: 10m}
"""


@pytest.fixture(scope="module")
def file() -> Path:
    shared = os.environ.get("SHIDIAN_SHARED")
    folder = Path(shared) if shared else Path(__file__).parents[3] / "shared"
    file = folder / "data" / "transfers.csv.gz"
    if not shared and not file.exists():
        pytest.skip(f"no {file}: name the folder of shared inputs in SHIDIAN_SHARED")
    return file


def activate(gate: RunningGate, key: keys.PrivateKey) -> None:
    loaded = load_text(RULES, name="transfers.yaml", resolve=lambda _name: "")
    status, _ = gate.activate(document=loaded.document, rules_digest=loaded.rules_digest, plan={})
    assert status == 200
    assert gate.register(key, source=SOURCE)[0] == 200


@contextmanager
def monitor(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The live monitor; what the block has not ended is stopped as an operator would."""
    process = shidian(home, "monitor")
    try:
        yield process
        if process.poll() is None:
            process.terminate()
            assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()


def shidian(home: Path, *words: str, **more: int) -> subprocess.Popen[bytes]:
    env = os.environ | {"SHIDIAN_HOME": str(home)}
    return subprocess.Popen([sys.executable, "-m", "shidian", *words], env=env, **more)


def wait_for_entry(home: Path, process: subprocess.Popen[bytes], entry: int) -> None:
    """Until the monitor has stored what follows from the entry."""
    store = home / "monitor" / "monitor.sqlite3"
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        assert process.poll() is None, "the monitor fell"
        with suppress(FileNotFoundError), StoreReader(store) as reader:
            if reader.cursor() >= entry:
                return
        time.sleep(0.05)
    raise AssertionError(f"the monitor has not reached entry {entry}")


def hold_after(gate: RunningGate, sending: subprocess.Popen[str], entry: int) -> None:
    """Let the sender stand still once the journal has the entry: the rest is sent later."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        with JournalReader(gate.journal_path) as reader:
            if reader.last_entry() >= entry:
                sending.send_signal(signal.SIGSTOP)
                assert sending.poll() is None, "everything was sent at once"
                return
        time.sleep(0.005)
    raise AssertionError(f"the journal has not reached entry {entry}")


def send_and_watch(gate: RunningGate, file: Path, folder: Path) -> dict[str, int]:
    """Send the file while the monitor runs; kill the monitor on the way. What became of each."""
    (folder / "secret").write_bytes(b"0123456789abcdef")
    command = [
        *(sys.executable, SCRIPT, file, "--gate", gate.url, "--project", PROJECT),
        *("--source", SOURCE, "--key", folder / "key", "--spool", folder / "spool"),
        *("--secret", folder / "secret"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sending:
        hold_after(gate, sending, KILLED_AT_ENTRY)
        with monitor(gate.home) as first:
            wait_for_entry(gate.home, first, KILLED_AT_ENTRY)
            first.kill()
            first.wait()
        with monitor(gate.home) as second:
            sending.send_signal(signal.SIGCONT)
            said, _ = sending.communicate(timeout=WAIT_S)
            with JournalReader(gate.journal_path) as reader:
                last = reader.last_entry()
            wait_for_entry(gate.home, second, last)
    return json.loads(said)


def replayed(home: Path) -> list[str]:
    """What `shidian replay` prints, held against the monitor's stream."""
    with shidian(home, "replay", "--compare-live", stdout=subprocess.PIPE) as process:
        said, _ = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0, said.decode()
    return said.decode().splitlines()


def at_midnights(store: Path, indicator: str, days: range) -> list[int]:
    """Value of the indicator at the end of each day: its last change until then."""
    with StoreReader(store) as reader:
        changes = dict(reader.series(PROJECT, indicator, 0))
    midnights = (START_US + day * DAY_US for day in days)
    return [changes[max(at for at in changes if at <= midnight)] for midnight in midnights]


@pytest.mark.shared
def test_transfers_sent_through_the_gate_agree_live_in_replay_and_by_hand(
    file: Path, tmp_path: Path
) -> None:
    key = keys.generate()
    keys.save_private(tmp_path / "key", key)
    with running_gate(tmp_path / "home") as gate:
        activate(gate, key)
        assert send_and_watch(gate, file, tmp_path) == {"accepted": 120_558}
        lines = replayed(gate.home)
    assert any("the same" in line for line in lines), lines
    assert int(lines[1].removeprefix("items: ")) > 0

    # Independent: add up days. A window that ends at midnight holds whole days.
    fen, number = Counter[int](), Counter[int]()
    people = set()
    with gzip.open(file, "rt") as rows:
        for row in csv.DictReader(rows):
            fen[int(row["time"])] += int(Decimal(row["value"]) * 100)
            number[int(row["time"])] += 1
            people |= {row["sourceNodeId"], row["targetNodeId"]}
    days = range(1, max(number))
    seven = [sum(number[d] for d in range(day - 6, day + 1)) for day in days]
    store = gate.home / "monitor" / "monitor.sqlite3"
    assert at_midnights(store, "transferred_1d", days) == [fen[day] for day in days]
    assert at_midnights(store, "transfers_7d", days) == seven

    with JournalReader(gate.journal_path) as reader:
        tables = [entry.table() for entry in reader if entry.kind is EntryKind.DATA]
        assert sum(sum(table["transfer.made/amount"].to_pylist()) for table in tables) == sum(
            fen.values()
        )
        assert len(reader.pseudonyms(PROJECT)) == len(people)
        assert reader.gaps(PROJECT) == []
