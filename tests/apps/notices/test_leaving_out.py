"""A comment can be published without a part of it; nothing else of it can be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.apps.cases.errors import DomainError
from shidian.apps.notices import domain as notices
from shidian.apps.notices.domain.comments import LEFT_OUT, without
from shidian.apps.notices.models import Comment, CommentState
from shidian.apps.supervision.publish.cases import notice_body
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from tests.factories import Walk

BODY = "建议延长测试期。联系人王五，电话 13800138000。王五也同意。"


@pytest.fixture
def comment(walk: Walk) -> Comment:
    walk.to(StageKind.NOTICE)
    return notices.receive_comment(notice=walk.open_notice(), body=BODY, at=walk.tick())


def publish(walk: Walk, comment: Comment, *left_out: str, reason: str = "含他人个人信息") -> None:
    notices.moderate_comment(
        comment=comment,
        state=CommentState.PUBLISHED,
        reason=reason,
        left_out=left_out,
        by=walk.officer,
        at=walk.tick(),
    )
    comment.refresh_from_db()


def line(walk: Walk) -> dict[str, object]:
    [only] = notice_body(walk.notice, "zh")["comments"]
    return dict(only)


def test_the_public_reads_a_mark_in_place_of_each_passage(walk: Walk, comment: Comment) -> None:
    publish(walk, comment, "王五", "电话 13800138000")
    shown = f"建议延长测试期。联系人{LEFT_OUT}，{LEFT_OUT}。{LEFT_OUT}也同意。"
    assert line(walk)["text"] == shown
    assert line(walk)["shortened"] is True
    assert comment.body == BODY
    assert notice_body(walk.notice, "zh")["counts"]["shortened"] == 1
    decision = comment.moderations.get()
    assert decision.left_out.splitlines() == ["王五", "电话 13800138000"]
    assert decision.reason


def test_it_is_reversed_by_publishing_the_whole(walk: Walk, comment: Comment) -> None:
    publish(walk, comment, "王五")
    publish(walk, comment, reason="")
    assert line(walk)["text"] == BODY
    assert line(walk)["shortened"] is False
    assert notice_body(walk.notice, "zh")["counts"]["shortened"] == 0
    assert comment.moderations.count() == 2


def test_it_needs_a_reason_and_what_really_stands_there(walk: Walk, comment: Comment) -> None:
    for passages, reason, code in (
        (["王五"], " ", "reason-missing"),
        (["王 五"], "含个人信息", "passage"),
        (["王五", "李四"], "含个人信息", "passage"),
    ):
        with pytest.raises(DomainError) as refused:
            publish(walk, comment, *passages, reason=reason)
        assert refused.value.code == code
    assert not comment.moderations.exists()
    assert comment.state == CommentState.RECEIVED


@given(st.text(min_size=1, max_size=60), st.data())
def test_whatever_is_left_out_the_rest_stays_as_it_was_sent(body: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(body) - 1))
    passage = body[start : data.draw(st.integers(start + 1, len(body)))]
    shown = without(body, [passage])
    assert shown == LEFT_OUT.join(body.split(passage))
    assert without(body, []) == ""


def test_a_longer_passage_goes_before_one_that_it_holds() -> None:
    assert without("ab abc", ["ab", "abc"]) == f"{LEFT_OUT} {LEFT_OUT}"


def test_a_mark_is_not_taken_for_text() -> None:
    assert without("王五……", ["王五", "…"]) == LEFT_OUT * 3
