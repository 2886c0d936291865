"""What each kind of event does to a case's state: one rule per kind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shidian.core.procedure.decision_rules import DECISION_RULES, had_a_hand
from shidian.core.procedure.evaluating import without_confirmations
from shidian.core.procedure.grading import grading_of
from shidian.core.procedure.moves import consultation_of, stage_of
from shidian.core.procedure.party_rules import PARTY_RULES, as_filed
from shidian.core.procedure.review_rules import REVIEW_RULES
from shidian.core.procedure.types import (
    CaseState,
    ConsultationState,
    EvaluationGrade,
    EventKind,
    Graded,
    Judged,
    Judgement,
    MigrationState,
    NoticeState,
    PaperDocument,
    Position,
    Promise,
    Request,
    SignOffState,
    StepDone,
    Visit,
    WaiverRequest,
)
from shidian.core.rulebook.model import ConsultationKind, Rulebook, StageKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from shidian.core.procedure.reading import Data

    Apply = Callable[[CaseState, "Happened"], CaseState]


@dataclass(frozen=True, slots=True)
class Happened:
    """One event as its rule sees it."""

    rulebook: Rulebook
    day: date
    person: str
    data: Data


def _created(state: CaseState, it: Happened) -> CaseState:
    return state.but(
        case=it.data.name("case"),
        institution=it.data.name("institution"),
        call=it.data.name("call") if it.data.has("call") else None,
    )


def _submitted(state: CaseState, it: Happened) -> CaseState:
    plan = it.data.table("plan")
    return state.but(
        version=it.data.integer("version", 1, 10**9),
        sha256=it.data.sha256("sha256"),
        submitted=it.day,
        submitted_visit=len(state.visits),
        promises=_promises(it.data),
        partners=it.data.names("partners"),
        parties=as_filed(state, it),
        plan={key: plan.name(key) for key in plan.fields()},
        waivers=_waivers(it.data),
        facts=it.data.table("facts").values(),
    )


def _waivers(data: Data) -> tuple[WaiverRequest, ...]:
    if not data.has("waivers"):
        return ()
    return tuple(
        WaiverRequest(one.name("rule"), one.text("reason"), one.text("measure", empty=True))
        for one in data.tables("waivers")
    )


def _promises(data: Data) -> tuple[Promise, ...]:
    return tuple(Promise(item.name("id"), item.text("text")) for item in data.tables("promises"))


def _entered(state: CaseState, it: Happened) -> CaseState:
    """Enters a stage, and clears the work that belongs to it."""
    day = it.day
    stage = stage_of(it.rulebook, it.data.name("to"))
    visits = state.visits
    if visits:
        visits = (*visits[:-1], Visit(visits[-1].stage, visits[-1].entered, day))
    changes: dict[str, object] = {
        "stage": stage.id,
        "stage_kind": stage.kind,
        "visits": (*visits, Visit(stage.id, day)),
        **_CLEARED.get(stage.kind, {}),
    }
    if stage.kind is StageKind.CLOSED:
        changes["closed_by"] = had_a_hand(state, it.person)
    if state.held is not None:
        changes["held"] = None
    if stage.kind is StageKind.ADMISSION or stage.signoff is not None:
        changes["signoffs"] = {}
    if state.consultations:
        changes["consultations"] = {
            name: one
            for name, one in state.consultations.items()
            if consultation_of(it.rulebook, name).stage != stage.id
        }
    if stage.clock in state.extensions and stage.kind is not StageKind.RUNNING:
        # A new stay has its clock's full length again; a pilot's term runs on.
        changes["extensions"] = {k: n for k, n in state.extensions.items() if k != stage.clock}
    return state.but(**changes)


_CLEARED: Mapping[StageKind, Mapping[str, object]] = {
    StageKind.DRAFT: {"laid_before": None},
    StageKind.SCREENING: {"checklist": {}},
    StageKind.REVIEW: {"round": None, "pool": None},
    StageKind.ASSESSMENT: {"commissioned": (), "findings": {}},
    StageKind.NOTICE: {"notice": None},
    StageKind.EVALUATION: {"judgements": {}, "evaluation": {}, "steps": {}},
}


def _request_opened(state: CaseState, it: Happened) -> CaseState:
    request = Request(
        id=it.data.name("request"),
        question=it.data.text("question"),
        opened=it.day,
        due_working_days=it.data.integer("due_working_days", 1, 250),
        about=it.data.names("about") if it.data.has("about") else (),
    )
    return state.but(requests=(*state.requests, request))


def _request_answered(state: CaseState, it: Happened) -> CaseState:
    wanted, day, answer = it.data.name("request"), it.day, it.data.text("answer")
    requests = tuple(
        replace(request, answered=day, answer=answer) if request.id == wanted else request
        for request in state.requests
    )
    changes: dict[str, object] = {"requests": requests}
    if it.data.has("version"):
        changes["version"] = it.data.integer("version", 1, 10**9)
        changes["sha256"] = it.data.sha256("sha256")
    if it.data.has("facts"):
        changes["facts"] = it.data.table("facts").values()
    return state.but(**changes)


def _request_lapsed(state: CaseState, it: Happened) -> CaseState:
    wanted, day = it.data.name("request"), it.day
    requests = tuple(
        replace(request, lapsed=day) if request.id == wanted else request
        for request in state.requests
    )
    return state.but(requests=requests)


def _checklist(state: CaseState, it: Happened) -> CaseState:
    findings = it.data.table("findings")
    met = {key: findings.table(key).boolean("met") for key in findings.fields()}
    return state.but(checklist=met)


def _notice_opened(state: CaseState, it: Happened) -> CaseState:
    notice = NoticeState(it.data.sha256("sha256"), it.data.integer("version", 1, 10**9), it.day)
    if state.notice is not None:
        # Another text, not another question: what was said on the one before still wants answers.
        notice = replace(notice, comments=state.notice.comments)
    return state.but(notice=notice)


def _notice_extended(state: CaseState, it: Happened) -> CaseState:
    return state.but(notice=replace(_notice(state), until=it.data.day("until")))


def _notice_closed(state: CaseState, it: Happened) -> CaseState:
    return state.but(notice=replace(_notice(state), closed=it.day))


def _commented(state: CaseState, it: Happened) -> CaseState:
    notice = _notice(state)
    comments = {**notice.comments, it.data.name("comment"): False}
    return state.but(notice=replace(notice, comments=comments))


def _answered(state: CaseState, it: Happened) -> CaseState:
    """One comment, or with a summary that names none all that came in so far."""
    notice = _notice(state)
    if it.data.has("comment"):
        comments = {**notice.comments, it.data.name("comment"): True}
    else:
        comments = dict.fromkeys(notice.comments, True)
    return state.but(notice=replace(notice, comments=comments))


def _notice(state: CaseState) -> NoticeState:
    if state.notice is None:
        raise ValueError("history speaks of a notice that was not opened")
    return state.notice


def _signed(state: CaseState, it: Happened) -> CaseState:
    authority = it.data.name("authority")
    word = SignOffState(
        authority,
        it.data.boolean("consent"),
        it.data.text("reason", empty=True),
        it.person,
        _conditions(it),
    )
    return state.but(signoffs={**state.signoffs, authority: word})


def _conditions(it: Happened) -> tuple[str, ...]:
    return it.data.names("conditions") if it.data.has("conditions") else ()


def _admitted(state: CaseState, it: Happened) -> CaseState:
    plan = it.data.table("plan")
    return state.but(
        admitted=True,
        number=it.data.name("number") if it.data.has("number") else None,
        plan={key: plan.name(key) for key in plan.fields()},
        promises=_promises(it.data),
        conditions=_conditions(it),
    )


def _pilot_started(state: CaseState, it: Happened) -> CaseState:
    return state.but(pilot_started=it.day)


def _reported(state: CaseState, it: Happened) -> CaseState:
    return state.but(reports=(*state.reports, it.data.name("report")))


def _judged(state: CaseState, it: Happened) -> CaseState:
    judged = Judged(Judgement(it.data.name("judgement")), it.data.text("evidence"))
    judgements = {**state.judgements, it.data.name("promise"): judged}
    return state.but(judgements=judgements, steps=without_confirmations(it.rulebook, state))


def _evaluated(state: CaseState, it: Happened) -> CaseState:
    dimensions = it.data.table("dimensions")
    graded = dict(state.evaluation)
    for dimension in dimensions.fields():
        sheet = dimensions.table(dimension)
        graded[dimension] = Graded(EvaluationGrade(sheet.name("grade")), sheet.text("text"))
    return state.but(evaluation=graded, steps=without_confirmations(it.rulebook, state))


def _step_done(state: CaseState, it: Happened) -> CaseState:
    sha256 = it.data.sha256("sha256") if it.data.has("sha256") else ""
    done = StepDone(it.data.day("on"), it.data.text("text"), sha256)
    return state.but(steps={**state.steps, it.data.name("step"): done})


def _paper_noted(state: CaseState, it: Happened) -> CaseState:
    data = it.data
    sha256 = data.sha256("sha256") if data.has("sha256") else ""
    paper = PaperDocument(
        data.day("received"), data.name("handed_by"), data.name("kept_at"), sha256
    )
    return state.but(papers={**state.papers, data.name("material"): paper})


def _paper_struck(state: CaseState, it: Happened) -> CaseState:
    struck = it.data.name("material")
    return state.but(papers={name: one for name, one in state.papers.items() if name != struck})


def _extended(state: CaseState, it: Happened) -> CaseState:
    return state.but(term_until=it.data.day("until"), term_extensions=state.term_extensions + 1)


def _closed(state: CaseState, it: Happened) -> CaseState:
    """A new decision: what was objected to was another."""
    return state.but(outcome=it.data.name("outcome"), migration=None, objection=None)


def _nothing(state: CaseState, _it: Happened) -> CaseState:
    return state


def _consulted(state: CaseState, it: Happened) -> CaseState:
    name = it.data.name("consultation")
    asked = consultation_of(it.rulebook, name)
    filed = it.day if asked.kind is ConsultationKind.FILING else None
    opened = ConsultationState(name, asked.authority, it.day, given=filed)
    return state.but(consultations={**state.consultations, name: opened})


def _opined(state: CaseState, it: Happened) -> CaseState:
    name = it.data.name("consultation")
    given = replace(
        state.consultations[name],
        given=it.day,
        position=Position(it.data.name("position")),
        text=it.data.text("text"),
    )
    return state.but(consultations={**state.consultations, name: given})


def _risk_graded(state: CaseState, it: Happened) -> CaseState:
    return state.but(tier=it.data.name("tier"), grading=grading_of(it.data))


def _clock_extended(state: CaseState, it: Happened) -> CaseState:
    clock = it.data.name("clock")
    times = state.extensions.get(clock, 0) + 1
    return state.but(extensions={**state.extensions, clock: times})


def _migration_proposed(state: CaseState, it: Happened) -> CaseState:
    data = it.data
    return state.but(
        migration=MigrationState(
            from_digest=data.name("from_digest"),
            to_digest=data.name("to_digest"),
            version=data.name("version"),
            reason=data.text("reason"),
            proposed=it.day,
        )
    )


def _migration_signed(state: CaseState, it: Happened) -> CaseState:
    """One authority's word. A refusal ends the proposal."""
    pending = state.migration
    if pending is None or not it.data.boolean("consent"):
        return state.but(migration=None)
    authority = it.data.name("authority")
    word = SignOffState(authority, True, it.data.text("reason", empty=True), it.person)
    return state.but(migration=replace(pending, words={**pending.words, authority: word}))


def _migrated(state: CaseState, it: Happened) -> CaseState:
    return state.but(migration=None, digest=it.data.name("to_digest"))


RULES: dict[str, Apply] = {
    EventKind.CASE_CREATED: _created,
    EventKind.CASE_SUBMITTED: _submitted,
    EventKind.STAGE_ENTERED: _entered,
    EventKind.REQUEST_OPENED: _request_opened,
    EventKind.REQUEST_ANSWERED: _request_answered,
    EventKind.REQUEST_LAPSED: _request_lapsed,
    EventKind.CHECKLIST_FILED: _checklist,
    EventKind.NOTICE_OPENED: _notice_opened,
    EventKind.NOTICE_EXTENDED: _notice_extended,
    EventKind.NOTICE_CLOSED: _notice_closed,
    EventKind.COMMENT_RECEIVED: _commented,
    EventKind.COMMENT_ANSWERED: _answered,
    EventKind.SIGNOFF_GIVEN: _signed,
    EventKind.CASE_ADMITTED: _admitted,
    EventKind.PILOT_STARTED: _pilot_started,
    EventKind.REPORT_FILED: _reported,
    EventKind.PROMISE_JUDGED: _judged,
    EventKind.EVALUATION_FILED: _evaluated,
    EventKind.STEP_COMPLETED: _step_done,
    EventKind.PAPER_NOTED: _paper_noted,
    EventKind.PAPER_STRUCK: _paper_struck,
    EventKind.PILOT_EXTENDED: _extended,
    EventKind.CASE_CLOSED: _closed,
    EventKind.CONSULTATION_OPENED: _consulted,
    EventKind.OPINION_GIVEN: _opined,
    EventKind.RISK_GRADED: _risk_graded,
    EventKind.SILENCE_RECORDED: _nothing,
    EventKind.CLOCK_EXTENDED: _clock_extended,
    EventKind.MIGRATION_PROPOSED: _migration_proposed,
    EventKind.MIGRATION_SIGNED: _migration_signed,
    EventKind.CASE_MIGRATED: _migrated,
    **DECISION_RULES,
    **REVIEW_RULES,
    **PARTY_RULES,
}
