"""The demonstration's history is held against its leases: what was planted is found, and no more."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from demo.behaviour import HISTORY_DAYS, Behaviour, RoboAdviser, TradingAssistant
from demo.history import PastClock, business_minutes, lease_business
from demo.projects import PROJECTS

from shidian.core.journal import EntryKind, Journal, JournalReader
from shidian.core.monitor.replay import replay
from shidian.core.rulebook.load import load_file
from shidian_kit.wire import keys
from shidian_kit.wire.envelope import Event

if TYPE_CHECKING:
    from shidian.core.monitor.replay import Replay

ACTED = "acted-without-a-permit/"
US = 1_000_000


def replayed(folder: Path, behaviour: Behaviour, now: datetime) -> Replay:
    """The behaviour's history in a journal with leases, sent when the demonstration starts."""
    start, key = now - timedelta(days=HISTORY_DAYS), keys.generate()
    clock = PastClock(start - timedelta(hours=1))
    loaded = load_file(Path("rulebooks/demo-city.yaml"))
    path = folder / "journal.sqlite3"
    activation = {
        "project": "P-2026-0001",
        "start_us": clock(),
        "effective_us": clock(),
        "rules_digest": loaded.rules_digest,
        "document": loaded.document,
        "plan": {"investors_max": str(PROJECTS[behaviour.project].caps[0])},
    }
    registration = {
        "project": "P-2026-0001",
        "source": "engine",
        "key_id": keys.key_id(key.public_key()),
        "public_key": keys.public_text(key.public_key()),
    }
    with Journal(path, clock=clock) as journal:
        journal.append_control(EntryKind.ACTIVATION, 1, activation)
        journal.append_control(EntryKind.KEY, 2, registration)
        lease_business(journal, clock, [registration["key_id"]], start, now)
        clock.now = now + timedelta(seconds=40)
        end = now + timedelta(seconds=20) - timedelta(minutes=1)
        sent = behaviour.history(end - timedelta(days=HISTORY_DAYS), end)
        events = [
            Event(
                project="P-2026-0001",
                source="engine",
                epoch=1,
                seqno=number,
                type=one.type,
                time_us=int(one.at.timestamp() * US),
                data=dict(one.data),
            )
            for number, one in enumerate(sent, 1)
        ]
        for first in range(0, len(events), 500):
            journal.append_batch("P-2026-0001", "engine", events[first : first + 500])
        for _ in range(30):
            clock.now += timedelta(seconds=10)
            journal.append_tick()
    with JournalReader(path) as reader:
        return replay(reader)


def acted(found: Replay) -> dict[str, int]:
    """Rule → episodes of acting without a permit."""
    return {rule: len(list(one)) for (_, rule, _), one in found.final.items() if ACTED in rule}


@pytest.mark.parametrize("hour", [2, 7, 13, 20])
def test_the_orders_placed_at_night_are_found_and_nothing_else(tmp_path: Path, hour: int) -> None:
    now = datetime(2026, 11, 20, hour, 30, tzinfo=UTC)
    found = replayed(tmp_path, TradingAssistant(), now)
    assert found.faults == []
    assert acted(found) == {f"{ACTED}order.placed": 1}


def test_the_robo_adviser_had_a_permit_for_all_its_history(tmp_path: Path) -> None:
    found = replayed(tmp_path, RoboAdviser(), datetime(2026, 11, 20, 2, 30, tzinfo=UTC))
    assert found.faults == []
    assert acted(found) == {}


def test_permits_were_held_in_business_hours_only_each_minute_once() -> None:
    now = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
    minutes = list(business_minutes(now - timedelta(days=HISTORY_DAYS), now))
    assert minutes == sorted(set(minutes))
    assert 1_000 < len(minutes) < 2_500
    assert min(b - a for a, b in itertools.pairwise(minutes)) >= timedelta(minutes=1)
