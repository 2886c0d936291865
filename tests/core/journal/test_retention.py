"""Events of a closed project go when their time is over: not before, wholly, whatever crashes."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from pathlib import Path

import pytest

from shidian.core.journal import EntryKind, Journal, JournalReader
from shidian.core.journal import writer as writing
from shidian.core.journal.checking import check_journal
from shidian.core.journal.entry import EventsRemovedError
from shidian.core.journal.sealed import segments_folder
from tests.core.journal.samples import PROJECT, SOURCE, START_US, activate, activation, transfer

OTHER = "P-2026-0002"
NOW_US = START_US + 40 * 86_400_000_000
UNTIL_US = NOW_US + 1_000_000
WHO = "p_whosemoney"


@pytest.fixture
def path(tmp_path):
    """Two projects with sealed and unsealed events; one is closed and kept until UNTIL_US."""
    path = tmp_path / "journal.sqlite3"
    data = {"amount": "10.00", "sender": WHO, "receiver": "p_bbbbbbbb"}
    with opened(path) as journal:
        activate(journal)
        journal.append_control(EntryKind.ACTIVATION, 2, activation(project=OTHER))
        for seqno in (1, 2, 3):
            journal.append_batch(PROJECT, SOURCE, [transfer(seqno, data=data)])
            journal.append_batch(OTHER, SOURCE, [transfer(seqno, project=OTHER)])
            if seqno < 3:
                journal.seal()
        close(journal)
    return path


def opened(path, now_us=NOW_US):
    return Journal(path, clock=lambda: now_us)


def close(journal, outbox_id=3, *, until_us=UNTIL_US, outcome="graduated"):
    record = {"project": PROJECT, "effective_us": NOW_US, "outcome": outcome}
    if until_us is not None:
        record["keep_until_us"] = until_us
    journal.append_control(EntryKind.CLOSING, outbox_id, record)


def retain(path, now_us=UNTIL_US):
    with opened(path, now_us) as journal:
        return journal.retain()


def entries(path):
    with JournalReader(path) as reader:
        return list(reader)


def files(path, project):
    return sorted((segments_folder(path) / project).glob("*"))


def assert_gone(path, before):
    """Nothing of PROJECT's events is left but what identifies them; OTHER is as it was."""
    after = entries(path)
    assert len(after) >= len(before)
    for old, new in zip(before, after, strict=False):
        mine = old.project == PROJECT and old.kind is EntryKind.DATA
        assert new.payload == (b"" if mine else old.payload)
        assert (new.entry, new.n, new.ingest_us, new.sha256) == (
            old.entry,
            old.n,
            old.ingest_us,
            old.sha256,
        )
        assert new.removed is mine
    assert files(path, PROJECT) == []
    assert len(files(path, OTHER)) == 2
    with JournalReader(path) as reader:
        assert reader.pseudonyms(PROJECT) == {}
        assert len(reader.pseudonyms(OTHER)) == 2
        assert reader.removals()[PROJECT].finished_us is not None
    for file in (path, path.with_name(f"{path.name}-wal")):
        assert not file.exists() or WHO.encode() not in file.read_bytes()


def test_events_go_when_their_time_is_over_and_not_before(path):
    before = entries(path)
    assert WHO.encode() in path.read_bytes()
    assert retain(path, UNTIL_US - 1) == []
    assert entries(path) == before
    assert retain(path) == [PROJECT]
    assert_gone(path, before)
    assert retain(path) == []


def test_whoever_asks_for_removed_events_is_told_so(path):
    retain(path)
    [gone, *_] = [entry for entry in entries(path) if entry.removed]
    with pytest.raises(EventsRemovedError, match=f"entry {gone.entry} of {PROJECT} were removed"):
        gone.table()


def test_removal_and_manifest_say_when_and_why(path):
    with JournalReader(path) as reader:
        named = reader.sealed_segments(PROJECT)
    retain(path)
    with JournalReader(path) as reader:
        removal = reader.removals()[PROJECT]
        assert reader.sealed_segments(PROJECT) == []
        [closing] = reader.closings()
    assert (removal.entry, removal.outcome) == (closing.entry, "graduated")
    assert (removal.keep_until_us, removal.removed_us) == (UNTIL_US, UNTIL_US)
    with sqlite3.connect(path) as db:
        kept = db.execute("SELECT path, sha256, rows FROM removed_segment").fetchall()
    db.close()
    assert kept == [(one.path, one.sha256, one.rows) for one in named]


def test_whole_journal_with_removed_events_is_no_damage(path):
    retain(path)
    found = check_journal(path)
    assert (found.damage, found.strays, found.unfinished) == ([], 0, [])
    assert (found.removed, found.removed_entries) == ([PROJECT], 3)


@pytest.mark.parametrize("until_us", [None, UNTIL_US + 1])
def test_last_closing_says_until_when(path, until_us):
    with opened(path) as journal:
        close(journal, 4, until_us=until_us, outcome="terminated")
    before = entries(path)
    assert retain(path) == []
    assert entries(path) == before


def test_sealing_and_joining_go_on_around_removed_events(path):
    retain(path)
    with opened(path, UNTIL_US) as journal:
        journal.append_batch(OTHER, SOURCE, [transfer(4, project=OTHER)])
        with JournalReader(path) as reader:
            assert reader.unsealed_rows() == 2
        assert journal.seal() == 2
        assert journal.compact() == 2
    rows = [
        entry.table().num_rows
        for entry in entries(path)
        if entry.project == OTHER and entry.n and entry.kind is EntryKind.DATA
    ]
    assert rows == [1] * 4
    assert check_journal(path).damage == []


@pytest.mark.parametrize(
    "statement",
    [
        f"INSERT INTO removal VALUES ('{PROJECT}', 9, 'graduated', {UNTIL_US}, {UNTIL_US - 1}, 0)",
        f"INSERT INTO removal VALUES ('{PROJECT}', 9, 'graduated', {UNTIL_US - 9}, {UNTIL_US}, 0)",
        f"INSERT INTO removal VALUES ('{OTHER}', 9, 'graduated', {UNTIL_US}, {UNTIL_US}, 0)",
        f"UPDATE entry SET payload = x'' WHERE project = '{PROJECT}' AND length(payload) > 0",
    ],
)
def test_database_itself_refuses_to_lose_events_before_their_time(path, statement):
    with JournalReader(path) as reader:
        assert reader.closings()[0].entry == 9
    with sqlite3.connect(path) as db, pytest.raises(sqlite3.IntegrityError):
        db.execute(statement)
    db.close()


def test_reader_that_was_open_goes_on(path):
    with JournalReader(path) as reader:
        head = reader.entries_after(0, 3)
        assert head[2].table().num_rows == 1
        retain(path)
        rest = reader.entries_after(3, 99)
        gone = [entry.entry for entry in rest if entry.removed]
        assert gone == [e.entry for e in rest if (e.project, e.kind) == (PROJECT, "data")]
        whole = [entry.table().num_rows for entry in rest if entry.project == OTHER and entry.n]
        assert whole == [1, 1, 1]


def steps_until_killed(path, at):
    """`retain` in a process of its own, killed before its `at`-th statement or deletion.

    False where it came to its end before.
    """
    child = os.fork()
    if child == 0:
        left = [at]

        def step(*_):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        unlink, connect = Path.unlink, writing.open_writer

        def traced(file):
            db = connect(file)
            db.set_trace_callback(step)
            return db

        Path.unlink = lambda self, **more: (step(), unlink(self, **more))
        writing.open_writer = traced
        retain(path)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL)
    return status != 0


def test_killed_at_any_step_events_are_whole_or_gone_and_the_next_call_finishes(path):
    before = entries(path)
    kept = removed = 0
    at = 0
    stash = path.with_name("stash")
    while True:
        for name in (path, segments_folder(path)):
            copy(name, stash / name.name)
        killed = steps_until_killed(path, at)
        after = entries(path)
        states = {
            entry.removed for entry in after if (entry.project, entry.kind) == (PROJECT, "data")
        }
        assert len(states) == 1, f"half removed, killed at step {at}"
        assert [e for e in after if e.project == OTHER] == [e for e in before if e.project == OTHER]
        assert check_journal(path).damage == []
        kept += states == {False}
        removed += states == {True}
        retain(path)
        assert_gone(path, before)
        if not killed:
            break
        for name in (path, segments_folder(path)):
            copy(stash / name.name, name)
        at += 1
    assert kept > 3
    assert removed > 6


def copy(source, target):
    if target.is_dir():
        shutil.rmtree(target)
    for leftover in target.parent.glob(f"{target.name}-*"):
        leftover.unlink()
    target.parent.mkdir(exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)
