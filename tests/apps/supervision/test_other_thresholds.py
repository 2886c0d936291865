"""What another threshold would have done is a replay of the journal, held against itself."""

from __future__ import annotations

import sqlite3

import pytest
from django.urls import reverse

from shidian.apps.supervision.other_thresholds import (
    NoReplayError,
    chosen,
    settings_of,
    try_settings,
    with_settings,
)
from shidian.apps.supervision.queries import watched_pilots
from shidian.config import settings
from shidian.core.journal import JournalReader
from shidian.core.rulebook.problems import RulebookErrors
from tests.core.monitor.agreement import write_journal
from tests.factories import loaded
from tests.oracle.histories import MINUTE, T0, Log

from .things import PLAN, quick_pilot

FAILED = {"rev": 0, "op": "new", "type": "order.failed", "order.failed/investor": 1}


@pytest.fixture
def pilot(walk):
    return quick_pilot(walk)


@pytest.fixture
def journal(pilot):
    """Thirty failed orders in one minute, a hundred in another, hours later."""
    log = Log()
    log.activate(pilot.public_id, loaded(), T0, PLAN)
    seqno = 0
    for minute, number in ((3, 30), (20, 1), (21, 1), (200, 100), (220, 1), (221, 1)):
        rows = []
        for _ in range(number):
            seqno += 1
            rows.append(FAILED | {"seqno": seqno, "time_us": T0 + minute * MINUTE})
        log.now_us = T0 + (minute + 1) * MINUTE
        log.data(pilot.public_id, "orders", rows)
    for minute in (230, 260):
        log.now_us = T0 + minute * MINUTE
        log.tick()
    path = settings().journal
    path.parent.mkdir(parents=True, exist_ok=True)
    write_journal(path, log.entries)
    yield path
    for one in path.parent.glob("journal*"):
        if one.is_file():
            one.unlink()


def test_the_settings_of_a_rule_are_as_the_rulebook_writes_them():
    found = settings_of(loaded(), "failing")
    assert found.values == {"info": ">5", "warning": ">20", "breach": ">60", "for": "1m"}
    assert settings_of(loaded(), "cap-investors").values == {"warn_at": "70, 80, 90", "for": "0s"}
    assert settings_of(loaded(), "no-such") is None


def test_other_settings_make_another_rulebook_and_leave_the_one_there_is():
    before = loaded().digest
    other = with_settings(loaded(), "failing", {"info": "", "warning": ">40", "for": "2m"})
    rule = next(one for one in other.rulebook.alerts if one.id == "failing")
    assert set(rule.levels) == {"warning", "breach"}
    assert rule.for_us == 120_000_000
    assert with_settings(loaded(), "failing", {}).digest == before == loaded().digest
    with pytest.raises(RulebookErrors):
        with_settings(loaded(), "failing", {"warning": "many"})
    with pytest.raises(KeyError):
        with_settings(loaded(), "no-such", {})


def test_a_higher_threshold_would_have_kept_one_alert_and_not_the_other(pilot, journal, walk):
    pilots, left_out = chosen(watched_pilots(walk.officer), "failing")
    assert (pilots, left_out) == ([pilot], 0)
    same = try_settings(pilots, "failing", {})
    assert (same.before, same.after, dict(same.totals)) == (2, 2, {"same": 2})
    higher = {"info": "", "warning": ">40", "breach": ">60"}
    found = try_settings(pilots, "failing", higher)
    assert (found.before, found.after) == (2, 1)
    assert found.totals["only-a"] == 1
    (one,) = found.tried
    assert one.pilot == pilot
    assert any(one.kind.value == "only-a" for one in one.differences)


def test_without_a_journal_the_page_gives_the_command(client, pilot, walk):
    with pytest.raises(NoReplayError):
        try_settings([pilot], "failing", {})
    client.force_login(walk.officer)
    address = reverse("supervision:alert-rule", args=["demo-city", "failing"])
    page = client.get(address + "?info=>9", headers={"accept-language": "en"})
    assert page.status_code == 200
    assert "shidian replay diff A.parquet B.parquet" in page.text


def test_the_page_tries_what_is_written_and_says_what_is_wrong_with_it(
    client, pilot, journal, walk, world
):
    client.force_login(walk.officer)
    address = reverse("supervision:alert-rule", args=["demo-city", "failing"])
    english = {"accept-language": "en"}
    asked = client.get(address, headers=english)
    assert asked.status_code == 200
    assert 'value="&gt;20"' in asked.text
    given = {"info": "", "warning": ">40", "breach": ">60", "for": "1m"}
    told = client.get(address, given, headers=english)
    assert "Alerts as it is: 2. As it would be: 1." in told.text
    wrong = client.get(address, given | {"warning": "many<b>"}, headers=english)
    assert wrong.status_code == 422
    assert "many&lt;b&gt;" in wrong.text
    of_new_business = "acted-without-a-permit/order.placed"
    for scheme, rule in (
        ("demo-city", "no-such"),
        ("demo-city", of_new_business),
        ("elsewhere", "failing"),
    ):
        unknown = reverse("supervision:alert-rule", args=[scheme, rule])
        assert client.get(unknown).status_code == 404
    for person in (world.drafter, world.outsider):
        client.force_login(person)
        assert client.get(address).status_code == 404


def test_a_journal_that_grows_meanwhile_is_replayed_as_it_stood(journal):
    columns = "entry + 1, kind, project, seq0 + 1, n, ingest_us, source, epoch, sha256, payload"
    with JournalReader(journal) as reader:
        reader.hold()
        before = reader.last_entry()
        with sqlite3.connect(journal) as writer:
            last = "entry = (SELECT max(entry) FROM entry)"
            writer.execute(f"INSERT INTO entry SELECT {columns} FROM entry WHERE {last}")
        assert reader.last_entry() == before
        assert len(list(reader)) == before
    with JournalReader(journal) as reader:
        assert reader.last_entry() == before + 1
