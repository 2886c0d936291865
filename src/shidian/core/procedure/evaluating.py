"""The steps of an evaluation: which are to be done, by whom, and what they wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.moves import stage_of
from shidian.core.procedure.types import ActorKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.procedure.types import CaseState, Promise, StepDone
    from shidian.core.rulebook.model import Area, EvaluationStep, Rulebook, Stage


def demanded(stage: Stage) -> tuple[EvaluationStep, ...]:
    """The steps that somebody is named for, in order. The case is closed only after them."""
    return tuple(one for one in stage.steps if one.by is not None)


def open_steps(stage: Stage, state: CaseState) -> tuple[EvaluationStep, ...]:
    """Those not done yet; the first of them is the next one."""
    return tuple(one for one in demanded(stage) if one.id not in state.steps)


def doer(step: EvaluationStep, state: CaseState) -> ActorKind:
    """Who is asked to do it: an officer, from paper, where nobody of its role has the case.

    Experts see it no more once their round is over, and a body only where one was commissioned.
    """
    if step.by == "expert" or (step.by == "assessor" and not state.commissioned):
        return ActorKind.OFFICER
    return ActorKind(str(step.by))


def is_confirmation(step: EvaluationStep) -> bool:
    """Whether a signing officer does it: an authority's word on what the others found."""
    return step.by == ActorKind.SIGNING_OFFICER.value


def unjudged(state: CaseState) -> tuple[Promise, ...]:
    """The promises without a judgement."""
    return tuple(one for one in state.promises if one.id not in state.judgements)


def ungraded(stage: Stage, state: CaseState) -> tuple[Area, ...]:
    """The dimensions without a grade."""
    return tuple(one for one in stage.dimensions if one.id not in state.evaluation)


def without_confirmations(rulebook: Rulebook, state: CaseState) -> Mapping[str, StepDone]:
    """The steps that still count once a promise is judged or a dimension graded anew.

    What was confirmed before stays in the history.
    """
    if not state.steps:
        return state.steps
    stage = stage_of(rulebook, state.stage)
    spent = {one.id for one in stage.steps if is_confirmation(one)}
    return {name: done for name, done in state.steps.items() if name not in spent}
