"""Decisions that are kept until they are released, many at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.handlers.entering import closing, enter
from shidian.core.procedure.handlers.late_conflict import must_not_be_doubted
from shidian.core.procedure.moves import stage_of
from shidian.core.procedure.reading import refuse
from shidian.core.procedure.types import EventKind, RefusalCode
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.procedure.situation import Situation
    from shidian.core.procedure.types import HeldDecision, Json, NewEvent
    from shidian.core.rulebook.model import Stage

ADMIT = "admit"
REJECT = "reject"


def is_held(case: Situation) -> bool:
    """Whether what is decided in this stage is kept until it is released."""
    asked = case.data.has("hold") and case.data.boolean("hold")
    match case.stage.release:
        case "together":
            return True
        case "by-call":
            return asked
        case _:
            if asked:
                refuse(
                    RefusalCode.BAD_DATA,
                    "按制度文本，本阶段的决定随即告知，不能暂存。",
                    "By the rulebook a decision in this stage is told at once.",
                    "hold",
                )
            return False


def starts_the_run(case: Situation, target: Stage) -> bool:
    """Whether entering that stage admits the case."""
    return target.kind is StageKind.RUNNING and not case.state.admitted


def keep(
    case: Situation,
    decision: str,
    target: Stage,
    reason: str,
    *,
    outcome: str | None = None,
    found: Mapping[str, Json] | None = None,
) -> NewEvent:
    """The event of a decision that is kept."""
    data: dict[str, Json] = {"decision": decision, "to": target.id, "reason": reason}
    if outcome is not None:
        data["outcome"] = outcome
    if found:
        data["thresholds"] = found
    return case.follows(EventKind.DECISION_HELD, f"{case.pointer}/release", **data)


def release_decision(case: Situation) -> tuple[NewEvent, ...]:
    """Tells what was decided: the case is admitted or closed now, as it was decided then."""
    held = _held(case)
    must_not_be_doubted(case)
    if case.data.has("batch"):
        case.data.name("batch")
    target = stage_of(case.rulebook, held.to)
    released = case.event(EventKind.DECISION_RELEASED)
    if held.outcome is None:
        moved = enter(case, target, held.reason, found=held.thresholds)
        return (released, *moved)
    moved = enter(case, target, held.reason)
    return (released, *moved, closing(case, target, held.outcome, held.reason))


def take_back_decision(case: Situation) -> tuple[NewEvent, ...]:
    """A decision that nobody was told of is made undone; consents are to be given anew."""
    _held(case)
    case.data.reason()
    return (case.event(EventKind.DECISION_TAKEN_BACK),)


def _held(case: Situation) -> HeldDecision:
    held = case.state.held
    if held is None:
        refuse(
            RefusalCode.NO_DECISION_HELD,
            "该案没有待公布的决定：请刷新页面查看。",
            "No decision of this case waits to be released: reload to see where it stands.",
        )
    return held
