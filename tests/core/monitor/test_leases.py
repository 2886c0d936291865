"""New business that no permit covered raises an alert: by the order and the times of the log."""

from __future__ import annotations

import random

import numpy as np
import pytest

from shidian.core.journal import JournalReader
from shidian.core.monitor.digest import as_known_row
from shidian.core.monitor.engines.replaying import BatchReplay
from shidian.core.monitor.leases import Leases
from shidian.core.monitor.replay import replay
from shidian.core.rulebook.load import load_text
from tests.core.monitor.agreement import assert_replay_agrees, live_digest, write_journal
from tests.oracle.histories import HEAD, MINUTE, T0, Log, random_log

TRADE = {
    "rev": 0,
    "op": "new",
    "type": "trade.done",
    "trade.done/amount": 100,
    "trade.done/investor": 1,
}
RULE = "acted-without-a-permit/trade.done"


MODE = (
    "  - {id: mode, type: permit-mode, title: {zh: 模式, en: Mode}, unit: {zh: 种, en: mode},"
    " required: false}\n"
)


def rules(permit="{ttl: 60s, new_business: [trade.done]}", plan=""):
    """A rulebook without a rule of its own."""
    text = HEAD.format(version=1, tile="1m", lateness="0s", idle="10m")
    text = text.replace("monitoring:", f"{plan}monitoring:")
    return load_text(
        f"{text}orders: {{kinds: [], permit: {permit}}}\n",
        name="tiny.yaml",
        resolve=lambda name: "",
    )


def running(permit="{ttl: 60s, new_business: [trade.done]}"):
    """A log of a project under these rules."""
    log = Log()
    log.activate("p", rules(permit), T0, {"cap": "1"})
    return log


def acts(log, seqno, minute, *, now=None, source="s", **other):
    """One piece of new business at a minute, told at once or at minute `now`."""
    log.now_us = T0 + (minute if now is None else now) * MINUTE
    log.data("p", source, [TRADE | other | {"seqno": seqno, "time_us": T0 + minute * MINUTE}])


def leased(log, minute, **lease):
    log.now_us = T0 + minute * MINUTE
    log.lease("p", lease.pop("source", "s"), **lease)


def opened(log):
    """Minutes at which an episode opened, as known."""
    items = assert_replay_agrees(log.entries).items
    assert {(item.rule, item.level) for item in items} <= {(RULE, "critical")}
    return [(item.at_us - T0) // MINUTE for item in items if item.change.value == "opened"]


def test_business_under_a_lease_is_quiet():
    log = running()
    leased(log, 1)
    acts(log, 1, 1)
    acts(log, 2, 2)

    assert opened(log) == []


def test_business_without_any_lease_is_told_at_once():
    log = running()
    acts(log, 1, 1)

    assert opened(log) == [2]
    assert replay(log.entries).items[0].early


def test_business_after_the_lease_and_its_grace_is_told():
    log = running()
    leased(log, 1, ttl_ms=60_000, grace_ms=120_000)
    acts(log, 1, 5)
    acts(log, 2, 6)

    # One minute for clocks: covered to minute 5.
    assert opened(log) == [7]


def test_without_keep_last_no_grace_counts():
    log = running()
    leased(log, 1, ttl_ms=60_000, grace_ms=120_001)
    acts(log, 1, 4)

    assert opened(log) == [5]


def test_a_lease_of_another_source_covers_nothing():
    log = running()
    leased(log, 1, source="other")
    acts(log, 1, 1)

    assert opened(log) == [2]


def test_a_lease_that_says_stopped_ends_the_one_before():
    log = running()
    leased(log, 1, ttl_ms=600_000)
    leased(log, 3, state="suspended")
    acts(log, 1, 4)
    acts(log, 2, 5)

    assert opened(log) == [6]


def test_what_was_done_under_a_lease_and_told_late_is_quiet():
    log = running()
    leased(log, 1)
    acts(log, 1, 1, now=300)

    assert opened(log) == []


def test_a_lease_issued_afterwards_excuses_nothing():
    log = running()
    acts(log, 1, 1)
    leased(log, 1)

    assert opened(log) == [2]


def test_a_void_withdraws_what_was_told():
    log = running()
    acts(log, 1, 1)
    log.data("p", "s", [{"seqno": 1, "rev": 1, "op": "void", "type": "trade.done", "time_us": T0}])

    items = assert_replay_agrees(log.entries).items

    assert [item.change.value for item in items][-1] == "withdrawn"


def test_acts_close_together_are_one_episode():
    log = running()
    for number in range(6):
        acts(log, number + 1, 1 + number)

    assert len(opened(log)) == 1


@pytest.mark.parametrize(
    "permit", ["{ttl: 60s}", "{ttl: 60s, mode: advisory, new_business: [trade.done]}"]
)
def test_where_no_stream_is_named_or_permits_only_advise_nothing_is_told(permit):
    log = running(permit)
    acts(log, 1, 1)

    assert replay(log.entries).items == []


@pytest.mark.parametrize(
    ("rulebook", "plan", "told"),
    [
        ("no-new-business", {"mode": "advisory"}, []),
        ("advisory", {"mode": "no-new-business"}, [2]),
        ("advisory", {"mode": "full-stop"}, [2]),
        ("no-new-business", {}, [2]),
        ("advisory", {}, []),
    ],
)
def test_the_mode_that_the_plan_says_goes_before_the_rulebooks(rulebook, plan, told):
    log = Log()
    permit = f"{{ttl: 60s, mode: {rulebook}, new_business: [trade.done]}}"
    log.activate("p", rules(permit, MODE), T0, {"cap": "1"} | plan)
    acts(log, 1, 1)

    assert opened(log) == told


def test_what_persons_attest_needs_no_permit():
    assert not Leases().unpermitted("returns", np.array([T0])).any()
    assert Leases().unpermitted("s", np.array([T0])).all()


def test_leases_change_nothing_where_no_new_business_is_named():
    for seed in range(10):
        log = random_log(seed)
        before = replay(log.entries)
        log.lease("p-one", "s0")

        after = replay(log.entries)

        assert (after.as_known_digest, after.final_digest) == (
            before.as_known_digest,
            before.final_digest,
        )


@pytest.mark.parametrize("first", range(50_000, 50_020, 10))
def test_live_batch_and_oracle_agree_on_leases(first, tmp_path):
    told = set()
    for seed in range(first, first + 10):
        log = random_log(seed, permits=True)
        journal = tmp_path / f"journal-{seed}.sqlite3"
        write_journal(journal, log.entries)

        items, digest = live_digest(
            journal, tmp_path / f"monitor-{seed}.sqlite3", random.Random(seed)
        )

        found = assert_replay_agrees(log.entries)
        assert (items, digest) == (len(found.items), found.as_known_digest)
        with JournalReader(journal) as reader:
            batch = BatchReplay(reader, threads=1).replay()
        assert list(map(as_known_row, batch.items)) == list(map(as_known_row, found.items))
        assert batch.final_digest == found.final_digest
        told |= {item.change.value for item in found.items if item.rule.startswith("acted")}

    assert {"opened", "resolved"} <= told
