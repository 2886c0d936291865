"""What releases before the record published is on it after an upgrade: once, in order, no more."""

from __future__ import annotations

import threading
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.utils import timezone

from shidian.apps.cases import domain as cases
from shidian.apps.cases import outbox
from shidian.apps.cases.models import Outbox
from shidian.apps.lab import domain as lab
from shidian.apps.lab.domain import noting
from shidian.apps.lab.whatif import what_if
from shidian.apps.notices import domain as notices
from shidian.apps.notices.models import CommentState, PublishedLeaf, PublishedSnapshot, SnapshotKind
from shidian.apps.portal import snapshots
from shidian.apps.record.audit import Problem, audit
from shidian.apps.record.domain import back_fill
from shidian.apps.record.leaves import TOPIC
from shidian.core.record.notary import Notary
from shidian.core.record.reader import LogReader
from shidian.core.rulebook.model import StageKind
from tests.apps.lab.things import AT, make_draft
from tests.apps.supervision.things import run_outbox
from tests.factories import Walk

from .things import LocalNotary, MemoryNotary, feed, row_of, said
from .triggers import without_triggers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.factories import World

UNTOLD = ("page.published", "page.withdrawn", "calendar.changed")
"""Kinds of which the first releases wrote no rows; nor of anything that concerns a draft."""


def forget() -> None:
    """Leave the outbox as the releases before the record left it."""
    with without_triggers():
        rows = Outbox.objects.filter(topic=TOPIC)
        rows.filter(payload__kind__in=UNTOLD).delete()
        rows.filter(case=None, payload__kind__in=("notice.opened", "comment.answered")).delete()


@pytest.fixture
def upgraded(world: World) -> None:
    """A page replaced, one taken off, and a refusal of which nobody heard."""
    refused = Walk(world, title="未公开的申请")
    refused.to(StageKind.SCREENING)
    cases.reject_case(case=refused.case, reason="不符合", by=refused.officer, at=refused.tick())
    for text in ("更正前", "更正后"):
        notices.publish_snapshot(kind=SnapshotKind.CALL, key="two", zh={"a": text}, en={"a": text})
    notices.publish_snapshot(kind=SnapshotKind.CALL, key="off", zh={"a": 1}, en={"a": 1})
    notices.withdraw_snapshot(kind=SnapshotKind.CALL, key="off")
    run_outbox()
    forget()


def consult(world: World) -> None:
    """A draft put out for comment; one comment on it, answered."""
    officer = world.case_officer["bureau"]
    consultation = lab.open_consultation(
        draft=make_draft(world),
        title="征求意见",
        title_en="Consultation",
        body="请提意见。",
        body_en="Please comment.",
        working_days=5,
        by=officer,
        at=AT,
    )
    comment = notices.receive_comment(notice=consultation.notice, body="我有异议", at=AT)
    notices.moderate_comment(comment=comment, state=CommentState.PUBLISHED, by=officer, at=AT)
    notices.answer_comment(comment=comment, answer="已研究。", by=officer, at=AT)


@pytest.fixture
def notary(tmp_path: Path) -> Iterator[LocalNotary]:
    with Notary(tmp_path, "record.test") as notary:
        yield LocalNotary(notary)


def test_after_an_upgrade_the_audit_finds_nothing(walk, notary, tmp_path, monkeypatch):
    monkeypatch.setattr(noting, "what_if", partial(what_if, cases=2))
    walk.to(StageKind.RUNNING)
    consult(walk.world)
    notices.publish_snapshot(kind=SnapshotKind.CALL, key="off", zh={"a": 1}, en={"a": 1})
    notices.withdraw_snapshot(kind=SnapshotKind.CALL, key="off")
    run_outbox()
    forget()
    reader = LogReader(tmp_path / "tiles")
    feed(notary)
    missing = {one.what for one in audit(reader) if one.problem == Problem.MISSING}
    assert any("calendar" in what for what in missing)
    assert any("draft" in what for what in missing)
    assert "page call off v1 withdrawn" in missing
    assert back_fill() == len(missing)
    feed(notary)
    assert audit(reader) == []
    assert back_fill() == 0
    answer = row_of("comment.answered")
    assert "commitment" in said(answer)
    assert not PublishedLeaf.objects.filter(index=answer.index).exists()


def test_late_acts_stand_in_the_order_in_which_they_were_done(upgraded):
    last = Outbox.objects.order_by("pk").last().pk
    back_fill()
    late = Outbox.objects.filter(pk__gt=last).order_by("pk")
    times = [datetime.fromisoformat(row.payload["at"]) for row in late]
    assert len(times) > 5
    assert times == sorted(times)
    assert all(row.payload["late"] for row in late)


def test_what_had_left_the_site_is_sealed_and_the_record_does_not_bring_it_back(upgraded):
    memory = MemoryNotary()
    back_fill()
    feed(memory)
    for key, version, gone in (("two", 1, "replaced"), ("off", 1, "withdrawn")):
        row = row_of("page.published", key=key, version=version)
        assert set(said(row)) >= {"commitment"}
        assert snapshots.text_of_leaf(row.index).document is None
        assert snapshots.text_of_leaf(row.index).gone == gone
    current = row_of("page.published", key="two", version=2)
    assert "text_sha256" in said(current)
    assert snapshots.text_of_leaf(current.index).document["zh"] == {"a": "更正后"}
    everything = b"".join(memory.leaves).decode()
    for page in PublishedSnapshot.objects.filter(key="two", version=1):
        assert page.digest not in everything


def test_what_nobody_may_know_still_waits_for_its_slot(upgraded):
    memory = MemoryNotary()
    now = timezone.now()
    back_fill()
    feed(memory, now=now)
    refusal = row_of("case.closed")
    assert refusal.index is None
    assert refusal.due > now
    everything = b"".join(memory.leaves).decode()
    assert refusal.outbox.case.reference not in everything


def test_an_act_of_a_case_without_its_row_is_left_to_the_audit(upgraded, notary, tmp_path):
    """What of it may be told was decided with it: nobody guesses that afterwards."""
    with without_triggers():
        Outbox.objects.filter(topic=TOPIC, payload__kind="case.closed").delete()
    back_fill()
    feed(notary)
    (found,) = audit(LogReader(tmp_path / "tiles"))
    assert found.problem == Problem.MISSING
    assert "case.closed" in found.what


def test_killed_on_the_way_it_begins_again(upgraded, monkeypatch):
    before, put, left = Outbox.objects.count(), outbox.put, [5]

    def die(*args: Any, **kwargs: Any) -> Outbox:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return put(*args, **kwargs)

    monkeypatch.setattr(outbox, "put", die)
    with pytest.raises(KeyboardInterrupt):
        back_fill()
    assert Outbox.objects.count() == before
    monkeypatch.setattr(outbox, "put", put)
    assert back_fill() > 5


def test_two_workers_that_start_at_once_fill_in_once(committed_db):
    for number in range(30):
        notices.publish_snapshot(kind=SnapshotKind.CALL, key=f"n-{number}", zh={}, en={})
    forget()
    filled: list[int] = []
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        filled.append(back_fill())
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert sorted(filled) == [0, Outbox.objects.filter(topic=TOPIC, payload__late=True).count()]
    assert filled[0] + filled[1] >= 30
