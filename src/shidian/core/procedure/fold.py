"""From events to the case's state: `fold`. The only reader of history; every event has its rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from shidian.core.procedure.case_clocks import case_clocks
from shidian.core.procedure.reading import Data
from shidian.core.procedure.tasks import open_tasks
from shidian.core.procedure.types import (
    DEFAULT_ZONE,
    AreaFinding,
    CaseState,
    EvaluationGrade,
    EventKind,
    ExpertReview,
    Finding,
    Graded,
    Judged,
    Judgement,
    NoticeState,
    PastEvent,
    Promise,
    Request,
    Round,
    SignOffState,
    Visit,
)
from shidian.core.rulebook.model import Rulebook, StageKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

    from shidian.core.procedure.calendars import WorkingCalendar

    Apply = Callable[[CaseState, "_Happened"], CaseState]


def local_day(at: datetime, zone: str) -> date:
    """The day of a moment in the scheme's zone. Raises ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError(f"{at} has no zone; give an aware datetime")
    return at.astimezone(ZoneInfo(zone)).date()


def fold(
    rulebook: Rulebook,
    calendar: WorkingCalendar,
    history: Sequence[PastEvent],
    now: datetime,
    *,
    zone: str = DEFAULT_ZONE,
) -> CaseState:
    """The case as it stands at `now`: state, clocks and open tasks.

    Raises ValueError where history holds an event that this version does not know.
    """
    state = CaseState()
    for event in history:
        state = _apply(state, event, rulebook, zone)
    today = local_day(now, zone)
    state = replace(state, clocks=case_clocks(rulebook, calendar, state, today))
    return replace(state, tasks=open_tasks(rulebook, state, today))


@dataclass(frozen=True, slots=True)
class _Happened:
    """One event as its rule sees it."""

    rulebook: Rulebook
    day: date
    person: str
    data: Data


def _apply(state: CaseState, event: PastEvent, rulebook: Rulebook, zone: str) -> CaseState:
    rule = _RULES.get(EventKind(event.kind))
    if rule is not None:
        it = _Happened(rulebook, local_day(event.at, zone), event.actor.person, Data(event.data))
        state = rule(state, it)
    return replace(state, last_at=event.at)


def _created(state: CaseState, it: _Happened) -> CaseState:
    return replace(
        state,
        case=it.data.name("case"),
        institution=it.data.name("institution"),
        call=it.data.name("call") if it.data.has("call") else None,
    )


def _submitted(state: CaseState, it: _Happened) -> CaseState:
    plan = it.data.table("plan")
    return replace(
        state,
        version=it.data.integer("version", 1, 10**9),
        sha256=it.data.sha256("sha256"),
        submitted=it.day,
        submitted_visit=len(state.visits),
        promises=_promises(it.data),
        partners=it.data.names("partners"),
        plan={key: plan.name(key) for key in plan.fields()},
    )


def _promises(data: Data) -> tuple[Promise, ...]:
    return tuple(Promise(item.name("id"), item.text("text")) for item in data.tables("promises"))


def _entered(state: CaseState, it: _Happened) -> CaseState:
    """Enters a stage, and clears the work that belongs to it."""
    day = it.day
    stage = it.rulebook.stage(it.data.name("to"))
    visits = state.visits
    if visits:
        visits = (*visits[:-1], replace(visits[-1], left=day))
    state = replace(
        state,
        stage=stage.id,
        stage_kind=stage.kind,
        visits=(*visits, Visit(stage.id, day)),
    )
    if stage.kind is StageKind.ADMISSION or stage.signoff is not None:
        state = replace(state, signoffs={})
    match stage.kind:
        case StageKind.SCREENING:
            return replace(state, checklist={})
        case StageKind.REVIEW:
            return replace(state, round=None)
        case StageKind.ASSESSMENT:
            return replace(state, commissioned=(), findings={})
        case StageKind.NOTICE:
            return replace(state, notice=None)
        case StageKind.EVALUATION:
            return replace(state, judgements={}, evaluation={})
        case _:
            return state


def _request_opened(state: CaseState, it: _Happened) -> CaseState:
    request = Request(
        id=it.data.name("request"),
        question=it.data.text("question"),
        opened=it.day,
        due_working_days=it.data.integer("due_working_days", 1, 250),
    )
    return replace(state, requests=(*state.requests, request))


def _request_answered(state: CaseState, it: _Happened) -> CaseState:
    wanted, day, answer = it.data.name("request"), it.day, it.data.text("answer")
    requests = tuple(
        replace(request, answered=day, answer=answer) if request.id == wanted else request
        for request in state.requests
    )
    state = replace(state, requests=requests)
    if it.data.has("version"):
        state = replace(
            state, version=it.data.integer("version", 1, 10**9), sha256=it.data.sha256("sha256")
        )
    return state


def _request_lapsed(state: CaseState, it: _Happened) -> CaseState:
    wanted, day = it.data.name("request"), it.day
    requests = tuple(
        replace(request, lapsed=day) if request.id == wanted else request
        for request in state.requests
    )
    return replace(state, requests=requests)


def _checklist(state: CaseState, it: _Happened) -> CaseState:
    findings = it.data.table("findings")
    met = {key: findings.table(key).boolean("met") for key in findings.fields()}
    return replace(state, checklist=met)


def _round_opened(state: CaseState, it: _Happened) -> CaseState:
    number = it.data.integer("round", 1, 10**6)
    opened = Round(number, it.data.names("experts"), it.data.day("starts"), it.data.day("ends"))
    return replace(state, rounds=number, round=opened)


def _invited(state: CaseState, it: _Happened) -> CaseState:
    current = _round(state)
    return replace(
        state, round=replace(current, experts=(*current.experts, *it.data.names("experts")))
    )


def _conflict(state: CaseState, it: _Happened) -> CaseState:
    current = _round(state)
    declared = {**current.conflicts, it.data.name("expert"): it.data.boolean("conflict")}
    # Who has a conflict takes part no more: a sheet filed before leaves the round with its author.
    kept = tuple(review for review in current.reviews if not declared.get(review.expert, False))
    return replace(state, round=replace(current, conflicts=declared, reviews=kept))


def _review(state: CaseState, it: _Happened) -> CaseState:
    current = _round(state)
    scores, reasons = it.data.table("scores"), it.data.table("reasons")
    review = ExpertReview(
        expert=it.data.name("expert"),
        scores={key: scores.integer(key, 0, 1000) for key in scores.fields()},
        reasons={key: reasons.text(key) for key in reasons.fields()},
    )
    return replace(state, round=replace(current, reviews=(*current.reviews, review)))


def _round_closed(state: CaseState, it: _Happened) -> CaseState:
    passed = it.data.boolean("passed") if it.data.has("passed") else None
    score = Fraction(it.data.name("score"))
    return replace(state, round=replace(_round(state), closed=True, score=score, passed=passed))


def _round(state: CaseState) -> Round:
    if state.round is None:
        raise ValueError("history speaks of a review round that was not opened")
    return state.round


def _commissioned(state: CaseState, it: _Happened) -> CaseState:
    return replace(state, commissioned=(*state.commissioned, it.data.name("body")))


def _assessed(state: CaseState, it: _Happened) -> CaseState:
    findings = it.data.table("findings")
    found: dict[str, AreaFinding] = {}
    for area in findings.fields():
        sheet = findings.table(area)
        found[area] = AreaFinding(Finding(sheet.name("finding")), sheet.text("text"))
    return replace(state, findings=found)


def _notice_opened(state: CaseState, it: _Happened) -> CaseState:
    notice = NoticeState(it.data.sha256("sha256"), it.data.integer("version", 1, 10**9), it.day)
    return replace(state, notice=notice)


def _notice_closed(state: CaseState, it: _Happened) -> CaseState:
    return replace(state, notice=replace(_notice(state), closed=it.day))


def _commented(state: CaseState, it: _Happened) -> CaseState:
    notice = _notice(state)
    comments = {**notice.comments, it.data.name("comment"): False}
    return replace(state, notice=replace(notice, comments=comments))


def _answered(state: CaseState, it: _Happened) -> CaseState:
    notice = _notice(state)
    comments = {**notice.comments, it.data.name("comment"): True}
    return replace(state, notice=replace(notice, comments=comments))


def _notice(state: CaseState) -> NoticeState:
    if state.notice is None:
        raise ValueError("history speaks of a notice that was not opened")
    return state.notice


def _signed(state: CaseState, it: _Happened) -> CaseState:
    authority = it.data.name("authority")
    word = SignOffState(
        authority, it.data.boolean("consent"), it.data.text("reason", empty=True), it.person
    )
    return replace(state, signoffs={**state.signoffs, authority: word})


def _admitted(state: CaseState, it: _Happened) -> CaseState:
    plan = it.data.table("plan")
    return replace(
        state,
        admitted=True,
        number=it.data.name("number") if it.data.has("number") else None,
        plan={key: plan.name(key) for key in plan.fields()},
        promises=_promises(it.data),
    )


def _pilot_started(state: CaseState, it: _Happened) -> CaseState:
    return replace(state, pilot_started=it.day)


def _reported(state: CaseState, it: _Happened) -> CaseState:
    return replace(state, reports=(*state.reports, it.data.name("report")))


def _judged(state: CaseState, it: _Happened) -> CaseState:
    judged = Judged(Judgement(it.data.name("judgement")), it.data.text("evidence"))
    return replace(state, judgements={**state.judgements, it.data.name("promise"): judged})


def _evaluated(state: CaseState, it: _Happened) -> CaseState:
    dimensions = it.data.table("dimensions")
    graded = dict(state.evaluation)
    for dimension in dimensions.fields():
        sheet = dimensions.table(dimension)
        graded[dimension] = Graded(EvaluationGrade(sheet.name("grade")), sheet.text("text"))
    return replace(state, evaluation=graded)


def _extended(state: CaseState, it: _Happened) -> CaseState:
    return replace(state, term_until=it.data.day("until"))


def _closed(state: CaseState, it: _Happened) -> CaseState:
    return replace(state, outcome=it.data.name("outcome"))


_RULES: dict[EventKind, Apply] = {
    EventKind.CASE_CREATED: _created,
    EventKind.CASE_SUBMITTED: _submitted,
    EventKind.STAGE_ENTERED: _entered,
    EventKind.REQUEST_OPENED: _request_opened,
    EventKind.REQUEST_ANSWERED: _request_answered,
    EventKind.REQUEST_LAPSED: _request_lapsed,
    EventKind.CHECKLIST_FILED: _checklist,
    EventKind.ROUND_OPENED: _round_opened,
    EventKind.EXPERTS_INVITED: _invited,
    EventKind.CONFLICT_DECLARED: _conflict,
    EventKind.REVIEW_FILED: _review,
    EventKind.ROUND_CLOSED: _round_closed,
    EventKind.ASSESSMENT_COMMISSIONED: _commissioned,
    EventKind.ASSESSMENT_FILED: _assessed,
    EventKind.NOTICE_OPENED: _notice_opened,
    EventKind.NOTICE_CLOSED: _notice_closed,
    EventKind.COMMENT_RECEIVED: _commented,
    EventKind.COMMENT_ANSWERED: _answered,
    EventKind.SIGNOFF_GIVEN: _signed,
    EventKind.CASE_ADMITTED: _admitted,
    EventKind.PILOT_STARTED: _pilot_started,
    EventKind.REPORT_FILED: _reported,
    EventKind.PROMISE_JUDGED: _judged,
    EventKind.EVALUATION_FILED: _evaluated,
    EventKind.PILOT_EXTENDED: _extended,
    EventKind.CASE_CLOSED: _closed,
}
