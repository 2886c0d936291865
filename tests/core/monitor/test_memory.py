"""Live evaluation in bounded memory: events, and cells by group and tile, and no more."""

from __future__ import annotations

import os
import pickle
import re
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

ENDING = re.sub("since-start|7d", "1d", RULES)
"""The same with windows that end."""

GOES = """
import sys
from tests.core.monitor.test_memory import ENDING, entries, held
from shidian.core.monitor.evaluator import Evaluator
from shidian.core.monitor.past import JournalPast
evaluator, halves, items, events = Evaluator(), [], 0, int(sys.argv[1])
evaluator.past = JournalPast(None)
for number, entry in enumerate(entries(events, rules=ENDING, rate=1, rows=5_000)):
    items += len(evaluator.apply(entry))
    if number in (events // 10_000, events // 5_000):
        halves.append(held(evaluator))
assert not evaluator.faults
print(*halves, items)
"""

RATE, INVESTORS, ENTRY_ROWS = 5_000, 20_000, 20_000
START_US = 1_767_225_600_000_000


def held(evaluator):
    """Bytes of what a checkpoint would hold."""
    return len(pickle.dumps(evaluator, protocol=5))


def entries(events, *, rules=RULES, rate=RATE, rows=ENTRY_ROWS):
    """A history of so many events, so many a second, of 20,000 investors, in entries of `rows`."""
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

    loaded = load_text(rules, name="memory.yaml", resolve=lambda _: "")
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
    for number, first in enumerate(range(0, events, rows), 2):
        seqno = np.arange(first, min(first + rows, events)) + 1
        n, mixed = len(seqno), seqno * 2_654_435_761 % 2**40
        columns = [
            pa.array(["trade.done"] * n),
            pa.array(seqno),
            pa.array(np.zeros(n, np.int32)),
            pa.array(["new"] * n),
            pa.array(START_US + seqno * 1_000_000 // rate),
            pa.array(mixed % 1_000_000),
            pa.array(mixed // 7 % INVESTORS),
        ]
        payload = encode_table(pa.table(columns, schema=schema))
        at_us = START_US + int(seqno[-1]) * 1_000_000 // rate
        yield entry(number, EntryKind.DATA, int(seqno[0]), n, at_us, payload)


def measured(code, events):
    """The numbers that a process of its own prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, str(events)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return list(map(int, done.stdout.split()))


def test_an_event_costs_no_more_than_its_columns_and_its_groups_cells():
    top, grown, items = measured(MEASURED, EVENTS)

    assert items > 0
    assert grown <= EVENTS * EVENT_BYTES, f"{grown / EVENTS:.0f} bytes an event"
    assert top <= LIMIT_BYTES


def test_under_windows_that_end_what_is_held_does_not_grow():
    half, whole, items = measured(GOES, EVENTS)

    assert items > 0
    assert whole <= 1.6 * half, "what goes, goes before half as much has come in addition"
    assert whole <= 120_000_000
