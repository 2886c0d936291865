"""Objecting to a refusal, and deciding on it: a sub-case with clocks of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.handlers.entering import enter
from shidian.core.procedure.moves import stage_of
from shidian.core.procedure.objecting import open_rule, rule_named, ways
from shidian.core.procedure.reading import refuse
from shidian.core.procedure.types import ClockState, EventKind, ObjectionOutcome, RefusalCode

if TYPE_CHECKING:
    from shidian.core.procedure.situation import Situation
    from shidian.core.procedure.types import NewEvent


def file_objection(case: Situation) -> tuple[NewEvent, ...]:
    """The lead objects, once, to a refusal that the rulebook lets it object to, in its time.

    Where the calendar does not reach the last day, no right is lost by that.
    """
    rule = open_rule(case.rulebook, case.state)
    if rule is None:
        again = case.state.objection is not None
        refuse(
            RefusalCode.ALREADY_DONE if again else RefusalCode.NO_OBJECTION_OPEN,
            "已对该决定提出过异议。" if again else "按制度文本，该结果不能提出异议。",
            "An objection to this decision has been made already."
            if again
            else "The rulebook gives no objection to this outcome.",
        )
    case.data.reason("grounds")
    for clock in case.clocks:
        if clock.clock == rule.within and clock.state is ClockState.EXPIRED:
            refuse(
                RefusalCode.WINDOW_CLOSED,
                f"提出异议的期限已于 {clock.due} 届满。",
                f"The time to object ended on {clock.due}.",
            )
    against = case.state.outcome
    return (case.event(EventKind.OBJECTION_FILED, objection=rule.id, against=against),)


def decide_objection(case: Situation) -> tuple[NewEvent, ...]:
    """The body's decision. Where it is changed or sent back, the case goes on in that stage."""
    made = case.state.objection
    rule = rule_named(case.rulebook, made.rule) if made else None
    if made is None or rule is None or made.decided is not None:
        refuse(
            RefusalCode.NO_OBJECTION_OPEN,
            "没有待复核的异议：请刷新页面查看。",
            "No objection waits for a decision: reload to see what is open.",
        )
    actor = case.act.actor
    if actor.authority != rule.body:
        refuse(
            RefusalCode.WRONG_AUTHORITY,
            f"此项异议由 {rule.body} 复核。",
            f"This objection is for {rule.body} to decide.",
        )
    if rule.others_decide and actor.person in case.state.closed_by:
        refuse(
            RefusalCode.FIRST_DECIDER,
            "您参与了原决定，不得参与复核：请由本单位其他人员办理。",
            "You had a hand in the decision, so a colleague decides on the objection.",
        )
    found = ways(rule)
    outcome = ObjectionOutcome(case.data.choice("outcome", [one.value for one in found]))
    reason = case.data.reason()
    decided = case.event(EventKind.OBJECTION_DECIDED, objection=rule.id)
    target = found[outcome]
    if target is None:
        return (decided,)
    return (decided, *enter(case, stage_of(case.rulebook, target), reason))
