"""Live evaluation in bounded memory: events, and cells by group and tile, and no more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.prove

ROOT = Path(__file__).resolve().parents[3]
EVENTS = int(os.environ.get("SHIDIAN_MEMORY_EVENTS", "2000000"))
"""10,000,000 for the full proof, which takes about two minutes."""
LIMIT_BYTES = 3 * 2**29
"""1.5 GiB, for ten million events."""
EVENT_BYTES = LIMIT_BYTES // 10_000_000

MEASURED = """
import re, sys
from pathlib import Path
from tests.core.monitor.test_memory import entries
from shidian.core.monitor.evaluator import Evaluator
# Not ru_maxrss: that one has what the process had that started this one.
status = Path("/proc/self/status")
top = lambda: int(re.search(r"VmHWM:\\s+([0-9]+) kB", status.read_text())[1]) * 1024
evaluator, before, items = Evaluator(), None, 0
for entry in entries(int(sys.argv[1])):
    items += len(evaluator.apply(entry))
    before = before or top()
assert not evaluator.faults
print(top(), top() - before, items)
"""

RULES = """
rulebook: memory
version: "1"
status: sketch
title: {zh: 内存, en: Memory}
because: {basis: assumed}
streams:
  - id: trade.done
    title: {zh: 成交, en: Trade}
    fields: {amount: {type: money, non_negative: true}, investor: {type: pseudonym}}
monitoring: {tile: 1m, lateness: 5m, idle: 30d, tick: 1h}
indicators:
  - {id: n, title: {zh: 笔数, en: Trades}, of: trade.done, take: count, window: 1h}
  - {id: all, title: {zh: 累计, en: So far}, of: trade.done, take: sum, field: amount, window: since-start}
  - {id: who, title: {zh: 人数, en: Investors}, of: trade.done, take: distinct, field: investor, window: since-start}
  - {id: each, title: {zh: 每人累计, en: Each}, of: trade.done, take: sum, field: amount, by: [investor], window: since-start}
  - {id: week, title: {zh: 每人七日, en: A week}, of: trade.done, take: sum, field: amount, by: [investor], window: 7d}
alerts:
  - {id: a-n, title: {zh: 笔数, en: Trades}, indicator: n, levels: {breach: ">1000"}}
  - {id: a-all, title: {zh: 累计, en: So far}, indicator: all, levels: {breach: ">1000000000000"}}
  - {id: a-who, title: {zh: 人数, en: Investors}, indicator: who, levels: {breach: ">50000"}}
  - {id: a-each, title: {zh: 每人累计, en: Each}, indicator: each, levels: {breach: ">100000000"}}
  - {id: a-week, title: {zh: 每人七日, en: A week}, indicator: week, levels: {breach: ">100000000"}}
"""

RATE, INVESTORS, ENTRY_ROWS = 5_000, 20_000, 20_000
START_US = 1_767_225_600_000_000


def entries(events):
    """A history of so many events at 5,000 a second, of 20,000 investors, in entries of 4 s."""
    import numpy as np
    import pyarrow as pa

    from shidian.core.journal import Entry, EntryKind
    from shidian.core.journal.entry import (
        ColumnType,
        base_fields,
        encode_control,
        encode_table,
        payload_sha256,
        typed_field,
    )
    from shidian.core.rulebook.load import load_text

    loaded = load_text(RULES, name="memory.yaml", resolve=lambda _: "")
    record = {
        "start_us": START_US,
        "effective_us": START_US,
        "rules_digest": loaded.rules_digest,
        "document": loaded.document,
        "plan": {},
    }

    def entry(number, kind, seq0, n, at_us, payload):  # noqa: PLR0917 - a row
        source = "s0" if kind is EntryKind.DATA else ""
        digest = payload_sha256(payload)
        return Entry(number, kind, "P", seq0, n, at_us, source, 1, digest, payload)

    yield entry(1, EntryKind.ACTIVATION, 1, 1, START_US, encode_control(record))
    schema = pa.schema(
        [
            *base_fields(),
            typed_field("trade.done", "amount", ColumnType.MONEY, 2),
            typed_field("trade.done", "investor", ColumnType.PSEUDONYM, 0),
        ]
    )
    for number, first in enumerate(range(0, events, ENTRY_ROWS), 2):
        seqno = np.arange(first, min(first + ENTRY_ROWS, events)) + 1
        n, mixed = len(seqno), seqno * 2_654_435_761 % 2**40
        columns = [
            pa.array(["trade.done"] * n),
            pa.array(seqno),
            pa.array(np.zeros(n, np.int32)),
            pa.array(["new"] * n),
            pa.array(START_US + seqno * 1_000_000 // RATE),
            pa.array(mixed % 1_000_000),
            pa.array(mixed // 7 % INVESTORS),
        ]
        payload = encode_table(pa.table(columns, schema=schema))
        at_us = START_US + int(seqno[-1]) * 1_000_000 // RATE
        yield entry(number, EntryKind.DATA, int(seqno[0]), n, at_us, payload)


def test_an_event_costs_no_more_than_its_columns_and_its_groups_cells():
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(EVENTS)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    top, grown, items = map(int, done.stdout.split())

    assert items > 0
    assert grown <= EVENTS * EVENT_BYTES, f"{grown / EVENTS:.0f} bytes an event"
    assert top <= LIMIT_BYTES
