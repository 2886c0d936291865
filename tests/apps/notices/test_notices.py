"""A notice's text is fixed; comments get receipts, moderation with reasons, public answers."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest

from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import CaseEvent, Outbox
from shidian.apps.notices import domain as notices
from shidian.apps.notices.domain import comments
from shidian.apps.notices.domain.comments import RATE_MAX
from shidian.apps.notices.models import CommentState, Notice, PublishedSnapshot, SnapshotKind
from shidian.apps.notices.queries import comments_for
from shidian.core.rulebook.load import from_document
from shidian.core.rulebook.model import StageKind
from tests.apps.supervision.things import run_outbox
from tests.factories import Walk, World, loaded, make_world


@pytest.fixture
def notice(walk: Walk) -> Notice:
    walk.to(StageKind.NOTICE)
    return walk.open_notice()


def test_a_notice_has_a_fixed_text_and_a_last_day(walk: Walk, notice: Notice) -> None:
    assert notice.sha256 == notices.text_sha256(title=notice.title_zh, body=notice.body_zh)
    assert notice.opened.data["sha256"] == notice.sha256
    assert notice.closes_on is not None
    assert notice.closes_on > notice.opens_on
    assert re.fullmatch(r"n-\d{4}-\d{4}", notice.slug)
    assert walk.case.reference not in notice.slug


def test_a_case_cannot_move_on_before_the_window_is_over(walk: Walk, notice: Notice) -> None:
    with pytest.raises(DomainError) as refused:
        walk.advance("提前")

    assert refused.value.code == "notice-open"


def test_anyone_may_comment_and_gets_a_receipt(walk: Walk, notice: Notice) -> None:
    comment = notices.receive_comment(
        notice=notice.slug, body=" 请说明赔付安排。 ", contact="a@example.org", at=walk.tick()
    )

    assert re.fullmatch(r"C-\d{4}-[A-Z2-9]{4}-[A-Z2-9]{4}", comment.receipt)
    assert comment.body == "请说明赔付安排。"
    assert comment.state == CommentState.RECEIVED
    event = CaseEvent.objects.get(kind="comment.received")
    assert event.person is None
    assert "赔付" not in str(event.data)
    assert not any("example.org" in str(row.payload) for row in Outbox.objects.all())


def test_an_unmoderated_comment_is_not_public(walk: Walk, notice: Notice) -> None:
    comment = notices.receive_comment(notice=notice, body="意见", at=walk.tick())

    assert not notice.comments.filter(state=CommentState.PUBLISHED).exists()
    assert comments_for(walk.officer, walk.case).get() == comment
    assert not comments_for(walk.world.signer, walk.case).exists()


def test_moderation_is_reversible_and_needs_a_reason_to_withhold(
    walk: Walk, notice: Notice
) -> None:
    comment = notices.receive_comment(notice=notice, body="意见", at=walk.tick())
    with pytest.raises(DomainError):
        notices.moderate_comment(
            comment=comment, state=CommentState.WITHHELD, by=walk.officer, at=walk.tick()
        )

    notices.moderate_comment(
        comment=comment,
        state=CommentState.WITHHELD,
        reason="含个人信息",
        by=walk.officer,
        at=walk.tick(),
    )
    assert not notice.comments.filter(state=CommentState.PUBLISHED).exists()
    notices.moderate_comment(
        comment=comment, state=CommentState.PUBLISHED, by=walk.officer, at=walk.tick()
    )

    assert notice.comments.get(state=CommentState.PUBLISHED) == comment
    assert comment.moderations.count() == 2


def test_only_officers_of_the_case_moderate_and_answer(walk: Walk, notice: Notice) -> None:
    comment = notices.receive_comment(notice=notice, body="意见", at=walk.tick())
    for person in (walk.world.signer, walk.world.outsider, walk.world.national):
        with pytest.raises(ForbiddenError):
            notices.moderate_comment(comment=comment, state=CommentState.PUBLISHED, by=person)
        with pytest.raises(ForbiddenError):
            notices.answer_comment(comment=comment, answer="答复", by=person)


def test_every_comment_is_answered_before_the_case_moves_on(walk: Walk, notice: Notice) -> None:
    comment = notices.receive_comment(notice=notice, body="意见", at=walk.tick())
    walk.sleep(14)
    with pytest.raises(DomainError) as refused:
        walk.advance("期满")
    assert refused.value.code == "comments-unanswered"

    notices.answer_comment(comment=comment, answer="已采纳", by=walk.officer, at=walk.tick())
    walk.advance("期满")

    assert walk.case.stage == "admission"


def test_after_the_window_a_comment_is_not_taken(walk: Walk, notice: Notice) -> None:
    walk.sleep(20)

    with pytest.raises(DomainError) as refused:
        notices.receive_comment(notice=notice, body="晚到的意见", at=walk.tick())

    assert refused.value.code == "window-closed"


@pytest.mark.parametrize("body", ["", "   ", "长" * 5001])
def test_a_comment_has_a_text_of_some_length(walk: Walk, notice: Notice, body: str) -> None:
    with pytest.raises(ValueError, match=r"comment|意见"):
        notices.receive_comment(notice=notice, body=body, at=walk.tick())


def test_the_same_text_twice_at_once_is_taken_once(walk: Walk, notice: Notice) -> None:
    at = walk.tick()
    notices.receive_comment(notice=notice, body="同一意见", at=at)

    with pytest.raises(DomainError) as refused:
        notices.receive_comment(notice=notice, body="同一意见", at=at + timedelta(seconds=2))

    assert refused.value.code == "duplicate"


def test_a_flood_is_asked_to_wait(walk: Walk, notice: Notice) -> None:
    at = walk.tick()
    for n in range(RATE_MAX):
        notices.receive_comment(notice=notice, body=f"意见 {n}", at=at)

    with pytest.raises(DomainError) as refused:
        notices.receive_comment(notice=notice, body="再来一条", at=at)
    assert refused.value.code == "too-many"

    notices.receive_comment(notice=notice, body="再来一条", at=at + timedelta(minutes=2))


def test_a_notice_takes_so_many_comments_and_no_more(
    walk: Walk, notice: Notice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comments, "COMMENTS_MAX", 2)
    for n in range(2):
        notices.receive_comment(notice=notice, body=f"意见 {n}", at=walk.tick())

    with pytest.raises(DomainError) as refused:
        notices.receive_comment(notice=notice, body="再来一条", at=walk.tick())
    assert refused.value.code == "full"


def test_an_unknown_notice_is_refused(world: World) -> None:
    with pytest.raises(DomainError) as refused:
        notices.receive_comment(notice="n-1999-0001", body="意见")

    assert refused.value.code == "no-notice"


def test_a_snapshot_has_versions_and_shows_the_newest(world: World) -> None:
    def publish(title: str) -> PublishedSnapshot:
        return notices.publish_snapshot(
            kind=SnapshotKind.CALL, key="demo-1", zh={"title": title}, en={"title": title}
        )

    first = publish("一")
    assert publish("一") == first
    second = publish("二")

    assert second.version == 2
    assert second.digest != first.digest
    assert PublishedSnapshot.objects.of(SnapshotKind.CALL).get() == second


def test_a_withdrawn_page_is_gone_and_may_come_back(world: World) -> None:
    kind = SnapshotKind.CALL
    notices.publish_snapshot(kind=kind, key="one", zh={"n": 1}, en={"n": 1})
    notices.publish_snapshot(kind=kind, key="one", zh={"n": 2}, en={"n": 2})

    assert notices.withdraw_snapshot(kind=kind, key="one") == 2
    assert not PublishedSnapshot.objects.current().exists()

    assert notices.publish_snapshot(kind=kind, key="one", zh={"n": 2}, en={"n": 2}).version == 3
    assert PublishedSnapshot.objects.current().count() == 1


def test_notices_of_a_year_are_numbered(walk: Walk, notice: Notice) -> None:
    other = Walk(walk.world, at=walk.at)
    other.to(StageKind.NOTICE)

    assert other.open_notice().slug == f"n-{date(2025, 1, 1).year}-0002"


def test_an_extension_moves_the_window_and_says_why(walk: Walk, notice: Notice) -> None:
    before = notice.closes_on
    assert before is not None
    later = before + timedelta(days=10)
    for person in (walk.world.signer, walk.world.outsider):
        with pytest.raises(ForbiddenError):
            notices.extend_notice(case=walk.case, until=later, reason="来信较多", by=person)

    notices.extend_notice(
        case=walk.case, until=later, reason="来信较多", by=walk.officer, at=walk.tick()
    )

    extension = Notice.objects.get(pk=notice.pk).extensions.get()
    assert (extension.before, extension.until, extension.reason_zh) == (before, later, "来信较多")
    walk.at = datetime.combine(later, time(1), UTC)
    assert notices.receive_comment(notice=notice.slug, body="期限内的意见", at=walk.at)
    assert CaseEvent.objects.get(kind="notice.extended").public
    with pytest.raises(DomainError):
        notices.extend_notice(case=walk.case, until=before, reason="缩短", by=walk.officer)
    leaf = Outbox.objects.get(topic="record.leaf", payload__kind="notice.extended")
    assert leaf.payload["until"] == later.isoformat()


def test_a_replaced_text_stays_and_keeps_its_comments(walk: Walk, notice: Notice) -> None:
    comment = notices.receive_comment(notice=notice, body="原文的意见", at=walk.tick())
    same = {"title": notice.title_zh, "body": notice.body_zh}
    with pytest.raises(DomainError) as refused:
        notices.open_notice(
            case=walk.case, **same, change="没有变更", by=walk.officer, at=walk.tick()
        )
    assert refused.value.code == "already-done"

    newer = notices.open_notice(
        case=walk.case,
        title="公示（修订）",
        body="规模由一百人改为五十人。",
        change="申报机构缩小了规模",
        by=walk.officer,
        at=walk.tick(),
    )

    assert (newer.version, newer.replaces, notice.replaced_by) == (2, notice, newer)
    assert Notice.objects.get(pk=notice.pk).sha256 != newer.sha256
    assert comment.notice == notice
    with pytest.raises(DomainError) as refused:
        notices.receive_comment(notice=notice, body="对旧文本的意见", at=walk.tick())
    assert refused.value.code == "replaced"
    assert newer.slug in str(refused.value)
    assert notices.receive_comment(notice=newer, body="对新文本的意见", at=walk.tick())


def test_a_summary_comes_when_the_window_is_over_and_the_newest_counts(
    walk: Walk, notice: Notice
) -> None:
    with pytest.raises(DomainError) as refused:
        notices.summarise_notice(notice=notice, text="汇总", by=walk.officer, at=walk.tick())
    assert refused.value.code == "notice-open"
    walk.sleep(14)
    with pytest.raises(ForbiddenError):
        notices.summarise_notice(notice=notice, text="汇总", by=walk.world.signer, at=walk.at)

    for text in ("采纳两条", "采纳三条"):
        notices.summarise_notice(notice=notice, text=text, by=walk.officer, at=walk.tick())

    run_outbox()
    body = PublishedSnapshot.objects.of(SnapshotKind.NOTICE).get().body_zh
    assert body["summary"] == "采纳三条"


def test_where_the_rulebook_has_it_a_summary_answers_all(db: None) -> None:
    document = loaded().document
    rules = from_document({**document, "notice": {**document["notice"], "answers": "summary"}})
    walk = Walk(make_world(rules))
    walk.to(StageKind.NOTICE)
    notice = walk.open_notice()
    for n in range(3):
        notices.receive_comment(notice=notice, body=f"意见 {n}", at=walk.tick())
    walk.sleep(14)
    with pytest.raises(DomainError):
        walk.advance("期满")

    notices.summarise_notice(notice=notice, text="已汇总答复", by=walk.officer, at=walk.tick())
    walk.advance("期满")

    assert walk.case.stage == "admission"


def test_the_page_counts_what_was_withheld_and_reversed_and_says_no_reason(
    walk: Walk, notice: Notice
) -> None:
    kept = [notices.receive_comment(notice=notice, body=f"意见 {n}", at=walk.tick()) for n in "abc"]
    states = [CommentState.PUBLISHED, CommentState.WITHHELD, CommentState.PUBLISHED]
    for comment, after in zip(kept, (states[:1], states[:2], states), strict=True):
        for state in after:
            notices.moderate_comment(
                comment=comment, state=state, reason="涉及他人隐私", by=walk.officer, at=walk.tick()
            )
    run_outbox()
    body = PublishedSnapshot.objects.of(SnapshotKind.NOTICE).get().body_zh
    assert body["counts"] == {"published": 2, "withheld": 1, "reversed": 3, "shortened": 0}
    assert "隐私" not in str(body)
