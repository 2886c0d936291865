"""What decisions that are kept, and objections to those that were told, do to a case's state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shidian.core.procedure.types import (
    CaseState,
    EventKind,
    HeldDecision,
    ObjectionOutcome,
    ObjectionState,
)

if TYPE_CHECKING:
    from shidian.core.procedure.event_rules import Apply, Happened


def had_a_hand(state: CaseState, person: str) -> tuple[str, ...]:
    """Persons whose decision it is when `person` closes the case, or releases what was kept."""
    if state.held is not None:
        return state.held.persons
    signed = (word.person for word in state.signoffs.values())
    return tuple(dict.fromkeys((*signed, person)))


def _held(state: CaseState, it: Happened) -> CaseState:
    data = it.data
    return state.but(
        held=HeldDecision(
            data.name("decision"),
            data.name("to"),
            data.text("reason", empty=True),
            it.day,
            had_a_hand(state, it.person),
            data.name("outcome") if data.has("outcome") else None,
            data.table("thresholds").values(),
        )
    )


def _taken_back(state: CaseState, _it: Happened) -> CaseState:
    return state.but(held=None, signoffs={})


def _released(state: CaseState, _it: Happened) -> CaseState:
    """What it tells follows in events of its own."""
    return state


def _objected(state: CaseState, it: Happened) -> CaseState:
    closed = state.entered
    if closed is None:
        raise ValueError("history speaks of an objection before there was a decision")
    return state.but(
        objection=ObjectionState(
            it.data.name("objection"),
            it.data.name("against"),
            closed,
            it.day,
            it.data.text("grounds"),
        )
    )


def _objection_decided(state: CaseState, it: Happened) -> CaseState:
    """The objection is settled; a decision that does not stand is none any more."""
    if state.objection is None:
        raise ValueError("history decides on an objection that was not filed")
    outcome = ObjectionOutcome(it.data.name("outcome"))
    settled = replace(
        state.objection, decided=it.day, outcome=outcome, reason=it.data.text("reason")
    )
    stands = outcome is ObjectionOutcome.UPHELD
    return state.but(objection=settled, outcome=state.outcome if stands else None)


DECISION_RULES: dict[str, Apply] = {
    EventKind.DECISION_HELD: _held,
    EventKind.DECISION_RELEASED: _released,
    EventKind.DECISION_TAKEN_BACK: _taken_back,
    EventKind.OBJECTION_FILED: _objected,
    EventKind.OBJECTION_DECIDED: _objection_decided,
}
