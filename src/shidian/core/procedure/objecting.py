"""Objections to a refusal: whether there is one to make, in what time, and what can come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.memo import per_rulebook
from shidian.core.procedure.types import CaseState, ObjectionOutcome

if TYPE_CHECKING:
    from datetime import date

    from shidian.core.rulebook.model import Clock, ObjectionRule, Rulebook

STARTS = ("case.closed", "objection.filed")
"""Starts of clocks that only an objection runs."""


@per_rulebook
def rule_against(rulebook: Rulebook, outcome: str | None) -> ObjectionRule | None:
    """How a decision with that outcome is objected to; None where it cannot be."""
    return next((one for one in rulebook.objections if outcome in one.against), None)


@per_rulebook
def rule_named(rulebook: Rulebook, rule_id: str) -> ObjectionRule | None:
    """The rule of that id; None for one that the rulebook does not have."""
    return next((one for one in rulebook.objections if one.id == rule_id), None)


@per_rulebook
def bodies(rulebook: Rulebook) -> frozenset[str]:
    """The authorities that decide on objections."""
    return frozenset(one.body for one in rulebook.objections)


def open_rule(rulebook: Rulebook, state: CaseState) -> ObjectionRule | None:
    """The rule by which this case can be objected to now, were there time left."""
    if not state.is_closed or state.admitted or state.objection is not None:
        return None
    return rule_against(rulebook, state.outcome)


def pending(state: CaseState) -> bool:
    """Whether an objection waits for its decision."""
    return state.objection is not None and state.objection.decided is None


def ways(rule: ObjectionRule) -> dict[ObjectionOutcome, str | None]:
    """What can come of it, with the stage that the case then goes on in."""
    found: dict[ObjectionOutcome, str | None] = {ObjectionOutcome.UPHELD: None}
    if rule.changed_to is not None:
        found[ObjectionOutcome.CHANGED] = rule.changed_to
    if rule.sent_back_to is not None:
        found[ObjectionOutcome.SENT_BACK] = rule.sent_back_to
    return found


def clock_days(
    rulebook: Rulebook, state: CaseState, clock: Clock
) -> tuple[date | None, date | None]:
    """The day that clock was received on and the day it stopped, of the latest refusal."""
    made = state.objection
    if made is not None:
        rule = rule_named(rulebook, made.rule)
        if rule is None:
            return None, None
        if clock.id == rule.within:
            return made.closed, made.filed
        return (made.filed, made.decided) if clock.id == rule.clock else (None, None)
    rule = open_rule(rulebook, state)
    if rule is None or clock.id != rule.within:
        return None, None
    return state.entered, None
