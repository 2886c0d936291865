"""Whether what others are told or asked in a stage is done."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from shidian.core.procedure.facts import asked_in
from shidian.core.procedure.memo import per_rulebook
from shidian.core.procedure.moves import consultation_of, consultations_in
from shidian.core.procedure.types import Position
from shidian.core.rulebook.model import ConsultationKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from shidian.core.procedure.clock_state import ClockSum
    from shidian.core.procedure.state import CaseState
    from shidian.core.rulebook.model import Clock, Consultation, Rulebook


def objected(rulebook: Rulebook, state: CaseState, stage_id: str) -> tuple[Consultation, ...]:
    """Those of the stage in which a binding objection stands."""
    if not state.consultations:
        return ()
    return tuple(
        asked
        for asked in consultations_in(rulebook, stage_id)
        if asked.binding
        and asked.id in state.consultations
        and state.consultations[asked.id].position is Position.OBJECT
    )


def outstanding(
    rulebook: Rulebook,
    state: CaseState,
    stage_id: str,
    clocks: Sequence[ClockSum],
    today: date,
) -> tuple[Consultation, ...]:
    """Those required in the stage that are not done: not sent, or not answered in their time."""
    return tuple(
        asked
        for asked in asked_in(rulebook, state, stage_id)
        if asked.required and not _done(rulebook, state, asked, clocks, today)
    )


def _done(
    rulebook: Rulebook,
    state: CaseState,
    asked: Consultation,
    clocks: Sequence[ClockSum],
    today: date,
) -> bool:
    sent = state.consultations.get(asked.id)
    if sent is None:
        return False
    if asked.kind is ConsultationKind.FILING or sent.given is not None:
        return True
    proceeds = proceeds_from(rulebook, asked, clocks)
    return proceeds is not None and today >= proceeds


def proceeds_from(
    rulebook: Rulebook, asked: Consultation, clocks: Sequence[ClockSum]
) -> date | None:
    """The first day on which a case goes on without the answer. None: it waits for it."""
    rule = time_to_answer(rulebook, asked.id)
    if rule is None or (rule.on_expiry != "may-proceed" and rule.on_silence == "nothing"):
        return None
    due = due_of(rulebook, asked, clocks)
    return None if due is None else due + timedelta(1)


def due_of(rulebook: Rulebook, asked: Consultation, clocks: Sequence[ClockSum]) -> date | None:
    """The last day for the answer, where there is one."""
    rule = time_to_answer(rulebook, asked.id)
    if rule is None:
        return None
    keys = (rule.id, f"{rule.id}/{asked.id}")
    return next((one.due for one in clocks if one.key in keys), None)


@per_rulebook
def time_to_answer(rulebook: Rulebook, consultation_id: str) -> Clock | None:
    """The clock of a consultation: the one it names, or the one that starts with it."""
    asked = consultation_of(rulebook, consultation_id)
    for clock in rulebook.clocks:
        starts = clock.starts == "consultation.opened"
        if clock.id == asked.clock or (starts and clock.after == asked.id):
            return clock
    return None
