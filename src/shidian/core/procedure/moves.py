"""The moves that a rulebook gives each verb, and its parts looked up once.

Which verb makes a move is read off the kinds of the two stages; the moves themselves are the
rulebook's `next`. A stage is ahead of another if it stands after it in the rulebook.
"""

from __future__ import annotations

from shidian.core.procedure.memo import per_rulebook
from shidian.core.procedure.types import Verb
from shidian.core.rulebook.model import Clock, Consultation, Rulebook, Stage, StageKind

_TO_CLOSED: dict[StageKind, tuple[Verb, ...]] = {
    StageKind.DRAFT: (Verb.WITHDRAW,),
    StageKind.SCREENING: (Verb.REJECT, Verb.WITHDRAW),
    StageKind.REVIEW: (Verb.REJECT, Verb.WITHDRAW),
    StageKind.ASSESSMENT: (Verb.REJECT, Verb.WITHDRAW),
    StageKind.NOTICE: (Verb.REJECT, Verb.WITHDRAW),
    StageKind.ADMISSION: (Verb.REJECT, Verb.WITHDRAW),
    StageKind.RUNNING: (Verb.TERMINATE, Verb.WITHDRAW),
    StageKind.EVALUATION: (Verb.CLOSE, Verb.TERMINATE, Verb.WITHDRAW),
    StageKind.CLOSED: (),
}


@per_rulebook
def stage_of(rulebook: Rulebook, stage_id: str) -> Stage:
    """The stage of that id. Raises KeyError."""
    return rulebook.stage(stage_id)


@per_rulebook
def clock_of(rulebook: Rulebook, clock_id: str) -> Clock:
    """The clock of that id. Raises KeyError."""
    return rulebook.clock(clock_id)


@per_rulebook
def consultation_of(rulebook: Rulebook, consultation_id: str) -> Consultation:
    """The consultation of that id. Raises KeyError."""
    for consultation in rulebook.consultations:
        if consultation.id == consultation_id:
            return consultation
    raise KeyError(consultation_id)


@per_rulebook
def consultations_in(rulebook: Rulebook, stage_id: str) -> tuple[Consultation, ...]:
    """What others are told or asked while a case is in that stage, in the rulebook's order."""
    return tuple(one for one in rulebook.consultations if one.stage == stage_id)


@per_rulebook
def stage_order(rulebook: Rulebook) -> dict[str, int]:
    """Where each stage stands in the rulebook."""
    return {stage.id: n for n, stage in enumerate(rulebook.stages)}


def first_stage(rulebook: Rulebook) -> Stage:
    """Where a case begins: the first draft stage. Raises KeyError without one."""
    for stage in rulebook.stages:
        if stage.kind is StageKind.DRAFT:
            return stage
    raise KeyError("draft")


def moves(rulebook: Rulebook, stage: Stage, verb: Verb) -> tuple[Stage, ...]:
    """The stages that `verb` can take a case to from `stage`; the first is the default."""
    return _moves(rulebook, stage.id, verb)


@per_rulebook
def _moves(rulebook: Rulebook, stage_id: str, verb: Verb) -> tuple[Stage, ...]:
    stage = stage_of(rulebook, stage_id)
    onward = [rulebook.stage(target) for target in stage.next]
    return tuple(target for target in onward if verb in _verbs(rulebook, stage, target))


def is_ahead(rulebook: Rulebook, stage: Stage, target: Stage) -> bool:
    """Whether `target` stands after `stage` in the rulebook."""
    order = stage_order(rulebook)
    return order[target.id] > order[stage.id]


def _verbs(rulebook: Rulebook, stage: Stage, target: Stage) -> tuple[Verb, ...]:
    """By which verbs a case goes from `stage` to `target`, which is in its `next`."""
    if target.kind is StageKind.CLOSED:
        return _closing(rulebook, stage)
    if target.kind is StageKind.DRAFT and stage.kind is not StageKind.DRAFT:
        return (Verb.RETURN_TO_APPLICANT,)
    match stage.kind, target.kind:
        case StageKind.DRAFT, _:
            verb = Verb.SUBMIT
        case StageKind.RUNNING, StageKind.EVALUATION:
            verb = Verb.BEGIN_EVALUATION
        case StageKind.EVALUATION, StageKind.RUNNING:
            verb = Verb.EXTEND
        case StageKind.EVALUATION, _:
            return ()
        case StageKind.ADMISSION, _ if is_ahead(rulebook, stage, target):
            verb = Verb.SIGN_OFF
        case _:
            verb = Verb.ADVANCE
    return (verb,)


def _closing(rulebook: Rulebook, stage: Stage) -> tuple[Verb, ...]:
    verbs = _TO_CLOSED[stage.kind]
    kinds = {rulebook.stage(target).kind for target in stage.next}
    if stage.kind is StageKind.RUNNING and StageKind.EVALUATION not in kinds:
        return (Verb.CLOSE, *verbs)
    return verbs


MOVING = frozenset(
    {
        Verb.SUBMIT,
        Verb.ADVANCE,
        Verb.RETURN_TO_APPLICANT,
        Verb.REJECT,
        Verb.WITHDRAW,
        Verb.TERMINATE,
        Verb.BEGIN_EVALUATION,
        Verb.EXTEND,
        Verb.CLOSE,
    }
)
"""Verbs that always move a case, so that without a move in the rulebook they are impossible."""
