"""A monitor killed with many groups of state: how long until a new one has the same state.

The journal is written as the gate writes it; the monitor is the installation's own process. It is
killed when it has evaluated `BEHIND` entries since its last checkpoint, as late as it would be at
5,000 events/s. The clock runs from the start of the next process until the store says that it has
evaluated an entry that came in between; then the whole stream is held against an evaluator that
was never stopped.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from shidian.core.journal.entry import (
    ColumnType,
    Entry,
    EntryKind,
    base_fields,
    encode_control,
    encode_table,
    payload_sha256,
    typed_field,
)
from shidian.core.journal.reader import JournalReader
from shidian.core.journal.schema import open_writer
from shidian.core.monitor.digest import AsKnownDigest
from shidian.core.monitor.evaluator import Evaluator
from shidian.core.monitor.store import StoreReader
from shidian.core.rulebook.load import load_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

PROJECT, SOURCE = "P-001", "s0"
START_US = 1_767_225_600_000_000
MINUTE_US = 60_000_000
ENTRY_ROWS, LIVE_ROWS = 20_000, 1_000
FREQUENT = 20
"""Investors who have an alert in the end."""
BEHIND = 75
"""Entries of 1,000 events since the last checkpoint: 15 s at 5,000 events/s."""
PATIENCE_S = 1_200.0

_RULES = """
rulebook: bench-restart
version: "1"
status: sketch
title: {zh: 基准, en: Benchmark}
because: {basis: assumed}
streams:
  - id: trade.done
    title: {zh: 成交, en: Trade}
    fields: {amount: {type: money, non_negative: true}, investor: {type: pseudonym}}
monitoring: {tile: 1m, lateness: 5m, idle: 30d, tick: 1h}
indicators:
  - {id: all, title: {zh: 累计, en: So far}, of: trade.done, take: sum, field: amount, by: [investor], window: since-start}
  - {id: week, title: {zh: 七日, en: A week}, of: trade.done, take: count, by: [investor], window: 7d}
  - {id: hour, title: {zh: 一小时, en: An hour}, of: trade.done, take: count, window: 1h}
alerts:
  - {id: a-all, title: {zh: 累计, en: So far}, indicator: all, no_data: clear, levels: {breach: ">99999999"}}
  - {id: a-week, title: {zh: 七日, en: A week}, indicator: week, no_data: clear, levels: {breach: ">40"}}
  - {id: a-hour, title: {zh: 一小时, en: An hour}, indicator: hour, no_data: clear, levels: {breach: ">100000000"}}
"""  # noqa: E501 - lines of YAML


class DifferentStateError(RuntimeError):
    """After the restart the monitor says something else than one that was never stopped."""


def measure(groups: int, say: Callable[[str], None]) -> dict[str, float]:
    """Seconds of a restart, as the JSON that is published. Raises RuntimeError."""
    with tempfile.TemporaryDirectory(prefix="shidian-bench-") as folder:
        journal, store = Path(folder) / "journal.sqlite3", Path(folder) / "monitor.sqlite3"
        checkpoint = store.with_name(f"{store.name}.checkpoint")
        with closing(open_writer(journal)) as db:
            writing = _Writing(db, groups)
            writing.whole_history()
            with _monitor(journal, store) as child:
                _until(lambda: _cursor(store) >= writing.last, child, "evaluate the history")
                say(f"{groups:,} groups are there")
                writing.live(1)
                saved = _age(checkpoint)
                while _age(checkpoint) == saved:
                    writing.live(1)
                    _until(lambda: _cursor(store) >= writing.last, child, "keep up")
                saved = _age(checkpoint)
                say(f"a checkpoint of {checkpoint.stat().st_size / 2**20:.0f} MiB is there")
                writing.live(BEHIND)
                _until(lambda: _cursor(store) >= writing.last, child, "evaluate what came since")
                behind = writing.last
                child.kill()
            if _age(checkpoint) != saved:
                say("another checkpoint came before the kill: fewer entries were evaluated again")
            writing.live(1)
            began = time.perf_counter()
            with _monitor(journal, store) as child:
                _until(lambda: _cursor(store) > behind, child, "start again")
                seconds = time.perf_counter() - began
                child.kill()
        _compare(journal, store)
    return {"seconds": round(seconds, 2)}


def _compare(journal: Path, store: Path) -> None:
    evaluator, digest = Evaluator(), AsKnownDigest()
    with JournalReader(journal) as reader:
        for entry in reader:
            digest.add(evaluator.apply(entry))
    with StoreReader(store) as stored:
        _, items, text = stored.snapshot()
    if (items, text) != (digest.items, digest.text()):
        raise DifferentStateError(f"{items} items, {text} instead of {digest.items}")


@contextmanager
def _monitor(journal: Path, store: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "shidian", "monitor"]
    files = ["--journal", str(journal), "--store", str(store)]
    child = subprocess.Popen([*command, *files])  # noqa: S603 - our own program
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def _cursor(store: Path) -> int:
    try:
        with StoreReader(store) as reader:
            return reader.cursor()
    except FileNotFoundError:
        return 0


def _age(checkpoint: Path) -> int:
    return checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0


def _until(what: Callable[[], bool], child: subprocess.Popen[bytes], said: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while not what():
        if child.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"the monitor did not {said}")
        time.sleep(0.01)


class _Writing:
    """Appends entries; every group has its first event in the history, then some have more."""

    def __init__(self, db: sqlite3.Connection, groups: int) -> None:
        self._db, self._groups = db, groups
        self._seqno, self._at_us = 1, START_US
        self.last = 0
        loaded = load_text(_RULES, name="restart.yaml", resolve=lambda _: "")
        record: dict[str, Any] = {
            "project": PROJECT,
            "start_us": START_US,
            "effective_us": START_US,
            "rules_digest": loaded.rules_digest,
            "document": loaded.document,
            "plan": {},
        }
        self._append(EntryKind.ACTIVATION, 1, 1, "", encode_control(record))

    def whole_history(self) -> None:
        """As many events as groups, each of another investor."""
        for first in range(0, self._groups, ENTRY_ROWS):
            self._data(np.arange(first, min(first + ENTRY_ROWS, self._groups)) + 1)

    def live(self, entries: int) -> None:
        """Further events, of investors that are there; a few have one in every entry."""
        for _ in range(entries):
            mixed = np.arange(self._seqno, self._seqno + LIVE_ROWS) * 2_654_435_761
            investor = mixed % self._groups + 1
            investor[:FREQUENT] = np.arange(FREQUENT) + 1
            self._data(investor)

    def _data(self, investor: Any) -> None:
        n = len(investor)
        seqno = np.arange(self._seqno, self._seqno + n)
        schema = pa.schema(
            [
                *base_fields(),
                typed_field("trade.done", "amount", ColumnType.MONEY, 2),
                typed_field("trade.done", "investor", ColumnType.PSEUDONYM, 0),
            ]
        )
        columns = [
            pa.array(["trade.done"] * n),
            pa.array(seqno),
            pa.array(np.zeros(n, np.int32)),
            pa.array(["new"] * n),
            pa.array(self._at_us + np.arange(n) * MINUTE_US // n),
            pa.array(seqno * 40_503 % 300_000),
            pa.array(investor),
        ]
        payload = encode_table(pa.table(columns, schema=schema))
        self._append(EntryKind.DATA, self._seqno, n, SOURCE, payload)
        self._seqno += n
        self._at_us += MINUTE_US

    def _append(self, kind: EntryKind, seq0: int, n: int, source: str, payload: bytes) -> None:
        self.last += 1
        epoch = 1 if kind is EntryKind.DATA else 0
        at_us, digest = self._at_us + MINUTE_US, payload_sha256(payload)
        entry = Entry(self.last, kind, PROJECT, seq0, n, at_us, source, epoch, digest, payload)
        row = (
            *(entry.entry, entry.kind.value, entry.project, entry.seq0, entry.n, entry.ingest_us),
            *(entry.source, entry.epoch, entry.sha256, entry.payload),
        )
        self._db.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
