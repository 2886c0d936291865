"""A panel's sessions: the applicant's defence, the review meeting, minutes, the vote."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from shidian.core.procedure.calendars import CalendarMissingError
from shidian.core.procedure.reading import refuse
from shidian.core.procedure.types import EventKind, RefusalCode, SessionKind
from shidian.core.procedure.voting import Choice, tally

if TYPE_CHECKING:
    from datetime import date

    from shidian.core.procedure.situation import Situation
    from shidian.core.procedure.types import NewEvent, Round, SessionState
    from shidian.core.procedure.voting import Tally
    from shidian.core.rulebook.model import Defence, VoteRule

SESSION_DAYS_MAX = 400


def call_session(case: Situation) -> tuple[NewEvent, ...]:
    """Calls the panel, and to a defence the applicant; or calls it anew, or off, with a reason."""
    data = case.data
    kind = SessionKind(data.choice("kind", [one.value for one in SessionKind]))
    session = data.name("session")
    current = _round(case)
    known = current.session(kind)
    _may_be_called(case, current, kind)
    if known is not None and known.id != session and not known.off:
        refuse(
            RefusalCode.ALREADY_DONE,
            "本轮已召集过此会：请改期或取消后再召集。",
            "This round has such a session already: move it, or call it off first.",
        )
    if known is not None and known.minutes and known.id == session:
        refuse(
            RefusalCode.ALREADY_DONE,
            "此会已有纪要，不能再改期或取消。",
            "This session has minutes: it can no longer be moved or called off.",
        )
    if known is not None and known.id == session:
        data.reason()
    event = EventKind.DEFENCE_CALLED if kind is SessionKind.DEFENCE else EventKind.MEETING_CALLED
    if data.has("off") and data.boolean("off"):
        data.only(("session", "kind", "off", "reason"))
        if known is None or known.id != session or known.off:
            refuse(
                RefusalCode.NO_SESSION,
                "没有可取消的会。",
                "There is no session to call off.",
            )
        return (case.event(event, round=current.number),)
    data.sha256("sha256")
    _in_good_time(case, kind, data.day("on"))
    return (case.event(event, round=current.number),)


def keep_minutes(case: Situation) -> tuple[NewEvent, ...]:
    """Keeps one version of a session's minutes. A later one takes its place, with a reason."""
    data = case.data
    current = _round(case)
    held = _held(case, current, data.name("session"))
    data.sha256("sha256")
    version = data.integer("version", 1, 999)
    if version != held.minutes + 1:
        refuse(
            RefusalCode.ALREADY_DONE,
            f"纪要已有第 {held.minutes} 版：请先查看，再决定是否另存新版。",
            f"The minutes are at version {held.minutes} already: read it, then decide whether"
            " to keep another.",
            "version",
        )
    if version > 1:
        data.reason()
    members = _entitled(current)
    for person in data.names("present"):
        _must_be_entitled(person, members, "present")
    return (case.event(EventKind.MINUTES_KEPT, round=current.number, of=held.kind.value),)


def record_vote(case: Situation) -> tuple[NewEvent, ...]:
    """Records how each member present voted, once the round is closed. Again: with a reason."""
    data, rule = case.data, _vote_rule(case)
    current = _round(case)
    if not current.closed:
        refuse(
            RefusalCode.ROUND_OPEN,
            "评审尚未结束：评分汇总后方可表决。",
            "The round is still open: the panel votes once the scores are in.",
        )
    _held(case, current, data.name("session"), SessionKind.MEETING)
    if current.vote is not None:
        data.reason()
    members = _entitled(current)
    choices = _ballots(case, members)
    chair = data.name("chair")
    if chair not in choices:
        refuse(
            RefusalCode.BAD_DATA,
            "主持人须为到会的评审专家。",
            "The chair is one of the members present.",
            "chair",
        )
    result = tally(rule, len(members), choices, chair)
    if not result.is_quorate:
        refuse(
            RefusalCode.NO_QUORUM,
            f"有表决权 {result.entitled} 人，到会 {result.present} 人，不足 {result.needed} 人，"
            "表决无效。",
            f"{result.present} of {result.entitled} entitled are present and {result.needed} are"
            " needed: no vote can be taken.",
            "ballots",
        )
    return (case.event(EventKind.VOTE_RECORDED, round=current.number, **_told(result)),)


def answer_sheet(case: Situation) -> tuple[NewEvent, ...]:
    """An expert confirms the sheet that was entered for them from paper, or disputes it."""
    current, expert = _round(case), case.act.actor.person
    if expert not in case.state.reviewers:
        refuse(RefusalCode.NOT_INVITED, "您未受邀参加评审。", "You are not invited to this review.")
    confirm = case.data.boolean("confirm")
    case.data.text("reason", empty=True) if confirm else case.data.reason()
    filed = next((one for one in current.reviews if one.expert == expert and one.paper), None)
    if filed is None:
        refuse(
            RefusalCode.NO_PAPER_SHEET,
            "没有为您录入的纸质评审表。",
            "No sheet was entered for you from paper.",
        )
    if filed.confirmed is confirm:
        refuse(
            RefusalCode.ALREADY_DONE,
            "您已作答，无需重复。",
            "You have said so already.",
        )
    return (case.event(EventKind.SHEET_ANSWERED, expert=expert, round=current.number),)


def must_be_defended(case: Situation) -> None:
    """Refuses to close a round whose defence session the rules require and nobody minuted."""
    current, panel = case.state.round, case.stage.panel
    if current is None or panel is None or panel.defence is None or not panel.defence.required:
        return
    if current.defence is None or not current.defence.minutes:
        refuse(
            RefusalCode.NO_SESSION,
            "按制度文本须先举行答辩：请召集答辩并留存纪要。",
            "The rulebook asks for a defence session first: call it, and keep its minutes.",
        )


def must_be_voted_for(case: Situation) -> None:
    """Refuses to go on without a vote in favour, where the rules have the panel decide."""
    panel = case.stage.panel
    if panel is None or panel.meeting is None or not panel.meeting.required:
        return
    vote = case.state.round.vote if case.state.round else None
    if vote is None:
        refuse(
            RefusalCode.VOTE_MISSING,
            "按制度文本须经评审会表决：请召开评审会并记录表决。",
            "The rulebook has the panel vote: hold the review meeting and record the vote.",
        )
    if not vote.carried:
        refuse(
            RefusalCode.VOTED_DOWN,
            "评审会表决未通过：请不予入选，或说明理由后重新表决或重新评审。",
            "The panel voted against it: reject, or with reasons vote or review again.",
        )


def _round(case: Situation) -> Round:
    current = case.state.round
    if current is None:
        refuse(
            RefusalCode.NO_ROUND,
            "尚未开启评审：请先开启评审。",
            "No review round was opened: open one first.",
        )
    return current


def _may_be_called(case: Situation, current: Round, kind: SessionKind) -> None:
    """Refuses what the rulebook does not have, and a defence once the scores are in."""
    panel = case.stage.panel
    rule = panel and (panel.defence if kind is SessionKind.DEFENCE else panel.meeting)
    if rule is None:
        refuse(
            RefusalCode.NO_SESSION,
            "制度文本没有规定此会。",
            "The rulebook has no such session.",
            "kind",
        )
    if kind is SessionKind.DEFENCE and current.closed:
        refuse(
            RefusalCode.NO_ROUND,
            "本轮评审已结束，不再安排答辩。",
            "The round is closed; there is no defence in it any more.",
        )


def _in_good_time(case: Situation, kind: SessionKind, on: date) -> None:
    """Refuses a day that is past, too far, or too soon for those who are called."""
    if not case.today <= on <= case.today + timedelta(days=SESSION_DAYS_MAX):
        refuse(
            RefusalCode.BAD_DATA,
            "开会日期不能早于今天，也不能在一年以后。",
            "The session is today or later, and within a year.",
            "on",
        )
    rule: Defence | None = case.stage.panel.defence if case.stage.panel else None
    if kind is not SessionKind.DEFENCE or rule is None or not rule.notice_working_days:
        return
    try:
        first = case.calendar.add(case.today, rule.notice_working_days)
    except CalendarMissingError as missing:
        refuse(RefusalCode.CALENDAR_MISSING, missing.text.zh, missing.text.en)
    if on < first:
        refuse(
            RefusalCode.TOO_EARLY,
            f"按制度文本须提前 {rule.notice_working_days} 个工作日通知：最早 {first}。",
            f"The rulebook asks for {rule.notice_working_days} working days' notice:"
            f" {first} at the earliest.",
            "on",
        )


def _held(
    case: Situation, current: Round, session: str, kind: SessionKind | None = None
) -> SessionState:
    """The session of that id whose day has come."""
    kinds = (kind,) if kind else tuple(SessionKind)
    found = next((one for k in kinds if (one := current.session(k)) and one.id == session), None)
    if found is None or found.off:
        refuse(
            RefusalCode.NO_SESSION,
            "本轮没有召集此会：请先召集。",
            "This round has no such session: call it first.",
            "session",
        )
    if case.today < found.on:
        refuse(
            RefusalCode.TOO_EARLY,
            f"此会定于 {found.on} 举行。",
            f"The session is on {found.on}.",
        )
    return found


def _entitled(current: Round) -> tuple[str, ...]:
    """Who declared that they have no conflict, and has none since."""
    return tuple(one for one in current.experts if current.conflicts.get(one) is False)


def _must_be_entitled(person: str, members: tuple[str, ...], field: str) -> None:
    if person not in members:
        refuse(
            RefusalCode.CONFLICTED,
            "名单中有人未受邀、未声明或已声明利益冲突，不得参会和表决。",
            "Somebody named was not invited, has not declared, or has a conflict: they take no"
            " part and have no vote.",
            field,
        )


def _ballots(case: Situation, members: tuple[str, ...]) -> dict[str, Choice]:
    """Who is present → their vote. Against, and abstaining, needs a reason."""
    given = case.data.table("ballots")
    found: dict[str, Choice] = {}
    for person in given.fields():
        _must_be_entitled(person, members, f"ballots/{person}")
        ballot = given.table(person)
        ballot.only(("choice", "reason"))
        found[person] = Choice(ballot.choice("choice", [one.value for one in Choice]))
        if found[person] is Choice.FOR:
            ballot.text("reason", empty=True)
        else:
            ballot.reason()
    return found


def _vote_rule(case: Situation) -> VoteRule:
    panel = case.stage.panel
    if panel is None or panel.meeting is None:
        refuse(
            RefusalCode.NO_SESSION,
            "制度文本没有规定评审会表决。",
            "The rulebook has no vote of the panel.",
        )
    return panel.meeting.vote


def _told(result: Tally) -> dict[str, int | bool]:
    return {
        "entitled": result.entitled,
        "needed": result.needed,
        "in_favour": result.in_favour,
        "against": result.against,
        "abstained": result.abstained,
        "carried": result.carried,
        "cast_by_chair": result.cast_by_chair,
    }
