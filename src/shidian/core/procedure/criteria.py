"""Which criteria an officer judges in the act that moves a case on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.memo import per_rulebook
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Criterion, Rulebook, Stage

_JUDGED_ON_LEAVING = frozenset({StageKind.SCREENING, StageKind.ASSESSMENT, StageKind.NOTICE})
"""A review's criteria are the experts' to score; an admission is left by signing."""


def judged_between(rulebook: Rulebook, left: Stage, entered: Stage) -> tuple[Criterion, ...]:
    """The criteria judged on moving ahead from `left` to `entered`, in the rulebook's order.

    Those of the stage left; on going from one stage of a run to the next, those of the stage
    entered, which say what the run so far must have shown.
    """
    stage = _judged(left, entered)
    return by_stage(rulebook).get(stage.id, ()) if stage else ()


def _judged(left: Stage, entered: Stage) -> Stage | None:
    if left.kind is StageKind.RUNNING and entered.kind is StageKind.RUNNING:
        return entered
    return left if left.kind in _JUDGED_ON_LEAVING else None


@per_rulebook
def by_stage(rulebook: Rulebook) -> dict[str, tuple[Criterion, ...]]:
    """Criteria by the stage they belong to."""
    return {
        stage.id: tuple(one for one in rulebook.criteria if one.stage == stage.id)
        for stage in rulebook.stages
    }
