"""The batch engine states what the evaluator states, item for item, sealed or not."""

from __future__ import annotations

import random

import pytest

from shidian.core.journal import Journal, JournalReader
from shidian.core.monitor.digest import as_known_row
from shidian.core.monitor.engines import blocks
from shidian.core.monitor.engines.replaying import BatchReplay
from shidian.core.monitor.replay import replay
from shidian.core.rulebook.load import load_text
from tests.core.monitor.agreement import through_the_journal, write_journal
from tests.oracle.histories import HEAD, MINUTE, T0, Log, random_log, random_rulebook

NEW = {"rev": 0, "op": "new"}
TRADE = NEW | {"type": "trade.done", "trade.done/amount": 100, "trade.done/investor": 1}
FAILED = NEW | {"type": "order.failed", "order.failed/investor": 1, "order.failed/delay": 5}


def alert(version, indicator, bound):
    """Rules of one alert, which holds what was where there is no value."""
    head = HEAD.format(version=version, tile="1m", lateness="0s", idle="10m")
    text = f"""{head}indicators:
  - {{id: i, title: {{zh: 标, en: i}}, {indicator}, window: since-start, step: 1m}}
alerts:
  - {{id: a, title: {{zh: 警, en: a}}, indicator: i, levels: {{info: "{bound}"}}, no_data: hold}}
"""
    return load_text(text, name="tiny.yaml", resolve=lambda name: "")


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


def assert_agrees_under(engine, entries, rules):
    """A further replay under other rules is the evaluator's under them; nothing where these halt."""
    wanted = replay(entries, override=rules)
    if wanted.faults:
        return
    found = engine.replay(override=rules)
    assert (found.as_known_digest, found.final_digest) == (
        wanted.as_known_digest,
        wanted.final_digest,
    )


def assert_agrees_on(seeds, folder, monkeypatch):
    """Over logs written as they are; how many projects the batch engine did itself."""
    done = 0
    for seed in seeds:
        rng = random.Random(seed)
        monkeypatch.setattr(blocks, "BLOCK", rng.choice([1, 2, 3, 8, 256]))
        log = random_log(seed)
        path = folder / f"{seed}.sqlite3"
        write_journal(path, log.entries)
        with JournalReader(path) as reader:
            engine = assert_agrees(reader, log.entries)
            done += len({e.project for e in log.entries if e.project}) - len(engine.evaluated)
            assert_agrees_under(engine, log.entries, None)
            assert_agrees_under(engine, log.entries, random_rulebook(rng, 9))
    return done


@pytest.mark.parametrize("kernels", ["numpy", "numba"])
def test_batch_agrees_with_the_evaluator(kernels, tmp_path, monkeypatch):
    monkeypatch.setenv("SHIDIAN_KERNELS", kernels)

    done = assert_agrees_on(range(40_000, 40_012), tmp_path, monkeypatch)

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


def test_what_rules_before_began_is_held_until_there_is_a_value(tmp_path):
    log = Log()
    log.activate("p", alert(1, "of: trade.done, take: count", ">=1"), T0, {"cap": "5"})
    later = alert(2, "of: order.failed, take: max, field: delay", ">9999999")
    log.activate("p", later, T0 + 10 * MINUTE, {"cap": "5"})
    for minute in range(1, 30):
        log.now_us = T0 + (minute + 1) * MINUTE
        row = FAILED if minute == 22 else TRADE
        log.data("p", "s", [row | {"seqno": minute, "time_us": T0 + minute * MINUTE}])
    write_journal(tmp_path / "journal.sqlite3", log.entries)

    with JournalReader(tmp_path / "journal.sqlite3") as reader:
        engine = assert_agrees(reader, log.entries)

    assert not engine.evaluated


def test_a_percentile_by_groups_stands_at_points_of_its_own(tmp_path):
    log = Log()
    late = "of: order.failed, take: quantile, quantile: '0.5', field: delay, by: [investor]"
    log.activate("p", alert(1, late, ">=1"), T0, {"cap": "5"})
    for number, minute in enumerate([1, 9, 5, 20], 1):
        log.now_us = T0 + 30 * MINUTE + number
        log.data("p", "s", [FAILED | {"seqno": number, "time_us": T0 + minute * MINUTE}])
    write_journal(tmp_path / "journal.sqlite3", log.entries)

    with JournalReader(tmp_path / "journal.sqlite3") as reader:
        engine = assert_agrees(reader, log.entries)

    assert not engine.evaluated


@pytest.mark.prove
@pytest.mark.parametrize("kernels", ["numpy", "numba"])
@pytest.mark.parametrize("first", range(43_000, 43_100, 50))
def test_batch_agrees_with_the_evaluator_on_many_more(first, kernels, tmp_path, monkeypatch):
    monkeypatch.setenv("SHIDIAN_KERNELS", kernels)

    assert assert_agrees_on(range(first, first + 50), tmp_path, monkeypatch)
