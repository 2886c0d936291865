"""Live and replay held against the oracle, over one history at a time."""

from __future__ import annotations

import json
import string
from typing import TYPE_CHECKING

from shidian.core.journal import EntryKind, Journal, JournalReader
from shidian.core.journal.schema import open_writer
from shidian.core.monitor.digest import as_known_row
from shidian.core.monitor.live import Live
from shidian.core.monitor.past import JournalPast
from shidian.core.monitor.replay import replay
from shidian.core.monitor.store import StoreReader
from shidian_kit.wire.envelope import Event, Op
from tests.oracle import naive

if TYPE_CHECKING:
    import random
    from pathlib import Path


def judged(entries):
    """Rows as known, and the final digest, as the oracle finds them."""
    plain = [naive.plain(entry) for entry in entries]
    as_known, final = [], []
    for project in sorted({entry.project for entry in entries if entry.project}):
        rows, episodes = naive.as_known_and_final(plain, project)
        as_known += rows
        final += naive.final_rows(episodes, project)
    as_known.sort(key=lambda row: (row[0], row[1]))
    return as_known, naive.digest(final)


def assert_replay_agrees(entries):
    """Replay = oracle, row by row as known and by digest both ways; the replay."""
    found = replay(entries)
    as_known, final = judged(entries)
    assert not found.faults
    assert json.loads(json.dumps([as_known_row(item) for item in found.items])) == as_known
    assert found.as_known_digest == naive.digest(as_known)
    assert found.final_digest == final
    return found


def write_journal(path: Path, entries) -> None:
    """A journal file that holds these entries as they are."""
    db = open_writer(path)
    db.executemany(
        "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(e.entry, e.kind.value, e.project, e.seq0, e.n, e.ingest_us),
                *(e.source, e.epoch, e.sha256, e.payload),
            )
            for e in entries
        ],
    )
    db.close()


def live_digest(journal: Path, store: Path, rng: random.Random):
    """Digest of what a live monitor stored that was stopped and started at random.

    It holds hardly more in memory than windows need, however many events there are.
    """
    with JournalReader(journal) as reader:
        every_s = rng.choice([0.0, 0.0, 1e9])

        def started():
            past = JournalPast(reader, keep_us=0, least_rows=rng.choice([1, 1, 20]))
            return Live(reader, store, checkpoint_every_s=every_s, past=past)

        live = started()
        while live.poll(rng.randint(1, 4)):
            if rng.random() < 0.3:
                live.close()
                live = started()
        live.close()
    with StoreReader(store) as found:
        return found.stream_digest()


def through_the_journal(path: Path, log) -> None:
    """Send a log's events and controls to a real journal, under the log's clock."""
    now = [0]
    with Journal(path, clock=lambda: now[0]) as journal:
        for entry in log.entries:
            now[0] = entry.ingest_us
            if entry.kind is EntryKind.DATA:
                events = [_event(entry, row) for row in entry.table().to_pylist()]
                journal.append_batch(entry.project, entry.source, events)
            elif entry.kind is EntryKind.TICK:
                journal.append_tick()
            else:
                journal.append_control(entry.kind, entry.entry, entry.control())


def _event(entry, row) -> Event:
    void = row["op"] == "void"
    prefix = row["type"] + "/"
    data = {
        name.removeprefix(prefix): _travelling(name, value)
        for name, value in row.items()
        if name.startswith(prefix) and value is not None and not void
    }
    return Event(
        project=entry.project,
        source=entry.source,
        epoch=entry.epoch,
        seqno=row["seqno"],
        type=row["type"],
        time_us=row["time_us"],
        data=data,
        rev=row["rev"],
        op=Op(row["op"]),
    )


def _travelling(name, value):
    if name.endswith(("/amount", "/change")):
        return f"{'-' if value < 0 else ''}{abs(value) // 100}.{abs(value) % 100:02}"
    if name.endswith("/investor"):
        return "p_aaaaaaa" + string.ascii_lowercase[value]
    return value
