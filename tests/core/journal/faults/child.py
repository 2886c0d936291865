"""Runs in a process of its own behind the shim: takes 500 events, with a disk that fails or is recorded.

Called by test_faults as `python -m tests.core.journal.faults.child MODE FOLDER …`.
"""

from __future__ import annotations

import ctypes
import json
import shutil
import sqlite3
import sys
from pathlib import Path

from shidian.core.journal import EntryKind, Journal, JournalReader
from tests.core.journal.samples import PROJECT, SOURCE, START_US, activate, transfer

NOW_US = START_US + 86_400_000_000
EVENTS = 500
BATCH = 50
KINDS = {"EIO": 1, "ENOSPC": 2, "short": 3, "fsync": 4}

shim = ctypes.CDLL(None)


def batches():
    """500 events in ten batches; each names investors of its own, so every table is written."""
    for first in range(1, EVENTS + 1, BATCH):
        yield [
            transfer(
                n,
                data={
                    "amount": f"{n}.00",
                    "sender": f"p_{n:08d}".translate(_LETTERS),
                    "receiver": "p_bbbbbbbb",
                },
            )
            for n in range(first, first + BATCH)
        ]


_LETTERS = str.maketrans("0189", "wxyz")


def opened(path):
    return Journal(path, clock=lambda: NOW_US)


def stored(path):
    """(seqno, amount) of all events, each with how often it is there."""
    found = []
    with JournalReader(path) as reader:
        for entry in reader:
            if entry.kind is EntryKind.DATA:
                table = entry.table()
                found += zip(
                    table["seqno"].to_pylist(),
                    table["transfer.made/amount"].to_pylist(),
                    strict=True,
                )
    return sorted(found)


def ingest(journal, *, seal, acknowledged):
    """Send all; those answered go into `acknowledged`. Errors of the disk are what a sender sees."""
    for number, batch in enumerate(batches()):
        try:
            answers = journal.append_batch(PROJECT, SOURCE, batch).items
        except (sqlite3.Error, OSError):
            continue
        acknowledged.update(
            event.seqno
            for event, item in zip(batch, answers, strict=True)
            if item.status in ("accepted", "duplicate")
        )
        if seal and number % 4 == 3:
            try:
                journal.seal()
            except (sqlite3.Error, OSError):
                continue


def one_fault(folder, kind, n, *, sticky, seal):
    """A 500-event ingest whose n-th write (or sync) fails; whether there was an n-th."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    path = folder / "journal.sqlite3"
    acknowledged: set[int] = set()
    with opened(path) as journal:
        activate(journal)
        shim.shim_arm(KINDS[kind], ctypes.c_long(n), int(sticky))
        ingest(journal, seal=seal, acknowledged=acknowledged)
        hits = shim.shim_hits()
        shim.shim_arm(0, ctypes.c_long(0), 0)
        held = stored(path)
        numbers = [seqno for seqno, _ in held]
        assert len(set(numbers)) == len(numbers), (kind, n, "stored twice")
        assert acknowledged <= set(numbers), (kind, n, "acknowledged and lost")
        # Space is back: the same sender repeats, and all is there, once.
        again: set[int] = set()
        ingest(journal, seal=seal, acknowledged=again)
        assert len(again) == EVENTS, (kind, n, "not taken once the disk works again")
    assert stored(path) == [(seqno, seqno * 100) for seqno in range(1, EVENTS + 1)], (kind, n)
    return hits > 0


def faults(folder, kind, step, *, sticky, seal):
    """Every `step`-th write or sync in turn, until there is no such one; how many failed."""
    failed = 0
    n = 1
    while one_fault(folder / "run", kind, n, sticky=sticky, seal=seal):
        failed += 1
        n += step
    return failed


def recorded(folder, trace, synchronous, *, seal):
    """A 500-event ingest, all writes and syncs recorded, with a mark at each acknowledgement."""
    folder.mkdir()
    with opened(folder / "journal.sqlite3") as journal:
        journal._db.execute(f"PRAGMA synchronous={synchronous}")
        activate(journal)
        journal._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copytree(folder, folder.with_name("before"))
        shim.shim_trace(str(trace).encode())
        for number, batch in enumerate(batches()):
            journal.append_batch(PROJECT, SOURCE, batch)
            shim.shim_mark(str(batch[-1].seqno).encode())
            if number % 4 == 3:
                journal._db.execute("PRAGMA wal_checkpoint(PASSIVE)")
                if seal:
                    journal.seal()


def main(mode, folder, *rest):
    folder = Path(folder)
    if mode == "faults":
        kind, step, sticky, seal = rest
        count = faults(folder, kind, int(step), sticky=sticky == "sticky", seal=seal == "seal")
        sys.stdout.write(json.dumps({"failed": count}))
    else:
        trace, synchronous, seal = rest
        recorded(folder, Path(trace), synchronous, seal=seal == "seal")


if __name__ == "__main__":
    main(*sys.argv[1:])
