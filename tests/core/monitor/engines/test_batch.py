"""The batch engine states what the evaluator states, item for item, sealed or not."""

from __future__ import annotations

import pytest

from shidian.core.journal import Journal, JournalReader
from shidian.core.monitor.digest import as_known_row
from shidian.core.monitor.engines.replaying import BatchReplay
from shidian.core.monitor.replay import replay
from tests.core.monitor.agreement import through_the_journal, write_journal
from tests.oracle.histories import random_log


def assert_agrees(reader, entries, **batch):
    """The same items with the same explanations, the same final view; what was evaluated."""
    engine = BatchReplay(reader, threads=1, **batch)
    found, wanted = engine.replay(), replay(entries)
    assert [as_known_row(item) for item in found.items] == [
        as_known_row(item) for item in wanted.items
    ]
    assert [item.explanation for item in found.items] == [item.explanation for item in wanted.items]
    assert found.as_known_digest == wanted.as_known_digest
    assert found.final_digest == wanted.final_digest
    assert found.last_entry == wanted.last_entry
    return engine


def assert_agrees_on(seeds, folder):
    """Over logs written as they are; how many projects the batch engine did itself."""
    done = 0
    for seed in seeds:
        log = random_log(seed)
        path = folder / f"{seed}.sqlite3"
        write_journal(path, log.entries)
        with JournalReader(path) as reader:
            engine = assert_agrees(reader, log.entries)
        done += len({e.project for e in log.entries if e.project}) - len(engine.evaluated)
    return done


@pytest.mark.parametrize("kernels", ["numpy", "numba"])
def test_batch_agrees_with_the_evaluator(kernels, tmp_path, monkeypatch):
    monkeypatch.setenv("SHIDIAN_KERNELS", kernels)

    done = assert_agrees_on(range(40_000, 40_012), tmp_path)

    assert done >= 3


def test_what_is_sealed_and_what_is_not_are_one_history(tmp_path):
    done = 0
    for seed in range(41_000, 41_004):
        path = tmp_path / f"{seed}.sqlite3"
        through_the_journal(path, random_log(seed))
        with JournalReader(path) as reader:
            entries = list(reader)
        rows = sum(entry.n for entry in entries if entry.kind == "data")
        with Journal(path, clock=lambda at=entries[-1].ingest_us: at) as journal:
            journal.seal(keep_rows=rows // 3)
        with JournalReader(path) as reader:
            engine = assert_agrees(reader, entries)
        done += not engine.evaluated

    assert done


def test_a_second_replay_with_nothing_kept_is_the_same(tmp_path):
    log = random_log(42_001)
    write_journal(tmp_path / "journal.sqlite3", log.entries)
    with JournalReader(tmp_path / "journal.sqlite3") as reader:
        forgetful = BatchReplay(reader, threads=2, cache_bytes=0)
        keeping = BatchReplay(reader, threads=2)
        digests = {
            engine.replay().as_known_digest for engine in (forgetful, forgetful, keeping, keeping)
        }

    assert len(digests) == 1


@pytest.mark.prove
@pytest.mark.parametrize("kernels", ["numpy", "numba"])
@pytest.mark.parametrize("first", range(43_000, 43_100, 50))
def test_batch_agrees_with_the_evaluator_on_many_more(first, kernels, tmp_path, monkeypatch):
    monkeypatch.setenv("SHIDIAN_KERNELS", kernels)

    assert assert_agrees_on(range(first, first + 50), tmp_path)
