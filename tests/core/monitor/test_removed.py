"""Where a project's events were removed nothing is said of it; others, and what was said, stay."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from shidian.cli.replay import replay as replay_command
from shidian.core.journal import EntryKind, Journal, JournalReader
from shidian.core.monitor.engines.replaying import BatchReplay
from shidian.core.monitor.evaluator import Evaluator
from shidian.core.monitor.live import Live
from shidian.core.monitor.replay import replay
from shidian.core.monitor.store import StoreReader
from tests.core.monitor.agreement import write_journal
from tests.oracle.histories import random_log

CLOSING = {"effective_us": 1, "outcome": "graduated", "keep_until_us": 2}


@pytest.fixture(scope="module")
def log():
    """The first random history in which two projects have something to say; one is closed."""
    for seed in range(200):
        log = random_log(seed)
        projects = sorted({item.project for item in replay(log.entries).items})
        if len(projects) > 1:
            log.control(EntryKind.CLOSING, projects[0], CLOSING)
            return log
    raise AssertionError("no history has two projects with items")


@pytest.fixture(scope="module")
def gone(log):
    return log.entries[-1].project


@pytest.fixture
def stores(tmp_path, log):
    """A journal, and what the monitor stored before events were removed."""
    journal, store = tmp_path / "journal.sqlite3", tmp_path / "monitor.sqlite3"
    write_journal(journal, log.entries)
    follow(journal, store)
    with Journal(journal) as writer:
        assert writer.retain() == [log.entries[-1].project]
    return journal, store


def follow(journal, store, **options):
    with JournalReader(journal) as reader:
        live = Live(reader, store, **options)
        while live.poll():
            pass
        live.close()


def run(*arguments):
    return CliRunner().invoke(replay_command, list(map(str, arguments)))


def test_replay_is_that_of_the_other_projects_and_names_the_one_left_out(stores, log, gone):
    others = replay([entry for entry in log.entries if entry.project != gone])
    with JournalReader(stores[0]) as reader:
        one_by_one = replay(reader)
        known_before = replay(reader, removed=reader.removals())
        batch = BatchReplay(reader, threads=1).replay()
    for found in (one_by_one, known_before, batch):
        assert found.removed == [gone]
        assert found.as_known_digest == others.as_known_digest
        assert found.final_digest == others.final_digest
        assert [item.seq for item in found.items] == list(range(1, len(others.items) + 1))


def test_command_says_what_is_left_out_and_refuses_it_alone(stores, gone):
    whole = run("--journal", stores[0])
    assert whole.exit_code == 0
    assert f"{gone}: not replayed: its events were removed on" in whole.output
    assert "kept until 1970-01-01T00:00:00.000002+00:00" in whole.output
    alone = run("--journal", stores[0], "--project", gone, "--from", "2023-01-01")
    assert alone.exit_code == 1
    assert f"{gone}: not replayed" in alone.output
    assert "digest" not in alone.output


def test_comparison_with_the_monitor_leaves_the_same_out(stores, log, gone):
    compared = run("--journal", stores[0], "--store", stores[1], "--compare-live")
    assert compared.exit_code == 0, compared.output
    others = [item for item in replay(log.entries).items if item.project != gone]
    assert f"live: {len(others)} items" in compared.output


@pytest.mark.parametrize("checkpoint_every_s", [None, 0.0])
def test_monitor_starts_again_and_keeps_what_it_said(tmp_path, log, gone, checkpoint_every_s):
    journal, store = tmp_path / "journal.sqlite3", tmp_path / "monitor.sqlite3"
    write_journal(journal, log.entries)
    options = {} if checkpoint_every_s is None else {"checkpoint_every_s": checkpoint_every_s}
    follow(journal, store, **options)
    with StoreReader(store) as reader:
        said = reader.items_after(0, 100_000)
    assert any(item.project == gone for item in said)
    with Journal(journal, clock=lambda: log.now_us + 10**9) as writer:
        writer.retain()
        writer.append_tick()
    follow(journal, store, **options)
    follow(journal, store, **options)  # from the checkpoint that the restart made
    with StoreReader(store) as reader:
        assert reader.items_after(0, 100_000)[: len(said)] == said
        assert reader.cursor() == len(log.entries) + 1
        after = reader.items_after(len(said), 100_000)
    assert not any(item.project == gone for item in after)


def test_nothing_is_explained_from_removed_events(stores, gone):
    evaluator = Evaluator()
    with JournalReader(stores[0]) as reader:
        for entry in reader:
            evaluator.step(entry)
    with pytest.raises(LookupError, match="were removed"):
        evaluator.explanation(gone, "a", "", 0)
    assert evaluator.removed == {gone}
