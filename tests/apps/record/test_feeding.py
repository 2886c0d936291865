"""From the outbox to the log: every act one leaf, in order, whatever happens on the way."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from shidian.apps.cases import domain as cases
from shidian.apps.cases import outbox
from shidian.apps.cases.models import CaseEvent, Outbox
from shidian.apps.notices import domain as notices
from shidian.apps.notices.models import (
    CommentState,
    ErasureGround,
    PublishedLeaf,
    PublishedSnapshot,
    SnapshotKind,
)
from shidian.apps.record.domain import erase_text, prepare_leaves, send_leaves
from shidian.apps.record.leaves import KINDS, TOPIC
from shidian.apps.record.models import Erasure, LeafRow
from shidian.apps.record.statement import snapshot_text
from shidian.core.procedure.outbox import PUBLIC_ACTS
from shidian.core.record.leaf import LeafKind, check_commitment, moment
from shidian.core.rulebook.model import StageKind
from shidian_kit.wire import canonical
from shidian_kit.wire.commitment import commit
from shidian_kit.wire.refusal import RecordError
from tests.apps.supervision.things import run_outbox

from .things import SLOT_S, MemoryNotary, feed, publish_pages, row_of, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def notary():
    return MemoryNotary()


def test_every_public_act_of_a_whole_case_has_one_leaf(walk, notary):
    case = walk.to(StageKind.CLOSED)
    run_outbox()
    feed(notary)
    acts = CaseEvent.objects.filter(case=case, kind__in=[kind.value for kind in PUBLIC_ACTS])
    assert acts.count() >= 5
    for act in acts:
        row = row_of(act.kind, case=case.reference)
        assert moment(said(row)["time"]) == act.at
        assert said(row)["rules_digest"] == walk.world.version.rules_digest
    assert (
        len(notary.leaves) == LeafRow.objects.count() == Outbox.objects.filter(topic=TOPIC).count()
    )
    assert {PUBLIC.value for PUBLIC in PUBLIC_ACTS} <= set(KINDS)


def test_leaves_stand_in_the_order_of_the_acts(world, notary):
    publish_pages(8)
    feed(notary)
    order = list(LeafRow.objects.order_by("outbox").values_list("index", flat=True))
    assert order == list(range(len(order)))


def test_a_rulebook_a_call_and_a_calendar_have_their_leaves(world, notary):
    feed(notary)
    rulebook = row_of("rulebook.published", version=world.version.version)
    assert said(rulebook)["kind"] == LeafKind.RULEBOOK_PUBLISHED
    assert said(rulebook)["rules_digest"] == world.version.rules_digest
    assert said(row_of("call.opened"))["subject"] == f"call/{world.call.slug}"
    assert said(row_of("calendar.changed"))["subject"].startswith("calendar/cn-working-day/")


def test_a_page_is_on_record_with_the_digest_of_its_snapshot(world, notary):
    run_outbox()
    feed(notary)
    snapshot = PublishedSnapshot.objects.get(kind=SnapshotKind.CALL)
    leaf = PublishedLeaf.objects.get(snapshot=snapshot)
    row = LeafRow.objects.get(index=leaf.index)
    assert said(row)["text_sha256"] == snapshot.digest
    assert hashlib.sha256(snapshot_text(snapshot)).hexdigest() in snapshot.digest
    assert said(row)["subject"] == f"page/call/{snapshot.key}/1"


def test_live_figures_stay_off_the_record(db, notary):
    notices.publish_snapshot(kind=SnapshotKind.FIGURES, key="home", zh={"a": 1}, en={"a": 1})
    feed(notary)
    assert not LeafRow.objects.filter(outbox__payload__page="figures").exists()


def test_a_page_taken_off_the_site_has_its_leaf(db, notary):
    notices.publish_snapshot(kind=SnapshotKind.CALL, key="one", zh={"a": 1}, en={"a": 1})
    notices.withdraw_snapshot(kind=SnapshotKind.CALL, key="one")
    feed(notary)
    assert said(row_of("page.withdrawn"))["subject"] == "page/call/one/1"


def test_a_notices_text_stands_behind_its_leaf(walk, notary):
    walk.to(StageKind.NOTICE)
    notice = walk.open_notice()
    feed(notary)
    row = row_of("notice.opened")
    assert said(row)["subject"] == f"notice/{notice.slug}"
    document = PublishedLeaf.objects.get(index=row.index).document
    assert (
        said(row)["text_sha256"]
        == "sha256:" + hashlib.sha256(canonical.dumps(document)).hexdigest()
    )
    assert hashlib.sha256(canonical.dumps(document["text"])).hexdigest() == notice.sha256
    assert document["sha256"] == notice.sha256


# What must not be told


def rejected(walk):
    """A case turned away before anyone outside heard of it."""
    walk.to(StageKind.SCREENING)
    cases.reject_case(case=walk.case, reason="不符合条件", by=walk.officer, at=walk.tick())
    return walk.case


def test_a_refusal_before_any_notice_tells_neither_what_nor_whom_nor_when(walk, notary):
    case = rejected(walk)
    now = datetime(2026, 1, 5, 10, 17, 31, tzinfo=UTC)
    feed(notary, now=now)
    row = row_of("case.closed")
    assert row.index is None
    assert row.due == datetime(2026, 1, 5, 11, tzinfo=UTC)
    feed(notary, now=now + timedelta(hours=1))
    row.refresh_from_db()
    told = said(row)
    assert told["time"] == "2026-01-05T11:00:00Z"
    assert told["subject"] == "restricted"
    assert "text_sha256" not in told
    assert "rules_digest" not in told
    text = canonical.dumps(row.document)
    assert check_commitment(told["commitment"], bytes(row.salt), text)
    assert row.document["outcome"] == case.outcome
    everything = b"".join(notary.leaves).decode()
    for secret in (case.reference, case.outcome, walk.world.lead.name_zh, "不符合条件"):
        assert secret not in everything
    assert not PublishedLeaf.objects.filter(index=row.index).exists()


def test_leaves_of_one_slot_stand_in_no_order_that_tells(db, notary):
    when = datetime(2026, 1, 5, 10, 17, tzinfo=UTC)
    for number in range(40):
        payload = {"kind": "odd", "n": number, "at": when.isoformat()}
        outbox.put(TOPIC, payload, at=when)
    feed(notary, now=when)
    feed(notary, now=when + timedelta(hours=1))
    order = list(
        LeafRow.objects.filter(outbox__payload__kind="odd")
        .order_by("outbox")
        .values_list("index", flat=True)
    )
    assert len(order) == 40
    assert order != sorted(order)


def test_an_act_with_a_time_before_which_it_is_secret_waits_for_the_slot_after_it(world, notary):
    at = datetime(2026, 1, 5, 10, 17, tzinfo=UTC)
    payload = {
        "kind": "call.opened",
        "call": "later",
        "scheme": "demo-city",
        "at": at.isoformat(),
        "publish_not_before": "2026-01-05T20:20:00+08:00",
    }
    outbox.put(TOPIC, payload, at=at)
    feed(notary, now=at)
    row = row_of("call.opened", call="later")
    assert row.due == datetime(2026, 1, 5, 13, tzinfo=UTC)
    feed(notary, now=datetime(2026, 1, 5, 12, 59, 59, tzinfo=UTC))
    row.refresh_from_db()
    assert row.index is None
    feed(notary, now=datetime(2026, 1, 5, 13, tzinfo=UTC))
    row.refresh_from_db()
    assert said(row)["time"] == "2026-01-05T13:00:00Z"
    assert PublishedLeaf.objects.get(index=row.index).document["call"] == "later"


def commented(walk, body="我反对，我的电话是 13800000000"):
    walk.to(StageKind.NOTICE)
    notice = walk.open_notice()
    comment = notices.receive_comment(notice=notice, body=body, name="王小明", at=walk.tick())
    notices.moderate_comment(
        comment=comment, state=CommentState.PUBLISHED, by=walk.officer, at=walk.tick()
    )
    notices.answer_comment(
        comment=comment, answer="感谢，已研究。", by=walk.officer, at=walk.tick()
    )
    run_outbox()
    return comment


def test_an_answer_and_the_page_that_shows_it_are_committed_to_and_not_told(walk, notary):
    comment = commented(walk)
    feed(notary)
    row = row_of("comment.answered")
    assert said(row)["subject"] == f"notice/{comment.notice.slug}"
    assert row.document["comment"] == comment.receipt
    everything = b"".join(notary.leaves).decode()
    for secret in (comment.receipt, comment.sha256, comment.body, comment.name):
        assert secret not in everything
    assert not PublishedLeaf.objects.filter(index=row.index).exists()
    # The page that shows both is sealed as well, and its salt published.
    snapshot = PublishedSnapshot.objects.of("notice").get()
    assert snapshot.body_zh["comments"]
    leaf = snapshot.leaf
    row = LeafRow.objects.get(index=leaf.index)
    assert said(row)["commitment"] == commit(bytes.fromhex(leaf.salt), snapshot_text(snapshot))


# What goes wrong


def test_a_notary_that_is_down_for_an_hour_loses_nothing(world, notary):
    notary.down = True
    publish_pages(8)
    for _ in range(3):
        with pytest.raises(RecordError, match="not-reachable"):
            feed(notary)
    assert LeafRow.objects.filter(index=None).count() == Outbox.objects.filter(topic=TOPIC).count()
    notary.down = False
    feed(notary)
    assert not LeafRow.objects.filter(index=None).exists()
    assert len(notary.leaves) == LeafRow.objects.count()


def test_an_answer_that_is_lost_gives_the_same_leaves_the_same_places(walk, notary):
    rejected(walk)
    later = datetime.now(UTC) + timedelta(hours=2)
    prepare_leaves(slot_s=SLOT_S)
    notary.forget = True
    with pytest.raises(RecordError):
        send_leaves(notary, now=later)
    count = len(notary.leaves)
    assert count
    notary.forget = False
    assert feed(notary, now=later) == count == len(notary.leaves)
    for row in LeafRow.objects.all():
        assert notary.leaves[row.index] == bytes(row.leaf)


def test_a_row_that_cannot_be_read_goes_by_its_hash(db, notary):
    now = datetime(2026, 1, 5, 10, 17, tzinfo=UTC)
    for payload in (
        {},
        {"kind": "call.opened"},
        {"kind": "call.opened", "call": "x", "at": "2026-01-05T10:00:00"},
        {
            "kind": "page.published",
            "page": "call",
            "key": "none",
            "version": 7,
            "at": now.isoformat(),
        },
        {"kind": "call.opened", "call": "big", "n": 2**60, "at": now.isoformat()},
        {"kind": "notice.closed", "notice": "gone", "at": now.isoformat()},
    ):
        row = outbox.put(TOPIC, payload, at=now)
        feed(notary, now=now)
        leaf = LeafRow.objects.get(outbox=row)
        assert leaf.problem
        raw = json.dumps(payload, sort_keys=True).encode()
        assert leaf.document == {
            "outbox": row.pk,
            "payload_sha256": hashlib.sha256(raw).hexdigest(),
        }
    feed(notary, now=now + timedelta(hours=1))
    assert not LeafRow.objects.filter(index=None).exists()


@pytest.mark.parametrize("name", ["x" * 70_000, "two\nlines"])
def test_a_subject_too_large_or_odd_goes_by_its_hash(db, notary, name):
    at = datetime(2026, 1, 5, tzinfo=UTC)
    payload = {"kind": "call.opened", "call": name, "scheme": "s", "at": at.isoformat()}
    row = outbox.put(TOPIC, payload, at=at)
    feed(notary)
    leaf = LeafRow.objects.get(outbox=row)
    digest = hashlib.sha256(f"call/{name}".encode()).hexdigest()
    assert said(leaf)["subject"] == f"sha256:{digest}"
    assert PublishedLeaf.objects.get(index=leaf.index).document["call"] == name


def test_one_refused_leaf_does_not_hold_up_the_others(db, notary):
    publish_pages(8)
    prepare_leaves(slot_s=SLOT_S)
    bad = LeafRow.objects.order_by("pk")[2]
    notary.refuses = {bad.key}
    now = datetime.now(UTC)
    feed(notary, now=now)
    assert list(LeafRow.objects.filter(index=None)) == [bad]
    bad.refresh_from_db()
    assert "leaf-from-the-future" in bad.problem
    notary.refuses = set()
    feed(notary, now=now + timedelta(minutes=2))
    bad.refresh_from_db()
    assert bad.index is not None


def test_after_the_database_went_back_new_acts_go_under_other_keys(world, notary):
    """The log knows ids that this database will give to other acts."""
    publish_pages(8)
    used = Outbox.objects.filter(topic=TOPIC).order_by("pk").last().pk
    for key in range(1, used + 1):
        notary.places[key] = len(notary.leaves)
        notary.leaves.append(b"another past %d" % key)
    before = len(notary.leaves)
    now = datetime.now(UTC)
    feed(notary, now=now)
    feed(notary, now=now)
    assert not LeafRow.objects.filter(index=None).exists()
    assert len(notary.leaves) == before + LeafRow.objects.count()
    for row in LeafRow.objects.all():
        assert notary.leaves[row.index] == bytes(row.leaf)
        assert "another key" in row.problem


def test_rows_prepared_by_another_worker_are_left_alone(world, monkeypatch):
    """Two workers read the same rows; the second one to write finds them taken."""
    from shidian.apps.record.domain import preparing

    waiting = list(Outbox.objects.filter(topic=TOPIC))
    assert prepare_leaves(slot_s=SLOT_S) == len(waiting)
    first = {row.outbox_id: bytes(row.leaf) for row in LeafRow.objects.all()}
    assert [preparing._prepare(row, SLOT_S, datetime.now(UTC)) for row in waiting] == [False] * len(
        waiting
    )
    assert {row.outbox_id: bytes(row.leaf) for row in LeafRow.objects.all()} == first


def test_a_leaf_is_kept_once_though_two_workers_sent_it(world, notary):
    from shidian.apps.record.domain import sending

    prepare_leaves(slot_s=SLOT_S)
    rows = list(LeafRow.objects.all())
    now = datetime.now(UTC)
    sending._send(notary, rows, now)
    before = list(LeafRow.objects.values_list("index", "recorded_at"))
    sending._send(notary, rows, now + timedelta(seconds=1))
    assert list(LeafRow.objects.values_list("index", "recorded_at")) == before
    assert len(notary.leaves) == len(rows)


# What may change afterwards


def erase(row):
    return erase_text(row=row, ground=ErasureGround.REQUEST, reason="应本人请求", by="chen")


def test_erasing_takes_salt_and_document_and_leaves_the_log(walk, notary):
    commented(walk)
    feed(notary)
    row = row_of("comment.answered")
    page = PublishedSnapshot.objects.of("notice").get().leaf
    leaves = list(notary.leaves)
    erase(row)
    erase(row)
    page_row = LeafRow.objects.get(index=page.index)
    with pytest.raises(ValueError, match="as the site shows it now"):
        erase(page_row)
    notices.withdraw_snapshot(kind=SnapshotKind.NOTICE, key=page.snapshot.key)
    erase(page_row)
    row.refresh_from_db()
    page.refresh_from_db()
    assert (row.salt, row.document) == (None, None)
    assert row.erased_at
    assert (page.salt, bool(page.erased_at), page.ground) == ("", True, "request")
    assert (page.snapshot.body_zh, page.snapshot.body_en) == ({}, {})
    trail = Erasure.objects.get(row=row)
    assert (trail.reason, trail.by, trail.at) == ("应本人请求", "chen", row.erased_at)
    assert notary.leaves == leaves
    assert bytes(row.leaf) == leaves[row.index]
    feed(notary)
    assert notary.leaves[: len(leaves)] == leaves


def test_nothing_is_erased_without_a_reason_and_no_trail_changes(db, notary):
    quoting = {"comments": [{"text": "我有异议"}]}
    notices.publish_snapshot(kind=SnapshotKind.NOTICE, key="n-1", zh=quoting, en=quoting)
    notices.withdraw_snapshot(kind=SnapshotKind.NOTICE, key="n-1")
    feed(notary)
    row = row_of("page.published")
    for reason in ("", " ", "x" * 1001):
        with pytest.raises(ValueError, match="reason"):
            erase_text(row=row, ground=ErasureGround.ORDER, reason=reason, by="chen")
    erase(row)
    for change in (Erasure.objects.all().delete, partial(Erasure.objects.update, reason="other")):
        with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
            change()


def test_a_page_can_be_emptied_and_not_rewritten(db):
    page = notices.publish_snapshot(kind=SnapshotKind.CALL, key="one", zh={"a": 1}, en={"a": 1})
    same = PublishedSnapshot.objects.filter(pk=page.pk)
    for change in ({"body_zh": {"a": 2}}, {"body_zh": []}, {"digest": ""}, {"body_en": None}):
        with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
            same.update(**change)
    assert same.update(body_zh={}, body_en={}) == 1


def test_what_is_not_sealed_cannot_be_erased(world, notary):
    feed(notary)
    with pytest.raises(ValueError, match="not sealed"):
        erase(row_of("call.opened"))


def test_leaves_can_neither_change_nor_go(world, notary):
    feed(notary)
    row = row_of("call.opened")
    for change in ({"leaf": b"other"}, {"sealed": True}, {"outbox_id": row.outbox_id + 1}):
        with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
            LeafRow.objects.filter(pk=row.pk).update(**change)
    with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
        LeafRow.objects.filter(pk=row.pk).delete()
    with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
        PublishedLeaf.objects.filter(index=row.index).delete()
