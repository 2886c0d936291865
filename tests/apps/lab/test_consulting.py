"""A draft put out: one fixed text, comments with receipts and answers, then approval and no sooner."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.lab import domain as lab
from shidian.apps.notices import domain as notices
from shidian.apps.notices.models import CommentState, PublishedSnapshot, SnapshotKind
from shidian.apps.notices.queries import comments_for
from tests.apps.lab.things import AT, make_draft, next_text, run_outbox

if TYPE_CHECKING:
    from shidian.apps.lab.models import Consultation, RulebookDraft
    from tests.factories import Walk, World

OVER = AT + timedelta(days=30)


@pytest.fixture
def draft(world: World) -> RulebookDraft:
    return make_draft(world)


@pytest.fixture
def consultation(world: World, draft: RulebookDraft) -> Consultation:
    return lab.open_consultation(
        draft=draft,
        title="征求意见",
        title_en="Consultation",
        body="请提意见。",
        body_en="Please comment.",
        working_days=5,
        by=world.case_officer["bureau"],
        at=AT,
    )


def body_of(consultation: Consultation, kind: SnapshotKind = SnapshotKind.NOTICE) -> dict:
    run_outbox()
    return PublishedSnapshot.objects.current().get(kind=kind, key=consultation.notice.slug).body_en


def test_the_notice_fixes_text_revision_and_last_day(consultation: Consultation) -> None:
    notice = consultation.notice
    assert notice.case is None
    assert notice.draft == consultation.draft.slug
    assert notice.opens_on == date(2026, 3, 2)
    assert notice.closes_on == date(2026, 3, 9)
    assert consultation.revision.number == 1
    assert consultation.note.revision == consultation.revision


def test_the_public_page_shows_changes_note_and_rules(
    world: World, draft: RulebookDraft, consultation: Consultation
) -> None:
    lab.save_revision(
        draft=draft,
        text=next_text(days=77),
        base_revision=1,
        by=world.case_officer["bureau"],
        at=AT,
    )

    body = body_of(consultation)
    rules = body_of(consultation, SnapshotKind.DRAFT)

    assert body["about"] == "draft"
    assert any("10" in line for line in body["changes"])
    assert body["note"]["sections"]
    assert rules["version"] == "2026.2"
    assert "not in force" in rules["disclaimer"]
    assert "77" not in str(rules["document"]["clocks"])


def test_anyone_comments_and_an_officer_answers(
    world: World, draft: RulebookDraft, consultation: Consultation
) -> None:
    officer = world.case_officer["finance"]
    comment = notices.receive_comment(
        notice=consultation.notice.slug, body="十个工作日太长。", contact="me@example.org", at=AT
    )
    notices.moderate_comment(comment=comment, state=CommentState.PUBLISHED, by=officer, at=AT)
    notices.answer_comment(comment=comment, answer="已研究。", by=officer, at=AT)

    body = body_of(consultation)
    assert [one["answer"] for one in body["comments"]] == ["已研究。"]
    assert "example.org" not in str(body)
    kinds = [one.kind for one in draft.events.order_by("seq")]
    assert kinds[-2:] == ["comment.received", "comment.answered"]
    assert "太长" not in str(draft.events.get(kind="comment.received").data)


def test_only_the_drafts_officers_moderate_and_answer(
    walk: Walk, consultation: Consultation
) -> None:
    world = walk.world
    comment = notices.receive_comment(notice=consultation.notice, body="意见", at=AT)
    for person in (world.signer, world.outsider, world.national, world.experts[0].person):
        with pytest.raises(ForbiddenError):
            notices.moderate_comment(comment=comment, state=CommentState.PUBLISHED, by=person)
        with pytest.raises(ForbiddenError):
            notices.answer_comment(comment=comment, answer="答复", by=person)
    walk.create()
    assert not comments_for(world.signer, walk.case).exists()


def test_after_the_window_a_comment_is_not_taken(consultation: Consultation) -> None:
    with pytest.raises(DomainError) as refused:
        notices.receive_comment(notice=consultation.notice, body="晚到", at=OVER)

    assert refused.value.code == "window-closed"


def test_the_draft_waits_for_window_answers_and_summary(
    world: World, draft: RulebookDraft, consultation: Consultation
) -> None:
    officer = world.case_officer["bureau"]
    comment = notices.receive_comment(notice=consultation.notice, body="意见", at=AT)

    def refusal(at) -> str:
        with pytest.raises(DomainError) as refused:
            lab.submit_draft(draft=draft, by=officer, at=at)
        return refused.value.code

    assert refusal(AT) == "window-open"
    assert refusal(OVER) == "comments-unanswered"
    notices.answer_comment(comment=comment, answer="答复", by=officer, at=OVER)
    assert refusal(OVER) == "not-concluded"
    lab.conclude_consultation(
        consultation=consultation, summary="收到一条意见。", by=officer, at=OVER
    )

    assert lab.submit_draft(draft=draft, by=officer, at=OVER).state == "submitted"
    assert body_of(consultation)["summary"] == "收到一条意见。"


def test_a_consultation_is_not_concluded_early_or_twice(
    world: World, consultation: Consultation
) -> None:
    officer = world.case_officer["bureau"]

    def conclude(at) -> None:
        lab.conclude_consultation(consultation=consultation, summary="无", by=officer, at=at)

    with pytest.raises(DomainError) as early:
        conclude(AT)
    conclude(OVER)
    with pytest.raises(DomainError) as twice:
        conclude(OVER)

    assert (early.value.code, twice.value.code) == ("window-open", "concluded-already")


def test_an_unsound_draft_is_not_put_out(world: World) -> None:
    draft = make_draft(world, "rulebook: demo-city\n")

    with pytest.raises(DomainError) as refused:
        lab.open_consultation(
            draft=draft,
            title="x",
            body="x",
            working_days=5,
            by=world.case_officer["bureau"],
            at=AT,
        )

    assert refused.value.code == "unsound"


@pytest.mark.parametrize("days", [0, 2, 121])
def test_the_window_has_bounds(world: World, draft: RulebookDraft, days: int) -> None:
    with pytest.raises(DomainError) as refused:
        lab.open_consultation(
            draft=draft,
            title="x",
            body="x",
            working_days=days,
            by=world.case_officer["bureau"],
            at=AT,
        )

    assert refused.value.code == "days"
