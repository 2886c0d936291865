"""120,558 transfers that we did not make, as one pilot: figures, speed and live = replay."""

from __future__ import annotations

import csv
import gzip
import os
import time
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from shidian.core.journal import JournalReader
from shidian.core.journal.entry import (
    ColumnType,
    EntryKind,
    base_fields,
    encode_table,
    typed_field,
)
from shidian.core.monitor.live import Live
from shidian.core.monitor.replay import replay
from shidian.core.monitor.store import StoreReader
from shidian.core.rulebook.load import load_text
from tests.core.monitor.agreement import write_journal
from tests.oracle.histories import Log

DAY = 86_400_000_000
START = int(datetime(2023, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
BATCH = 500
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
def transfers():
    """(day from 0, amount in fen, sender, receiver), in order."""
    shared = os.environ.get("SHIDIAN_SHARED")
    folder = Path(shared) if shared else Path(__file__).parents[4] / "shared"
    file = folder / "data" / "transfers.csv.gz"
    if not shared and not file.exists():
        pytest.skip(f"no {file}: name the folder of shared inputs in SHIDIAN_SHARED")
    with gzip.open(file, "rt") as lines:
        rows = list(csv.DictReader(lines))
    return [
        (
            int(r["time"]) - 1,
            int(Decimal(r["value"]) * 100),
            int(r["sourceNodeId"]),
            int(r["targetNodeId"]),
        )
        for r in rows
    ]


def log_of(transfers):
    """One source, batches of 500, each day's transfers spread evenly over it."""
    per_day, seen = Counter(day for day, *_ in transfers), Counter()
    log = Log(now_us=START)
    loaded = load_text(RULES, name="transfers.yaml", resolve=lambda name: "")
    log.activate("transfers", loaded, START, {}, start_us=START)
    times = []
    for day, *_ in transfers:
        times.append(START + day * DAY + seen[day] * DAY // per_day[day])
        seen[day] += 1
    fields = [
        ("amount", ColumnType.MONEY),
        ("sender", ColumnType.PSEUDONYM),
        ("receiver", ColumnType.PSEUDONYM),
    ]
    schema = pa.schema(
        base_fields() + [typed_field("transfer.made", n, kind, 2) for n, kind in fields]
    )
    for first in range(0, len(transfers), BATCH):
        part = transfers[first : first + BATCH]
        size = len(part)
        numbers = list(range(first + 1, first + size + 1))
        base = [["transfer.made"] * size, numbers, [0] * size, ["new"] * size]
        columns = [
            *base,
            times[first : first + size],
            *([row[n] for row in part] for n in (1, 2, 3)),
        ]
        log.now_us = times[first + size - 1]
        payload = encode_table(pa.table(columns, schema=schema))
        log._add(EntryKind.DATA, "transfers", payload, source="urn:test", epoch=1, n=size)
    return log


@pytest.mark.shared
def test_transfers_agree_with_a_short_computation_live_and_in_replay(
    transfers, tmp_path, record_property
):
    log = log_of(transfers)
    journal, store = tmp_path / "journal.sqlite3", tmp_path / "monitor.sqlite3"
    write_journal(journal, log.entries)

    started = time.perf_counter()
    with JournalReader(journal) as reader:
        live = Live(reader, store)
        while live.poll(7):
            pass
        live.close()
        live_s = time.perf_counter() - started
        found = replay(reader)
    replay_s = time.perf_counter() - started - live_s
    record_property("live_s", round(live_s, 1))
    record_property("replay_s", round(replay_s, 1))

    with StoreReader(store) as stored:
        assert stored.stream_digest() == (len(found.items), found.as_known_digest)
        amounts = dict(stored.series("transfers", "transferred_1d", 0))
        counts = dict(stored.series("transfers", "transfers_7d", 0))
    assert found.items
    # Independent: add up days. A window that ends at midnight holds whole days.
    amount_of, number_of = Counter(), Counter()
    for day, amount, *_ in transfers:
        amount_of[day] += amount
        number_of[day] += 1
    days = range(1, max(number_of) + 1)
    assert [value_at(amounts, day) for day in days] == [amount_of[day - 1] for day in days]
    seven = [sum(number_of[d] for d in range(day - 7, day)) for day in days]
    assert [value_at(counts, day) for day in days] == seven
    assert live_s < 60


def value_at(changes, day):
    """The last change at or before a day's beginning."""
    at_us = START + day * DAY
    known = changes.get(at_us)
    if known is None:
        known = changes[max(at for at in changes if at <= at_us)]
    return known
