"""The public notice: opened on one fixed text, commented on, answered, over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.reading import refuse
from shidian.core.procedure.types import ClockState, EventKind, RefusalCode

if TYPE_CHECKING:
    from shidian.core.procedure.situation import Situation
    from shidian.core.procedure.types import NewEvent, NoticeState


def open_notice(case: Situation) -> tuple[NewEvent, ...]:
    """Publishes one version of the text and starts the window."""
    if case.state.notice is not None:
        refuse(
            RefusalCode.ALREADY_DONE,
            "公示已发布；需要更改的，请先退回再重新公示。",
            "The notice is out; to change it, send the case back and publish anew.",
        )
    case.data.sha256("sha256")
    case.data.integer("version", 1, 10**9)
    return (case.event(EventKind.NOTICE_OPENED),)


def record_comment(case: Situation) -> tuple[NewEvent, ...]:
    """Takes a comment, until the end of the window's last day."""
    notice = _published(case)
    if not case.stage.comments:
        refuse(
            RefusalCode.COMMENTS_NOT_TAKEN,
            "本公示不征集意见。",
            "This notice takes no comments.",
        )
    clock = case.stage_clock()
    if clock is not None and clock.state is ClockState.EXPIRED:
        refuse(
            RefusalCode.WINDOW_CLOSED,
            f"公示已于 {clock.due} 届满，意见未被接收；可向主办单位另行反映。",
            f"The window closed on {clock.due}, so the comment was not taken;"
            " write to the authority instead.",
        )
    name = case.data.name("comment")
    case.data.sha256("sha256")
    if name in notice.comments:
        refuse(
            RefusalCode.ALREADY_DONE,
            "该意见已登记。",
            "This comment is already recorded.",
            "comment",
        )
    return (case.event(EventKind.COMMENT_RECEIVED),)


def answer_comment(case: Situation) -> tuple[NewEvent, ...]:
    """Answers a comment, or all in one summary where the rulebook has it so; it is public.

    A corrected answer may follow.
    """
    notice = _published(case)
    if case.data.has("comment") or case.rulebook.notice.answers == "each":
        case.data.choice("comment", notice.comments)
    elif not notice.comments:
        refuse(
            RefusalCode.BAD_DATA,
            "尚无意见，无需汇总答复。",
            "There are no comments to answer.",
        )
    case.data.sha256("sha256")
    return (case.event(EventKind.COMMENT_ANSWERED),)


def must_be_over(case: Situation) -> None:
    """Refuses until the window's last day has passed and every comment has its answer."""
    notice = _published(case)
    clock = case.stage_clock()
    if clock is not None and clock.due is None and clock.missing is not None:
        refuse(RefusalCode.CALENDAR_MISSING, clock.missing.zh, clock.missing.en)
    if clock is not None and clock.due is not None and case.today <= clock.due:
        refuse(
            RefusalCode.NOTICE_OPEN,
            f"公示至 {clock.due} 届满，次日起方可转办。",
            f"The notice runs to the end of {clock.due}; move on from the next day.",
        )
    unanswered = [name for name, answered in notice.comments.items() if not answered]
    if unanswered:
        listed = ", ".join(unanswered)
        refuse(
            RefusalCode.COMMENTS_UNANSWERED,
            f"请先答复下列意见：{listed}。",
            f"First answer these comments: {listed}.",
        )


def _published(case: Situation) -> NoticeState:
    if case.state.notice is None:
        refuse(
            RefusalCode.NO_NOTICE,
            "公示尚未发布：请先发布公示。",
            "No notice has been published: publish it first.",
        )
    return case.state.notice
