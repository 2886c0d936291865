"""A project leaves a journal and comes to another one: whole, once, and as it was."""

from __future__ import annotations

import sqlite3

import pytest

from shidian.core.journal import (
    ControlError,
    DepartedProjectError,
    EntryKind,
    Journal,
    JournalReader,
)
from shidian.core.journal.batch import ItemStatus
from shidian.core.journal.checking import check_journal
from shidian.core.journal.moving import Carried, Page
from shidian.core.journal.permits import PermitRefusedError
from shidian_kit.wire import keys
from tests.core.journal.samples import PROJECT, SOURCE, activate, activation, probe, transfer, void

OTHER = "P-2026-0002"
KEY = keys.generate()
KEY_ID = keys.key_id(KEY.public_key())
KEY_RECORD = {
    "project": PROJECT,
    "source": SOURCE,
    "key_id": KEY_ID,
    "public_key": keys.public_text(KEY.public_key()),
}
ROUTE = {"project": PROJECT, "url": "https://b.example", "keys": {KEY_ID: KEY_RECORD["public_key"]}}


@pytest.fixture
def paths(tmp_path):
    return tmp_path / "a.sqlite3", tmp_path / "b.sqlite3"


@pytest.fixture
def journals(paths):
    """One with a project that has sent this and that, sealed in part; and another one."""
    with Journal(paths[0]) as a, Journal(paths[1]) as b:
        activate(a)
        a.append_control(EntryKind.KEY, 2, KEY_RECORD)
        a.append_batch(PROJECT, SOURCE, [transfer(1), transfer(2), transfer(4)])
        a.append_tick()
        a.append_batch(PROJECT, SOURCE, [transfer(2, "11.00", rev=1), void(4)])
        a.seal()
        a.append_batch(PROJECT, SOURCE, [probe(5, words="all well")])
        b.append_control(EntryKind.ACTIVATION, 9, activation(project=OTHER))
        yield a, b


def depart(journal, outbox_id=50, **more):
    record = {"project": PROJECT, "effective_us": 0, "to": "b"} | more
    return journal.append_control(EntryKind.DEPARTURE, outbox_id, record)


def carry(paths, target, *, bytes_max=1) -> dict[str, object]:
    """All pages over; the record of the arrival."""
    with JournalReader(paths[0]) as reader, JournalReader(paths[1]) as there:
        while (page := reader.page_after(PROJECT, there.staged_to(PROJECT), bytes_max)).entries:
            target.stage(PROJECT, page)
        target.stage(PROJECT, reader.codes_after(PROJECT, 0))
        entry = reader.departures()[PROJECT]
        whole = reader.whole(PROJECT)
        left = reader.entries_after(entry - 1, 1)[0]
    return {
        "project": PROJECT,
        "effective_us": 0,
        "came_from": "a",
        "entry": entry,
        "ingest_us": left.ingest_us,
        "entries": whole.entries,
        "codes": whole.codes,
        "digest": whole.digest,
    }


def moved(paths, journals) -> int:
    depart(journals[0])
    record = carry(paths, journals[1])
    return journals[1].append_control(EntryKind.ARRIVAL, 51, record)


def test_from_its_departure_on_a_journal_takes_nothing_of_a_project(journals):
    a, _ = journals
    depart(a)
    with pytest.raises(DepartedProjectError):
        a.append_batch(PROJECT, SOURCE, [transfer(6)])
    with pytest.raises(PermitRefusedError) as refused:
        a.submit_lease(KEY_ID, "n").result()
    assert refused.value.code == "departed"
    with pytest.raises(ControlError, match="has left"):
        a.append_control(
            EntryKind.PLAN, 60, {"project": PROJECT, "effective_us": 0, "plan": {"x": "1"}}
        )


def test_what_came_is_what_left_entry_by_entry(paths, journals):
    arrival = moved(paths, journals)
    with JournalReader(paths[0]) as old, JournalReader(paths[1]) as new:
        left = [e for e in old if e.project in (PROJECT, "") and e.kind is not EntryKind.DEPARTURE]
        came = list(new.arrived(PROJECT))
        head = [
            (e.entry, e.kind, e.seq0, e.n, e.ingest_us, e.source, e.epoch, e.sha256) for e in left
        ]
        assert [
            (e.entry, e.kind, e.seq0, e.n, e.ingest_us, e.source, e.epoch, e.sha256) for e in came
        ] == head
        for one, other in zip(left, came, strict=True):
            if one.kind is EntryKind.DATA:
                assert one.table().equals(other.table())
        assert old.pseudonyms(PROJECT) == new.pseudonyms(PROJECT)
        assert old.gaps(PROJECT) == new.gaps(PROJECT)
        assert old.feeds(PROJECT) == new.feeds(PROJECT)
        assert arrival > max(e.entry for e in came)
        assert new.entry_counts()[PROJECT] == old.entry_counts()[PROJECT]


def test_what_is_sent_again_is_known_and_another_payload_is_a_conflict(paths, journals):
    moved(paths, journals)
    b = journals[1]
    again = b.append_batch(PROJECT, SOURCE, [transfer(1), probe(5, words="all well"), transfer(3)])
    assert [one.status for one in again.items] == [
        ItemStatus.DUPLICATE,
        ItemStatus.DUPLICATE,
        ItemStatus.ACCEPTED,
    ]
    others = b.append_batch(
        PROJECT, SOURCE, [transfer(1, "99.00"), transfer(2, "99.00", rev=1), void(4)]
    )
    assert [one.status for one in others.items] == [
        ItemStatus.CONFLICT,
        ItemStatus.CONFLICT,
        ItemStatus.DUPLICATE,
    ]


def test_codes_go_on_where_they_were_even_of_investors_who_were_erased(paths, journals):
    a, b = journals
    a.erase_pseudonym(PROJECT, "p_bbbbbbbb", by="officer", reason="asked for")
    moved(paths, journals)
    data = {"amount": "1.00", "sender": "p_cccccccc", "receiver": "p_aaaaaaaa"}
    b.append_batch(PROJECT, SOURCE, [transfer(7, data=data)])
    with JournalReader(paths[1]) as reader:
        assert reader.pseudonyms(PROJECT) == {2: "p_aaaaaaaa", 3: "p_cccccccc"}


def test_it_is_all_there_after_a_restart_and_whole_when_checked(paths, journals):
    moved(paths, journals)
    a, b = journals
    b.append_batch(PROJECT, SOURCE, [transfer(6)])
    b.seal()
    b.close()
    with Journal(paths[1]) as again:
        assert again.registry.keys[KEY_ID].project == PROJECT
        assert again.append_batch(PROJECT, SOURCE, [transfer(2)]).items[0].status is (
            ItemStatus.DUPLICATE
        )
        again.submit_lease(KEY_ID, "n1")
    a.close()
    for path in paths:
        assert check_journal(path).damage == []


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM arrived WHERE kind = 'data'",
        "UPDATE arrived SET ingest_us = ingest_us + 1 WHERE kind = 'data'",
        "UPDATE arrived SET sha256 = x'00' WHERE kind = 'plan' OR kind = 'key'",
        "DELETE FROM code WHERE pseudonym = 'p_aaaaaaaa'",
    ],
)
def test_what_is_not_whole_is_not_taken_up(paths, journals, change):
    a, b = journals
    depart(a)
    record = carry(paths, b)
    b.close()
    db = sqlite3.connect(paths[1])
    for name in ("no_delete", "no_update"):
        db.execute(f"DROP TRIGGER arrived_{name}")
    db.execute(change)
    db.commit()
    db.close()
    with Journal(paths[1]) as again:
        with pytest.raises(ControlError, match="not what left"):
            again.append_control(EntryKind.ARRIVAL, 51, record)
        assert PROJECT not in again.registry.projects


def test_a_clock_that_is_too_far_ahead_is_not_followed(paths, journals):
    a, b = journals
    depart(a)
    record = carry(paths, b)
    with pytest.raises(ControlError, match="clock"):
        b.append_control(EntryKind.ARRIVAL, 51, record | {"ingest_us": 2**61})


def test_a_journal_is_not_come_back_to(paths, journals):
    a, _ = journals
    moved(paths, journals)
    with pytest.raises(ControlError, match="cannot come here"):
        a.append_control(EntryKind.ARRIVAL, 70, _any_arrival())


def _any_arrival():
    return {
        "project": PROJECT,
        "effective_us": 0,
        "came_from": "b",
        "entry": 1,
        "ingest_us": 1,
        "entries": 0,
        "codes": 0,
        "digest": "sha256:" + 64 * "0",
    }


def test_what_came_can_be_neither_changed_nor_added_to(paths, journals):
    moved(paths, journals)
    _, b = journals
    with JournalReader(paths[0]) as reader:
        page = reader.page_after(PROJECT, 0, 10**6)
    later = Carried(9_999, *_rest(page.entries[-1]))
    with pytest.raises(sqlite3.IntegrityError):
        b.stage(PROJECT, Page(entries=[later]))
    b.close()
    db = sqlite3.connect(paths[1])
    for change in ("DELETE FROM arrived", "UPDATE arrived SET payload = x''"):
        with pytest.raises(sqlite3.IntegrityError):
            db.execute(change)
    db.close()


def _rest(one):
    return (
        one.kind,
        one.seq0,
        one.n,
        one.ingest_us,
        one.source,
        one.epoch,
        one.sha256,
        one.payload,
    )


def test_retention_empties_both_copies(paths, journals):
    moved(paths, journals)
    a, b = journals
    over = {"project": PROJECT, "effective_us": 0, "outcome": "moved", "keep_until_us": 1}
    a.append_control(EntryKind.CLOSING, 80, over)
    b.append_control(EntryKind.CLOSING, 81, over | {"outcome": "graduated"})
    assert (a.retain(), b.retain()) == ([PROJECT], [PROJECT])
    for path in paths:
        with JournalReader(path) as reader:
            assert reader.pseudonyms(PROJECT) == {}
            told = [e for e in reader if e.kind is EntryKind.DATA and e.project == PROJECT]
            assert told
            assert all(entry.removed for entry in told)
        assert check_journal(path).damage == []


def test_a_route_says_where_and_by_which_keys_and_not_of_what_is_here(paths, journals):
    a, b = journals
    b.append_control(EntryKind.ROUTE, 90, ROUTE | {"url": "https://a.example"})
    assert b.registry.routes[PROJECT] == "https://a.example"
    assert b.registry.foreign_keys[KEY_ID].project == PROJECT
    with pytest.raises(ControlError, match="is in this journal"):
        a.append_control(EntryKind.ROUTE, 91, ROUTE)
    with pytest.raises(ControlError, match="not the id"):
        b.append_control(EntryKind.ROUTE, 92, ROUTE | {"keys": {"x": KEY_RECORD["public_key"]}})
    depart(a)
    a.append_control(EntryKind.ROUTE, 93, ROUTE)
    assert a.registry.copy().routes == {PROJECT: "https://b.example"}


@pytest.mark.parametrize("state", ["unknown", "closed", "gone"])
def test_only_an_open_project_that_is_here_departs(journals, state):
    a, _ = journals
    if state == "closed":
        record = {"project": PROJECT, "effective_us": 0, "outcome": "graduated"}
        a.append_control(EntryKind.CLOSING, 40, record)
    if state == "gone":
        depart(a)
    with pytest.raises(ControlError):
        depart(a, 52, project=OTHER if state == "unknown" else PROJECT)


def test_the_log_leaves_no_number_out_but_before_an_arrival(paths, journals):
    moved(paths, journals)
    _, b = journals
    last = b.append_tick()
    b.close()
    db = sqlite3.connect(paths[1])
    row = (last + 2, "tick", "", 0, 0, 2**62, "", 0, b"", b"")
    with pytest.raises(sqlite3.IntegrityError, match="follows"):
        db.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    db.close()
