"""A project that moves between journals is judged as if it had never moved."""

from __future__ import annotations

import random
from contextlib import ExitStack
from functools import partial

import pytest

from shidian.core.journal import EntryKind, Journal, JournalReader
from shidian.core.journal.moving import Page
from shidian.core.monitor.digest import as_known_digest, as_known_row
from shidian.core.monitor.engines.several import by_project, replay_all
from shidian.core.monitor.live import Live
from shidian.core.monitor.past import JournalPast
from shidian.core.monitor.replay import replay, told_here
from shidian.core.monitor.store import StoreReader
from tests.core.monitor.agreement import _event
from tests.oracle.histories import random_log

MOVED = "p-one"


@pytest.fixture(autouse=True)
def _hold_little(monkeypatch):
    """What windows do not need is read again from where it came to."""
    little = partial(JournalPast, keep_us=0, least_rows=1)
    monkeypatch.setattr("shidian.core.monitor.live.JournalPast", little)


def move(journals, paths, outbox_id, rng, name=MOVED) -> None:
    """As the worker does it, in pages of any size, some of them twice."""
    (source, target), (old, new) = journals, paths
    left = source.append_control(
        EntryKind.DEPARTURE, outbox_id, {"project": name, "effective_us": 0, "to": "next"}
    )
    with JournalReader(old) as reader, JournalReader(new) as there:
        while (
            page := reader.page_after(name, there.staged_to(name), rng.choice([1, 4_000]))
        ).entries:
            target.stage(name, page)
            if rng.random() < 0.3:
                target.stage(name, page)
        page = reader.codes_after(name, 0)
        target.stage(name, page)
        target.stage(name, Page(codes=page.codes, high=page.high))
        whole = reader.whole(name)
        departure = reader.entries_after(left - 1, 1)[0]
    record = {
        "project": name,
        "effective_us": 0,
        "came_from": "before",
        "entry": left,
        "ingest_us": departure.ingest_us,
        "entries": whole.entries,
        "codes": whole.codes,
        "digest": whole.digest,
    }
    entry = target.append_control(EntryKind.ARRIVAL, outbox_id + 1, record)
    assert target.append_control(EntryKind.ARRIVAL, outbox_id + 1, record) == entry > left


def told(log, paths, moves, rng, stores=()):
    """Have journals take a log in; at the entries of `moves` the project goes on to the next one."""
    now = [0]
    with ExitStack() as stack:
        journals = [stack.enter_context(Journal(path, clock=lambda: now[0])) for path in paths]
        at = 0
        for entry in log.entries:
            now[0] = entry.ingest_us
            if entry.entry in moves and MOVED in journals[at].registry.projects:
                pair = (paths[at], paths[at + 1])
                move(journals[at : at + 2], pair, 1_000_000 + 10 * entry.entry, rng)
                at += 1
            mine = journals[at] if entry.project == MOVED else journals[0]
            if entry.kind is EntryKind.DATA:
                events = [_event(entry, row) for row in entry.table().to_pylist()]
                mine.append_batch(entry.project, entry.source, events)
            elif entry.kind is EntryKind.TICK:
                for journal in journals:
                    journal.append_tick()
            else:
                mine.append_control(entry.kind, entry.entry, entry.control())
            if rng.random() < 0.1:
                journals[at].seal()
    for path, store in zip(paths, stores, strict=False):
        watched(path, store, rng)
    return at


def watched(path, store, rng) -> None:
    with JournalReader(path) as reader:
        live = Live(reader, store, checkpoint_every_s=rng.choice([0.0, 1e9]))
        while live.poll(rng.randint(1, 4)):
            if rng.random() < 0.3:
                live.close()
                live = Live(reader, store, checkpoint_every_s=0.0)
        live.close()


def rows(items, project=MOVED):
    """What was said of a project, whatever the numbers of its entries."""
    numbers = {n: at for at, n in enumerate(sorted({one.entry for one in items}))}
    found = []
    for one in items:
        row = as_known_row(one)
        if one.project == project:
            found.append([numbers[row[0]], *row[1:7], *row[8:]])
    return found


@pytest.mark.parametrize("first", range(0, 20, 10))
def test_what_is_said_of_a_project_that_moved_is_what_would_have_been_said(first, tmp_path) -> None:
    happened = 0
    for seed in range(first, first + 10):
        rng = random.Random(seed)
        log = random_log(seed)
        moves = set(rng.sample(range(2, len(log.entries)), 2))
        folder = tmp_path / str(seed)
        paths = [folder / f"{name}.sqlite3" for name in "abc"]
        stores = [folder / f"{name}.monitor" for name in "abc"]
        alone = folder / "alone.sqlite3"

        happened += told(log, paths, moves, rng, stores)
        told(log, [alone], set(), rng)

        with ExitStack() as stack:
            readers = [stack.enter_context(JournalReader(path)) for path in paths]
            kept = [stack.enter_context(StoreReader(path)) for path in stores]
            single = replay(stack.enter_context(JournalReader(alone)))
            found = replay_all(readers)
            live = by_project(item for store in kept for item in store.items_after(0, 10**6))
            for reader, store in zip(readers, kept, strict=True):
                here = told_here(replay(reader), reader.arrivals())
                assert (len(here.items), here.as_known_digest) == store.stream_digest()
        assert rows([one for one in found.items if one.project == MOVED]) == rows(
            [one for one in single.items if one.project == MOVED]
        )
        assert found.final_digest == single.final_digest
        assert found.as_known_digest == as_known_digest(live)
    assert happened >= 10


def test_engines_agree_on_journals_that_projects_came_to_and_left(tmp_path) -> None:
    for seed in range(50, 60):
        rng = random.Random(seed)
        log = random_log(seed)
        paths = [tmp_path / f"{seed}-{name}.sqlite3" for name in "ab"]
        told(log, paths, {rng.randrange(3, len(log.entries))}, rng)
        for path in paths:
            with JournalReader(path) as reader:
                by_entries, by_columns = replay(reader), replay_all([reader])
            assert as_known_digest(by_project(by_entries.items)) == by_columns.as_known_digest
            assert by_entries.final_digest == by_columns.final_digest
