"""Live = replay = oracle, to the last item, over random histories and rulebooks."""

from __future__ import annotations

import os
import random

import pytest

from shidian.core.journal import JournalReader
from shidian.core.journal.entry import EntryKind
from shidian.core.monitor.replay import replay
from tests.core.monitor.agreement import (
    assert_replay_agrees,
    live_digest,
    through_the_journal,
    write_journal,
)
from tests.oracle.histories import random_log

HISTORIES = int(os.environ.get("SHIDIAN_HISTORIES", "200"))
"""How many histories the proof judges; 20,000 take about two hours of one core."""


@pytest.mark.parametrize("first", range(0, 30, 10))
def test_live_with_restarts_agrees_with_replay_and_oracle(first, tmp_path):
    for seed in range(first, first + 10):
        log = random_log(seed)
        journal = tmp_path / f"journal-{seed}.sqlite3"
        write_journal(journal, log.entries)

        items, digest = live_digest(
            journal, tmp_path / f"monitor-{seed}.sqlite3", random.Random(seed)
        )

        found = assert_replay_agrees(log.entries)
        assert (items, digest) == (len(found.items), found.as_known_digest)


@pytest.mark.parametrize("first", range(30_000, 30_020, 10))
def test_limits_that_are_looked_at_now_and_then_agree_as_well(first, tmp_path):
    for seed in range(first, first + 10):
        log = random_log(seed, further=True)
        journal = tmp_path / f"journal-{seed}.sqlite3"
        write_journal(journal, log.entries)

        items, digest = live_digest(
            journal, tmp_path / f"monitor-{seed}.sqlite3", random.Random(seed)
        )

        found = assert_replay_agrees(log.entries)
        assert (items, digest) == (len(found.items), found.as_known_digest)


def test_they_are_looked_at_at_admissions_and_month_by_month_and_stages_change():
    measured, stages = set(), set()
    for seed in range(30_000, 30_030):
        for item in replay(random_log(seed, further=True).entries).items:
            how = item.explanation.get("measured")
            measured.add((None if how is None else how["how"], item.change.value))
            stages |= {item.explanation["words"]["en"]} & {"The rule is no longer in force."}

    assert measured >= {
        (how, change)
        for how in ("at-admission", "monthly-average")
        for change in ("opened", "resolved")
    }
    assert stages


@pytest.mark.parametrize("seed", range(2000, 2004))
def test_what_the_real_journal_took_in_is_judged_alike(seed, tmp_path):
    log = random_log(seed)
    journal = tmp_path / "journal.sqlite3"
    through_the_journal(journal, log)

    items, digest = live_digest(journal, tmp_path / "monitor.sqlite3", random.Random(seed))

    with JournalReader(journal) as reader:
        found = assert_replay_agrees(list(reader))
    assert (items, digest) == (len(found.items), found.as_known_digest)


@pytest.mark.parametrize("seed", range(3000, 3006))
def test_order_of_arrival_leaves_the_final_digest(seed):
    log = random_log(seed, control=False)
    rng = random.Random(seed)
    # Who sends is known from each source's first entry on: those keep their places.
    heads, rest, known = [], [], set()
    for entry in log.entries:
        name = (entry.project, entry.source)
        head = entry.kind is not EntryKind.DATA or name not in known
        known.add(name)
        (heads if head else rest).append(entry)

    digests = set()
    for _ in range(4):
        rng.shuffle(rest)
        digests.add(replay(heads + rest).final_digest)

    assert len(digests) == 1


def test_the_histories_contain_what_they_are_to_test():
    changes, groups = set(), set()
    for seed in range(50):
        items = replay(random_log(seed).entries).items
        changes |= {(item.change.value, item.early) for item in items}
        groups |= {item.group for item in items}

    assert changes >= {
        ("opened", False),
        ("opened", True),
        ("escalated", False),
        ("escalated", True),
        ("resolved", False),
        ("amended", False),
        ("amended", True),
        ("confirmed", False),
        ("withdrawn", False),
        ("withdrawn", True),
    }
    assert len(groups) > 5


def test_a_late_record_moves_what_all_groups_are_divided_by():
    # As many events came late as there are groups: each group is to be looked at from the oldest on.
    assert_replay_agrees(random_log(10_003).entries)


def test_a_window_that_opened_between_two_instants_ends_at_the_next():
    # The step is longer than a tile, and the watermark passed the opening before the instant.
    assert_replay_agrees(random_log(13_756).entries)


def test_a_group_that_becomes_known_before_the_rules_first_instant_is_there_from_their_beginning():
    assert_replay_agrees(random_log(17_004).entries)


def test_what_keeps_firing_as_rules_change_goes_on_under_the_next():
    assert_replay_agrees(random_log(21_620, further=True).entries)


@pytest.mark.prove
@pytest.mark.parametrize("first", range(10_000, 10_000 + HISTORIES, 100))
def test_replay_agrees_with_the_oracle_on_many_more(first):
    for seed in range(first, min(first + 100, 10_000 + HISTORIES)):
        assert_replay_agrees(random_log(seed).entries)
        if seed % 5 == 0:
            assert_replay_agrees(random_log(seed, further=True).entries)
