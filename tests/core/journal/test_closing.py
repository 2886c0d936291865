"""A closed project takes nothing more, and what came before stays as it was decided on."""

from __future__ import annotations

import pytest

from shidian.core.journal import ControlError, EntryKind, Journal, JournalReader, ProjectClosedError
from shidian_kit.wire import keys
from shidian_kit.wire.envelope import Op

from .samples import PROJECT, SOURCE, START_US, activate, activation, transfer

NOW_US = START_US + 40 * 86_400_000_000
OTHER = "P-2026-0002"
CLOSING = {
    "project": PROJECT,
    "effective_us": NOW_US,
    "outcome": "graduated",
    "keep_until_us": NOW_US + 1,
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite3"


@pytest.fixture
def journal(path):
    with Journal(path, clock=lambda: NOW_US) as opened:
        activate(opened)
        opened.append_control(EntryKind.ACTIVATION, 2, activation(project=OTHER))
        opened.append_batch(PROJECT, SOURCE, [transfer(1)])
        yield opened


def key(*, revoked):
    public = keys.load_public(keys.public_text(keys.generate().public_key()))
    return {
        "project": PROJECT,
        "source": SOURCE,
        "key_id": keys.key_id(public),
        "public_key": keys.public_text(public),
        "revoked": revoked,
    }


def test_closed_project_takes_no_event_of_any_kind(journal, path):
    journal.append_control(EntryKind.CLOSING, 3, CLOSING)
    last = transfer(2), transfer(1, "11.00", rev=1, op=Op.CORRECT), transfer(1)
    for event in last:
        with pytest.raises(ProjectClosedError, match=f"{PROJECT} is closed"):
            journal.append_batch(PROJECT, SOURCE, [event])
    other = journal.append_batch(OTHER, SOURCE, [transfer(1, project=OTHER)])
    assert [item.status for item in other.items] == ["accepted"]
    with JournalReader(path) as reader:
        kinds = [entry.kind for entry in reader if entry.project == PROJECT]
    assert kinds == [EntryKind.ACTIVATION, EntryKind.DATA, EntryKind.CLOSING]


def test_closed_project_stays_closed_after_a_restart(journal, path):
    journal.append_control(EntryKind.CLOSING, 3, CLOSING)
    journal.close()
    with Journal(path) as again, pytest.raises(ProjectClosedError):
        again.append_batch(PROJECT, SOURCE, [transfer(2)])


def test_closing_is_kept_as_it_was_told_and_once(journal, path):
    entry = journal.append_control(EntryKind.CLOSING, 3, CLOSING)
    assert journal.append_control(EntryKind.CLOSING, 3, CLOSING) == entry
    with JournalReader(path) as reader:
        assert reader.entries_after(entry - 1, 1)[0].control() == CLOSING


def test_nothing_begins_in_a_closed_project_but_a_key_may_end(journal):
    journal.append_control(EntryKind.CLOSING, 3, CLOSING)
    plan = {"project": PROJECT, "effective_us": NOW_US, "plan": {}}
    for kind, record in [
        (EntryKind.PLAN, plan),
        (EntryKind.ACTIVATION, activation()),
        (EntryKind.KEY, key(revoked=False)),
    ]:
        with pytest.raises(ControlError, match="is closed"):
            journal.append_control(kind, 4, record)
    assert journal.append_control(EntryKind.KEY, 4, key(revoked=True)) > 0


def test_project_without_rules_cannot_be_closed(journal):
    with pytest.raises(ControlError, match="no rulebook"):
        journal.append_control(EntryKind.CLOSING, 3, CLOSING | {"project": "P-9"})


def test_no_tick_is_due_for_closed_projects_alone(journal):
    journal.append_control(EntryKind.KEY, 3, key(revoked=False))
    assert journal.registry.tick_us() == 2_000_000
    journal.append_control(EntryKind.CLOSING, 4, CLOSING)
    assert journal.registry.tick_us() is None
