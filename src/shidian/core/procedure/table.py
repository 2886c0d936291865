"""The transition table of a rulebook: the only moves a case can make, and its drawing."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from shidian.core.procedure.moves import first_stage, moves
from shidian.core.procedure.silence import silence_routes
from shidian.core.procedure.types import Transition, Verb
from shidian.core.procedure.verbs import VERBS
from shidian.core.rulebook.model import Rulebook, StageKind

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    for stage in rulebook.stages:
        if stage.kind is StageKind.CLOSED:
            for target_id in dict.fromkeys(_by_objection(rulebook)):
                yield Transition(
                    stage.id, Verb.DECIDE_OBJECTION, target_id, VERBS[Verb.DECIDE_OBJECTION].by
                )
    yield from _by_release(rulebook)
    for source, target_id in dict.fromkeys(_by_silence(rulebook)):
        yield Transition(source, Verb.RECORD_SILENCE, target_id, VERBS[Verb.RECORD_SILENCE].by)


def _by_objection(rulebook: Rulebook) -> Iterator[str]:
    """Stages in which a case goes on that had been refused."""
    for rule in rulebook.objections:
        yield from (name for name in (rule.changed_to, rule.sent_back_to) if name is not None)


def _by_release(rulebook: Rulebook) -> Iterator[Transition]:
    """What a stage decides and does not tell at once is told by its release."""
    by = VERBS[Verb.RELEASE_DECISION].by
    for stage in rulebook.stages:
        if stage.release == "at-once":
            continue
        for verb in (Verb.REJECT, Verb.SIGN_OFF, Verb.ADVANCE):
            for target in moves(rulebook, stage, verb):
                if verb is Verb.REJECT or target.kind is StageKind.RUNNING:
                    yield Transition(stage.id, Verb.RELEASE_DECISION, target.id, by)


def _by_silence(rulebook: Rulebook) -> Iterator[tuple[str, str]]:
    """The steps of every way that a case can go because a clock ran out."""
    for stage in rulebook.stages:
        if stage.kind in VERBS[Verb.RECORD_SILENCE].kinds:
            for route in silence_routes(rulebook, stage.id):
                ids = [stage.id, *(target.id for target in route)]
                yield from pairwise(ids)
