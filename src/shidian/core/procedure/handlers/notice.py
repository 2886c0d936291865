"""The public notice: opened on one fixed text, commented on, answered, over."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from shidian.core.procedure.reading import refuse
from shidian.core.procedure.types import ClockState, EventKind, RefusalCode

if TYPE_CHECKING:
    from shidian.core.procedure.situation import Situation
    from shidian.core.procedure.types import NewEvent, NoticeState

EXTENSION_MAX = timedelta(days=366)
"""By one act; a slip of the year is refused."""


def open_notice(case: Situation) -> tuple[NewEvent, ...]:
    """Publishes one version of the text and starts the window.

    Where a text is out, another one that differs replaces it, with a reason and a whole window.
    """
    sha256 = case.data.sha256("sha256")
    version = case.data.integer("version", 1, 10**9)
    before = case.state.notice
    if before is not None and (not case.data.has("reason") or sha256 == before.sha256):
        refuse(
            RefusalCode.ALREADY_DONE,
            "公示已发布，文本不变的不再公示；确有重大变更的，请写明变更内容和理由，以新文本重新公示。",
            "The notice is out with this text; where it changes materially, say what changed and"
            " why, and publish another text.",
        )
    if before is not None:
        case.data.reason()
        if version <= before.version:
            refuse(
                RefusalCode.BAD_DATA,
                f"新文本的版本号须大于 {before.version}。",
                f"The new text needs a version above {before.version}.",
                "version",
            )
    return (case.event(EventKind.NOTICE_OPENED),)


def extend_notice(case: Situation) -> tuple[NewEvent, ...]:
    """Moves the last day of an open window further away, for everyone and with a reason."""
    _published(case)
    clock = case.stage_clock()
    if clock is None or clock.due is None or clock.state is ClockState.EXPIRED:
        refuse(
            RefusalCode.WINDOW_CLOSED,
            "公示期限已届满或未设期限，不能延长；需要再听取意见的，请重新公示。",
            "The window is over, or has no last day; to hear the public again, publish anew.",
        )
    until = case.data.day("until")
    latest = clock.due + EXTENSION_MAX
    if not clock.due < until <= latest:
        refuse(
            RefusalCode.BAD_DATA,
            f"新的截止日须在 {clock.due} 之后、{latest} 之前（含当日）。",
            f"The new last day must be after {clock.due} and not after {latest}.",
            "until",
        )
    case.data.reason()
    return (case.event(EventKind.NOTICE_EXTENDED),)


def record_comment(case: Situation) -> tuple[NewEvent, ...]:
    """Takes a comment that was sent until the end of the window's last day."""
    notice = _published(case)
    if not case.stage.comments:
        refuse(
            RefusalCode.COMMENTS_NOT_TAKEN,
            "本公示不征集意见。",
            "This notice takes no comments.",
        )
    clock = case.stage_clock()
    sent = case.data.day("sent") if case.data.has("sent") else case.today
    over = clock is not None and clock.state is ClockState.EXPIRED
    if clock is not None and over and (clock.due is None or sent > clock.due):
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
