"""The audit names what is public and not on record as it happened, and is silent otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.utils import timezone

from shidian.apps.cases import domain as cases
from shidian.apps.cases import outbox
from shidian.apps.cases.models import CaseEvent
from shidian.apps.notices import domain as notices
from shidian.apps.notices.models import (
    ErasureGround,
    PublishedLeaf,
    PublishedSnapshot,
    SnapshotKind,
)
from shidian.apps.record.audit import Problem, audit
from shidian.apps.record.domain import erase_text, prepare_leaves
from shidian.apps.record.leaves import TOPIC
from shidian.apps.record.models import LeafRow
from shidian.core.record.notary import Notary
from shidian.core.record.reader import LogReader
from shidian.core.record.verify import verify_log
from shidian.core.rulebook.model import StageKind
from shidian_kit.wire.policy import parse_policy
from tests.apps.supervision.things import run_outbox
from tests.factories import Walk

from .things import LocalNotary, feed, row_of
from .triggers import without_triggers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.django_db


@pytest.fixture
def notary(tmp_path: Path) -> Iterator[LocalNotary]:
    with Notary(tmp_path, "record.test") as notary:
        yield LocalNotary(notary)


@pytest.fixture
def reader(tmp_path: Path) -> LogReader:
    return LogReader(tmp_path / "tiles")


@pytest.fixture
def few(db: None, notary: LocalNotary) -> LocalNotary:
    """A page, a page with a comment, and something that nobody may know: all on record."""
    notices.publish_snapshot(kind=SnapshotKind.CALL, key="one", zh={"a": 1}, en={"a": 1})
    quoting = {"comments": [{"text": "我有异议"}]}
    notices.publish_snapshot(kind=SnapshotKind.NOTICE, key="n-1", zh=quoting, en=quoting)
    feed_all(notary)
    return notary


def feed_all(notary: LocalNotary) -> None:
    feed(notary, slot_s=1)
    feed(notary, slot_s=1, now=timezone.now() + timedelta(seconds=2))


def found(reader: LogReader, **options: object) -> list[tuple[str, str]]:
    return [(one.problem.value, one.what) for one in audit(reader, **options)]


def sql(statement: str, *values: object) -> None:
    """What somebody with the database's password could do: past the triggers."""
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_a_whole_case_with_its_pages_and_a_refusal_has_nothing_to_find(walk, notary, reader):
    walk.to(StageKind.CLOSED)
    refused = Walk(walk.world, title="未公开的申请")
    refused.to(StageKind.SCREENING)
    cases.reject_case(case=refused.case, reason="不符合", by=refused.officer, at=refused.tick())
    run_outbox()
    feed_all(notary)
    assert found(reader) == []


def test_an_act_that_no_row_tells_of_is_missing(walk, notary, reader):
    walk.create()
    feed_all(notary)
    CaseEvent.objects.create(
        case=walk.case, seq=99, kind="notice.opened", at=walk.tick(), actor_kind="officer"
    )
    ((problem, what),) = found(reader)
    assert problem == Problem.MISSING
    assert "notice.opened of case" in what


def test_an_act_recorded_twice_is_named(world, notary, reader):
    feed_all(notary)
    row = row_of("call.opened").outbox
    outbox.put(TOPIC, row.payload)
    feed_all(notary)
    ((problem, what),) = found(reader)
    assert problem == Problem.UNKNOWN
    assert "call.opened" in what


def test_a_page_changed_behind_the_systems_back_is_different(few, reader):
    table = PublishedSnapshot._meta.db_table
    sql(f"UPDATE {table} SET body_zh = %s WHERE key = 'one'", '{"a": 2}')
    problems = found(reader)
    assert {problem for problem, _ in problems} == {"different"}
    assert any("page" in what for _, what in problems)
    # And with its digest made to fit: the leaf still tells.
    page = PublishedSnapshot.objects.get(key="one")
    digest = notices.snapshots.snapshot_digest(
        SnapshotKind.CALL, "one", 1, page.body_zh, page.body_en
    )
    sql(f"UPDATE {table} SET digest = %s WHERE key = 'one'", digest)
    assert [problem for problem, _ in found(reader)] == ["different"]


def test_a_sealed_page_changed_is_different(few, reader):
    table = PublishedSnapshot._meta.db_table
    sql(f"UPDATE {table} SET body_zh = %s WHERE key = 'n-1'", '{"comments": [{"text": "x"}]}')
    assert (
        "different",
        f"outbox row {row_of('page.published', key='n-1').outbox_id} (page.published)",
    ) in found(reader)


def test_a_statement_changed_in_the_outbox_or_on_the_site_is_different(world, notary, reader):
    feed_all(notary)
    row = row_of("call.opened")
    PublishedLeaf.objects.filter(index=row.index).update(document={"kind": "other"})
    assert [problem for problem, _ in found(reader)] == ["different"]


def test_a_leaf_that_waits_is_no_finding_at_first_and_one_later(few, reader):
    notices.publish_snapshot(kind=SnapshotKind.CALL, key="two", zh={"a": 1}, en={"a": 1})
    assert found(reader) == []
    now = timezone.now() + timedelta(minutes=2)
    assert [problem for problem, _ in found(reader, now=now)] == ["waiting"]
    prepare_leaves(slot_s=1)
    assert found(reader) == []
    assert [problem for problem, _ in found(reader, now=now)] == ["waiting"]


def test_a_row_recorded_by_its_hash_is_named(few, reader):
    outbox.put(TOPIC, {"odd": True})
    feed_all(few)
    assert [problem for problem, _ in found(reader)] == ["by-hash"]


def test_a_database_put_back_to_yesterday_is_told_what_the_log_has_beyond_it(few, reader):
    """The leaf of a lost act stays; the next act under its number gets a leaf of its own."""
    lost = row_of("page.published", key="n-1")
    index, number = lost.index, lost.outbox_id
    with without_triggers():
        PublishedLeaf.objects.filter(index=index).delete()
        outbox_row, snapshot = lost.outbox, PublishedSnapshot.objects.get(key="n-1")
        lost.delete()
        outbox_row.delete()
        snapshot.delete()
    assert found(reader) == [("unknown", f"leaf {index}")]
    page = {"comments": []}
    notices.publish_snapshot(kind=SnapshotKind.CALL, key="new", zh=page, en=page)
    row = outbox.Outbox.objects.get(topic=TOPIC, payload__key="new")
    sql(f"UPDATE {outbox.Outbox._meta.db_table} SET id = %s WHERE id = %s", number, row.pk)
    feed_all(few)
    feed_all(few)
    again = row_of("page.published", key="new")
    assert again.outbox_id == number
    assert again.index > index
    named = [(problem, what) for problem, what in found(reader) if problem != "waiting"]
    assert named == [("unknown", f"leaf {index}")]


def test_an_erased_page_is_no_finding_and_one_erased_without_a_trail_is(few, reader):
    page = PublishedSnapshot.objects.get(key="n-1")
    notices.withdraw_snapshot(kind=SnapshotKind.NOTICE, key="n-1")
    feed_all(few)
    row = LeafRow.objects.get(index=page.leaf.index)
    erase_text(row=row, ground=ErasureGround.REQUEST, reason="应本人请求", by="chen")
    assert found(reader) == []
    with without_triggers():
        row.erasure.delete()
    assert [problem for problem, _ in found(reader)] == ["different"]


@pytest.mark.parametrize("count", [100, pytest.param(1000, marks=pytest.mark.prove)])
def test_restricted_documents_are_erased_and_everything_verifies(few, reader, count):
    when = timezone.now()
    for number in range(count):
        outbox.put(TOPIC, {"kind": "secret", "n": number, "at": when.isoformat()}, at=when)
    feed_all(few)
    rows = list(LeafRow.objects.filter(outbox__payload__kind="secret"))
    assert len(rows) == count
    before = {row.index: bytes(row.leaf) for row in rows}
    for row in rows:
        erase_text(row=row, ground=ErasureGround.RETENTION, reason="期满", by="chen")
    assert not LeafRow.objects.filter(outbox__payload__kind="secret").exclude(salt=None).exists()
    log = dict(reader.entries(reader.checkpoint().size))
    assert {index: log[index] for index in before} == before
    policy = parse_policy((reader.root / "policy").read_text())
    assert verify_log(reader, policy).checkpoint.size == LeafRow.objects.count()
    assert not [one for one in found(reader) if one[0] != "by-hash"]
