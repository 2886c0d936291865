"""How incidents stand: their steps read, folded, set against the rulebook's with their times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shidian.apps.cases.calendars import calendar_of
from shidian.apps.cases.errors import DomainError
from shidian.apps.supervision.models import IncidentStep
from shidian.core.procedure.incidents import (
    Cause,
    IncidentAct,
    IncidentActKind,
    IncidentFacts,
    MarketEffect,
    Standing,
    StepDue,
    course,
    folded,
    next_due,
    rules_of,
)
from shidian.core.procedure.losses import InvestorLoss
from shidian.core.procedure.periods import deadline_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from shidian.apps.supervision.models import Incident
    from shidian.core.rulebook.model import Period, Rulebook


def facts_json(facts: IncidentFacts | None) -> dict[str, Any]:
    """As a step keeps them; empty where it states none."""
    if facts is None:
        return {}
    return {
        "investors": facts.investors,
        "losses": [[one.investor, one.loss_fen, one.paid_fen] for one in facts.losses],
        "market": facts.market.value,
        "market_text": facts.market_text,
        "cause": facts.cause.value,
        "cause_text": facts.cause_text,
    }


def facts_of(stored: Mapping[str, Any]) -> IncidentFacts | None:
    """As they were stated; None where a step states none."""
    if not stored:
        return None
    return IncidentFacts(
        investors=int(stored["investors"]),
        losses=tuple(InvestorLoss(*one) for one in stored["losses"]),
        market=MarketEffect(stored["market"]),
        market_text=str(stored["market_text"]),
        cause=Cause(stored["cause"]),
        cause_text=str(stored["cause_text"]),
    )


def act_of(step: IncidentStep) -> IncidentAct:
    """A stored step as the fold reads it."""
    return IncidentAct(
        kind=IncidentActKind(step.kind),
        at=step.at,
        severity=step.severity,
        text=step.text,
        facts=facts_of(step.facts),
        over_at=step.over_at,
        question=step.question,
        answer_by=step.answer_by,
        lessons=step.lessons,
    )


def standing_of(incident: Incident) -> Standing:
    """How it stands by its steps. One query."""
    steps = IncidentStep.objects.filter(incident=incident.pk).order_by("pk")
    return folded(act_of(step) for step in steps)


def course_of(incident: Incident, standing: Standing) -> tuple[StepDue, ...]:
    """Its steps by the rulebook of its case, with their times."""
    rulebook = incident.pilot.case.rulebook
    rules = rules_of(rulebook)
    return course(rules, standing, incident.known_at, _deadlines(rulebook))


def columns_of(incident: Incident, standing: Standing) -> dict[str, Any]:
    """What an incident keeps of its steps."""
    facts = standing.facts or IncidentFacts()
    sums = facts.sums
    due = next_due(course_of(incident, standing), standing)
    return {
        "severity": standing.severity,
        "state": standing.state.value,
        "over_at": standing.over_at,
        "closed_at": standing.closed_at,
        "due_step": due[0] if due else "",
        "due_at": due[1] if due else None,
        "investors": facts.investors,
        "loss_fen": sums.loss_fen,
        "paid_fen": sums.paid_fen,
        "open_fen": sums.open_fen,
        "market": facts.market.value,
        "cause": facts.cause.value,
    }


def losses_of(steps: Iterable[IncidentStep]) -> tuple[InvestorLoss, ...]:
    """The newest losses that any of the steps states."""
    stated = [step.facts for step in steps if step.facts]
    facts = facts_of(stated[-1]) if stated else None
    return facts.losses if facts else ()


def _deadlines(rulebook: Rulebook) -> Callable[[Period, datetime], datetime | None]:
    def deadline(period: Period, start: datetime) -> datetime | None:
        try:
            calendar = calendar_of(rulebook)
        except DomainError:
            # An incident is taken though its days cannot be counted.
            calendar = None
        return deadline_of(period, start, rulebook.zone, calendar)

    return deadline
