"""What is open between authorities and in time: to be asked, answered, lengthened, written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.cases.rules import consulted_parts, objection_parts
from shidian.core.procedure.evaluating import is_confirmation, open_steps, ungraded, unjudged
from shidian.core.procedure.facts import asked_in
from shidian.core.procedure.objecting import open_rule, rule_named
from shidian.core.procedure.silence import silent_clocks
from shidian.core.procedure.types import ActorKind, ClockState, SessionKind
from shidian.core.rulebook.model import ConsultationKind

if TYPE_CHECKING:
    from collections.abc import Container

    from shidian.apps.accounts.rules import Someone
    from shidian.apps.cases.models import Case
    from shidian.core.procedure.types import CaseState, ClockSum
    from shidian.core.rulebook.model import Clock, Consultation, EvaluationStep

RUNNING = (ClockState.RUNNING, ClockState.PAUSED)


def to_consult(case: Case, state: CaseState) -> list[Consultation]:
    """Consultations of the present stage that are not opened yet."""
    here = asked_in(case.rulebook, state, state.stage)
    return [one for one in here if one.id not in state.consultations]


def to_answer(case: Case, state: CaseState, person: Someone) -> list[Consultation]:
    """Consultations that wait for the word of an authority for which `person` speaks."""
    speaks_for = consulted_parts(person, case)
    return [one for one in to_hear(case, state) if one.authority in speaks_for]


def to_hear(case: Case, state: CaseState) -> list[Consultation]:
    """Consultations on which an authority was asked for its word, which may come by letter."""
    return [
        one
        for one in asked_in(case.rulebook, state, state.stage)
        if one.id in state.consultations and one.kind is not ConsultationKind.FILING
    ]


def to_step(case: Case, state: CaseState, kinds: Container[ActorKind]) -> EvaluationStep | None:
    """The next step of the evaluation, where one acting in these capacities can do or enter it."""
    steps = open_steps(case.stage_rule, state)
    if not steps:
        return None
    if is_confirmation(steps[0]):
        judged = not unjudged(state) and not ungraded(case.stage_rule, state)
        return steps[0] if judged and ActorKind.SIGNING_OFFICER in kinds else None
    may = ActorKind.OFFICER in kinds or ActorKind(str(steps[0].by)) in kinds
    return steps[0] if may else None


def to_enter(state: CaseState) -> list[str]:
    """Person keys of the open round's experts whose sheet is still to come."""
    current = state.round
    if current is None or current.closed:
        return []
    filed = {one.expert for one in current.reviews if not one.is_disputed}
    return [
        one for one in current.experts if one not in filed and not current.conflicts.get(one, False)
    ]


def to_extend(case: Case, state: CaseState) -> list[tuple[Clock, ClockSum]]:
    """Running clocks that the rulebook lets an officer lengthen once more."""
    rules = {one.id: one for one in case.rulebook.clocks if one.extension}
    return [
        (rule, total)
        for total in state.clocks
        if total.state in RUNNING
        and (rule := rules.get(total.clock)) is not None
        and rule.extension is not None
        and state.extensions.get(rule.id, 0) < rule.extension.times_max
        and rule.starts != "pilot.started"
    ]


def may_still_object(case: Case, state: CaseState) -> bool:
    """Whether there is an objection to make, and time for it."""
    rule = open_rule(case.rulebook, state)
    if rule is None:
        return False
    return not any(
        one.clock == rule.within and one.state is ClockState.EXPIRED for one in state.clocks
    )


def may_decide(case: Case, state: CaseState, person: Someone) -> bool:
    """Whether the objection waits for an authority for which `person` acts, and may."""
    made = state.objection
    rule = rule_named(case.rulebook, made.rule) if made and made.decided is None else None
    if rule is None or rule.body not in objection_parts(person, case):
        return False
    return not rule.others_decide or str(person.pk) not in state.closed_by


def to_record(case: Case, state: CaseState) -> list[Clock]:
    """Clocks that ran out and whose silence has a consequence."""
    expired = {one.clock for one in state.clocks if one.state is ClockState.EXPIRED}
    return [one for one in silent_clocks(case.rulebook, state.stage) if one.id in expired]


def to_call(case: Case, state: CaseState) -> list[SessionKind]:
    """Sessions of the newest round that can be called, moved or called off: those not minuted."""
    current, panel = state.round, case.stage_rule.panel
    if current is None or panel is None:
        return []
    rules = {SessionKind.DEFENCE: panel.defence, SessionKind.MEETING: panel.meeting}
    return [
        kind
        for kind, rule in rules.items()
        if rule is not None
        and not (kind is SessionKind.DEFENCE and current.closed)
        and not ((known := current.session(kind)) and known.minutes and not known.off)
    ]


def to_minute(state: CaseState) -> list[SessionKind]:
    """Sessions of the newest round whose day has come: their minutes can be kept, or kept anew."""
    found = [state.round.session(kind) for kind in SessionKind] if state.round else []
    return [
        one.kind
        for one in found
        if one is not None and not one.off and state.day is not None and one.on <= state.day
    ]


def may_vote(state: CaseState) -> bool:
    """Whether the panel's meeting has come, on a round that is closed."""
    closed = state.round is not None and state.round.closed
    return closed and SessionKind.MEETING in to_minute(state)
