"""The transition table of a rulebook: the only moves a case can make, and its drawing.

Which verb makes a move is read off the kinds of the two stages; the moves themselves are the
rulebook's `next`. A stage is ahead of another if it stands after it in the rulebook.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.types import Transition, Verb
from shidian.core.procedure.verbs import VERBS
from shidian.core.rulebook.model import Rulebook, Stage, StageKind

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def first_stage(rulebook: Rulebook) -> Stage:
    """Where a case begins: the first draft stage. Raises KeyError without one."""
    for stage in rulebook.stages:
        if stage.kind is StageKind.DRAFT:
            return stage
    raise KeyError("draft")


def moves(rulebook: Rulebook, stage: Stage, verb: Verb) -> tuple[Stage, ...]:
    """The stages that `verb` can take a case to from `stage`; the first is the default."""
    onward = [rulebook.stage(target) for target in stage.next]
    return tuple(target for target in onward if verb in _verbs(rulebook, stage, target))


def is_ahead(rulebook: Rulebook, stage: Stage, target: Stage) -> bool:
    """Whether `target` stands after `stage` in the rulebook."""
    order = [one.id for one in rulebook.stages]
    return order.index(target.id) > order.index(stage.id)


def transitions(rulebook: Rulebook) -> tuple[Transition, ...]:
    """Every row: from, verb, to, by whom. Nothing else moves a case."""
    return tuple(_transitions(rulebook))


def diagram_mermaid(rulebook: Rulebook) -> str:
    """The table as a Mermaid state diagram, with the stages' Chinese names for staff."""
    alias = {stage.id: stage.id.replace("-", "_") for stage in rulebook.stages}
    lines = ["stateDiagram-v2"]
    lines += [
        f'    state "{stage.names.staff.zh}" as {alias[stage.id]}' for stage in rulebook.stages
    ]
    arrows: dict[tuple[str, str], list[str]] = {}
    for row in transitions(rulebook):
        source = "[*]" if row.source is None else alias[row.source]
        arrows.setdefault((source, alias[row.target]), []).append(row.verb.value)
    lines += [
        f"    {source} --> {target}: {', '.join(verbs)}"
        for (source, target), verbs in arrows.items()
    ]
    lines += [
        f"    {alias[stage.id]} --> [*]"
        for stage in rulebook.stages
        if stage.kind is StageKind.CLOSED
    ]
    return "\n".join(lines) + "\n"


def _transitions(rulebook: Rulebook) -> Iterator[Transition]:
    yield Transition(None, Verb.CREATE, first_stage(rulebook).id, VERBS[Verb.CREATE].by)
    for stage in rulebook.stages:
        for verb, spec in VERBS.items():
            if stage.kind not in spec.kinds:
                continue
            for target in moves(rulebook, stage, verb):
                yield Transition(stage.id, verb, target.id, spec.by)


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
