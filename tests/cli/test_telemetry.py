"""Looking after a journal from the command line: sealing, joining, checking, erasing."""

from __future__ import annotations

import sqlite3

import pytest
from click.testing import CliRunner

from shidian.cli.telemetry import telemetry
from shidian.core.journal import EntryKind, Journal, JournalReader
from shidian.core.journal.sealed import segments_folder
from tests.core.journal.samples import PROJECT, SOURCE, START_US, activate, transfer

WHO = ("--project", PROJECT, "--by", "Wang Fang", "--reason", "request of 3 May")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "journal.sqlite3"
    with opened(path) as journal:
        activate(journal)
        for first in (1, 3, 5):
            journal.append_batch(PROJECT, SOURCE, [transfer(first), transfer(first + 1)])
    return path


def opened(path):
    return Journal(path, clock=lambda: START_US + 10**9)


def run(path, *arguments, stdin=None):
    command = [arguments[0], "--journal", str(path), *arguments[1:]]
    return CliRunner().invoke(telemetry, command, input=stdin)


def entries(path):
    with JournalReader(path) as reader:
        return list(reader)


def files(path):
    return sorted(segments_folder(path).glob("*/*.parquet"))


def seal_apart(path):
    for keep in (4, 2, 0):
        assert run(path, "seal", "--keep-rows", str(keep)).output == "2 rows sealed\n"


def test_sealing_and_joining_leave_the_log_as_it_was(path):
    before = entries(path)
    assert run(path, "seal", "--keep-rows", "4", "--dry-run").output == "2 rows to seal\n"
    assert files(path) == []
    seal_apart(path)
    assert len(files(path)) == 3
    assert "2 files fewer" in run(path, "compact", "--dry-run").output
    assert run(path, "compact", "--files-min", "4").output == "0 files fewer\n"
    assert len(files(path)) == 3
    assert run(path, "compact").output == "2 files fewer\n"
    assert len(files(path)) == 1
    assert run(path, "seal").output == "0 rows sealed\n"
    assert entries(path) == before
    assert run(path, "verify").exit_code == 0


@pytest.mark.parametrize("command", [("seal",), ("compact",), ("retain",), ("erase", *WHO)])
def test_what_writes_is_refused_while_a_gate_has_the_journal(path, command):
    with opened(path):
        result = run(path, *command, stdin="p_aaaaaaaa\n")
    assert result.exit_code == 1
    assert "stop that gate" in result.output
    assert entries(path)


@pytest.mark.parametrize(
    "command", [("seal",), ("verify",), ("retain",), ("erase", *WHO), ("erasures",)]
)
def test_no_journal_is_made_where_there_is_none(tmp_path, command):
    result = run(tmp_path / "none.sqlite3", *command, stdin="p_aaaaaaaa\n")
    assert result.exit_code == 2
    assert "no journal at" in result.output
    assert list(tmp_path.iterdir()) == []


def test_verify_counts_what_it_read_also_while_a_gate_runs(path):
    seal_apart(path)
    (segments_folder(path) / PROJECT / "left.part").write_bytes(b"x")
    with opened(path) as journal:
        journal.append_batch(PROJECT, SOURCE, [transfer(9)])
        result = run(path, "verify")
    assert result.exit_code == 0, result.output
    assert "5 entries, 3 sealed files of 6 rows" in result.output
    assert "1 files are no part of the log" in result.output


def flip(file):
    content = bytearray(file.read_bytes())
    content[40] ^= 1
    file.write_bytes(content)


def altered(path, statement):
    db = sqlite3.connect(path)
    db.execute("DROP TRIGGER entry_no_update")
    db.execute("DROP TRIGGER entry_no_delete")
    db.execute(statement)
    db.commit()
    db.close()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: flip(files(path)[1]), "cannot be trusted"),
        (lambda path: files(path)[0].unlink(), "cannot be trusted"),
        (lambda path: altered(path, "UPDATE entry SET n = 7 WHERE entry = 3"), "rows of entry 3"),
        (
            lambda path: altered(path, "UPDATE entry SET payload = x'7b7d' WHERE entry = 1"),
            "entry 1",
        ),
        (lambda path: altered(path, "DELETE FROM entry WHERE entry = 3"), "entry 3 is missing"),
        (lambda path: altered(path, "DELETE FROM segment WHERE first_entry = 3"), "in no segment"),
        (
            lambda path: altered(path, "UPDATE entry SET ingest_us = 5 WHERE entry = 4"),
            "entry 4 was",
        ),
    ],
)
def test_verify_names_what_is_damaged(path, damage, said):
    seal_apart(path)
    damage(path)

    result = run(path, "verify")

    assert result.exit_code == 1
    assert said in result.output
    assert "DAMAGED" in result.output


def test_a_file_that_is_no_database_is_damaged(tmp_path):
    path = tmp_path / "journal.sqlite3"
    path.write_bytes(b"not a database, not at all" * 100)
    assert run(path, "verify").exit_code == 1


def test_an_erased_pseudonym_is_in_no_file_and_the_act_is_kept(path):
    before = entries(path)
    assert run(path, "erase", *WHO, "--dry-run", stdin="p_aaaaaaaa\n").output.startswith("known")

    result = run(path, "erase", *WHO, stdin="p_aaaaaaaa\n")

    assert (result.exit_code, result.output) == (0, "erased\n")
    assert entries(path) == before
    for file in path.parent.iterdir():
        assert file.is_dir() or b"p_aaaaaaaa" not in file.read_bytes()
    listed = run(path, "erasures").output
    assert f"{PROJECT}  code " in listed
    assert "Wang Fang: request of 3 May" in listed
    assert run(path, "erasures", "--project", "P-other").output == ""
    again = run(path, "erase", *WHO, stdin="p_aaaaaaaa\n")
    assert (again.exit_code, again.output) == (1, "not known: nothing was erased\n")


def test_an_erasure_says_who_and_why_without_whom(path):
    named = ("--project", PROJECT, "--by", "Wang", "--reason", "of p_aaaaaaaa")
    assert run(path, "erase", *named, stdin="p_aaaaaaaa\n").exit_code == 2
    assert run(path, "erase", *WHO, stdin="\n").exit_code == 2
    assert run(path, "erasures").output == ""


def close(path, *, until_us):
    with opened(path) as journal:
        record = {"project": PROJECT, "effective_us": START_US, "outcome": "graduated"}
        if until_us is not None:
            record["keep_until_us"] = until_us
        journal.append_control(EntryKind.CLOSING, 90, record)


def test_retain_removes_what_is_due_and_says_so(path):
    seal_apart(path)
    close(path, until_us=START_US + 1)
    before = entries(path)
    said = run(path, "retain", "--dry-run").output
    assert f"{PROJECT}: closed as graduated; TO BE REMOVED: kept until 2023-01-01T00:00:00" in said
    assert "1 of 1 closed pilots' events would be removed" in said
    assert entries(path) == before

    result = run(path, "retain")
    assert result.exit_code == 0
    assert result.output == f"{PROJECT}: events removed\n1 pilots' events removed\n"
    assert files(path) == []
    verified = run(path, "verify")
    assert verified.exit_code == 0
    assert "3 entries of 1 pilots say no more than their hash: removed" in verified.output
    assert f"{PROJECT}: closed as graduated; removed on" in run(path, "retain", "--dry-run").output
    assert run(path, "retain").output == "0 pilots' events removed\n"


@pytest.mark.parametrize(
    ("until_us", "said"), [(None, "kept: the rulebook names no end"), (2**52, "; kept until 2112-")]
)
def test_retain_leaves_what_is_to_be_kept(path, until_us, said):
    close(path, until_us=until_us)
    before = entries(path)
    assert said in run(path, "retain", "--dry-run").output
    assert run(path, "retain").output == "0 pilots' events removed\n"
    assert entries(path) == before
