"""Of a case's clocks, those that bound the stage it is in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.memo import per_rulebook

if TYPE_CHECKING:
    from datetime import date

    from shidian.core.procedure.clock_state import ClockSum
    from shidian.core.procedure.state import CaseState
    from shidian.core.rulebook.model import Rulebook, Stage


def stage_clock(state: CaseState, stage: Stage) -> ClockSum | None:
    """The clock of that stage, if it has one and it has started."""
    wanted = f"{stage.id}/{stage.clock}"
    return next((clock for clock in state.sums if clock.key == wanted), None)


def spanning_due(rulebook: Rulebook, state: CaseState) -> date | None:
    """The last day of the earliest clock that runs on over several stages; None where none does."""
    spanning = _spanning(rulebook)
    if not spanning:
        return None
    dues = [one.due for one in state.sums if one.clock in spanning and one.stopped is None]
    return min((day for day in dues if day is not None), default=None)


@per_rulebook
def _spanning(rulebook: Rulebook) -> frozenset[str]:
    """Clocks that run on over several stages."""
    return frozenset(clock.id for clock in rulebook.clocks if clock.until is not None)
