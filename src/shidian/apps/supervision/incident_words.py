"""An incident in words: its steps with their times, grades, facts and sums as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.cases.words import localized
from shidian.apps.supervision.domain.tolerance import decision_of
from shidian.apps.supervision.incident_course import course_of, facts_of, standing_of
from shidian.apps.supervision.models import Cause, MarketEffect
from shidian.core.procedure.incidents import rules_of
from shidian.core.procedure.losses import major
from shidian.core.rulebook.reading.chapters.incidents import incident_due

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from shidian.apps.supervision.models import (
        Incident,
        IncidentStep,
        ToleranceDecision,
        ToleranceFinding,
    )
    from shidian.core.procedure.incidents import IncidentFacts, Standing
    from shidian.core.procedure.losses import InvestorLoss
    from shidian.core.rulebook.model import IncidentRules, Rulebook

LOSSES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class DutyLine:
    """A step as the rulebook has it: what it is called, when it is due, for which grades."""

    name: str
    due: str
    grades: str


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step of one incident with its time."""

    name: str
    due: str
    due_at: datetime | None
    done_at: datetime | None
    starts_at: datetime | None
    late: bool


@dataclass(frozen=True, slots=True)
class FactsShown:
    """The safe-harbour facts with their sums, as text in major units."""

    investors: int
    losses: tuple[tuple[str, str, str, str], ...]
    more: int
    with_loss: int
    loss: str
    paid: str
    open: str
    made_good: bool
    market: str
    market_text: str
    cause: str
    cause_text: str


def shown_duties(rulebook: Rulebook) -> list[DutyLine]:
    """The steps that the rulebook asks for."""
    rules = rules_of(rulebook)
    names = grade_names(rulebook)
    return [
        DutyLine(
            localized(one.name),
            localized(incident_due(one)),
            " · ".join(names.get(grade, grade) for grade in one.severities),
        )
        for one in rules.steps
    ]


def grade_names(rulebook: Rulebook) -> dict[str, str]:
    """Grade → its name."""
    return {one.id: localized(one.name) for one in rules_of(rulebook).severities}


def due_name(rulebook: Rulebook, step: str) -> str:
    """What a step is called; empty for a question."""
    rules: IncidentRules = rules_of(rulebook)
    return next((localized(one.name) for one in rules.steps if one.id == step), "")


def shown_steps(incident: Incident, standing: Standing) -> list[StepLine]:
    """Its steps by the rulebook, with what was done in time and what was not."""
    now = timezone.now()
    return [
        StepLine(
            localized(one.step.name),
            localized(incident_due(one.step)),
            one.due_at,
            one.done_at,
            one.starts_at,
            one.is_late(now),
        )
        for one in course_of(incident, standing)
    ]


def shown_facts(facts: IncidentFacts | None) -> FactsShown | None:
    """The facts as they were stated last; None where none were."""
    if facts is None:
        return None
    sums = facts.sums
    lines = facts.losses[:LOSSES_SHOWN]
    return FactsShown(
        investors=facts.investors,
        losses=tuple(_line(one) for one in lines),
        more=len(facts.losses) - len(lines),
        with_loss=sums.investors,
        loss=major(sums.loss_fen),
        paid=major(sums.paid_fen),
        open=major(sums.open_fen),
        made_good=sums.made_good,
        market=str(MarketEffect(facts.market.value).label),
        market_text=facts.market_text,
        cause=str(Cause(facts.cause.value).label),
        cause_text=facts.cause_text,
    )


def _line(one: InvestorLoss) -> tuple[str, str, str, str]:
    return one.investor, major(one.loss_fen), major(one.paid_fen), major(one.open_fen)


@dataclass(frozen=True, slots=True)
class ShownStep:
    """What was done, with the facts that it stated."""

    step: IncidentStep
    facts: FactsShown | None
    grade: str


def shown_timeline(steps: Iterable[IncidentStep], rulebook: Rulebook) -> list[ShownStep]:
    """What was done, oldest first; facts that state nothing new are left out."""
    names = grade_names(rulebook)
    found: list[ShownStep] = []
    before: IncidentFacts | None = None
    for step in steps:
        facts = facts_of(step.facts)
        shown = shown_facts(facts) if facts is not None and facts != before else None
        before = facts or before
        grade = names.get(step.severity, step.severity)
        found.append(ShownStep(step, shown, grade))
    return found


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding with its conditions and its decision, in words."""

    finding: ToleranceFinding
    conditions: tuple[tuple[str, bool, str], ...]
    proposal: str
    decision: ToleranceDecision | None
    decided: str


def shown_finding(finding: ToleranceFinding, rulebook: Rulebook) -> ShownFinding:
    """A finding in words."""
    rule = rulebook.incidents.tolerance if rulebook.incidents else None
    conditions = {one.id: localized(one.name) for one in rule.conditions} if rule else {}
    decisions = {one.id: localized(one.name) for one in rule.decisions} if rule else {}
    decision = decision_of(finding)
    chosen = decision.decision if decision else ""
    return ShownFinding(
        finding,
        tuple(
            (conditions.get(one["id"], one["id"]), bool(one["met"]), str(one["reason"]))
            for one in finding.conditions
        ),
        decisions.get(finding.proposal, finding.proposal),
        decision,
        decisions.get(chosen, chosen),
    )


def standing_and_facts(incident: Incident) -> tuple[Standing, dict[str, Any]]:
    """How it stands, and what the page shows of that."""
    standing = standing_of(incident)
    return standing, {
        "duties": shown_steps(incident, standing),
        "facts": shown_facts(standing.facts),
        "questions": standing.open_questions,
        "grade": grade_names(incident.pilot.case.rulebook).get(
            incident.severity, incident.severity
        ),
    }


def told_facts(incident: Incident) -> dict[str, str]:
    """What the institution reported, by the names that conditions of tolerance have for it."""
    left = _("Not made good: %(sum)s") % {"sum": major(incident.open_fen)}
    return {
        "made-good": left if incident.open_fen else _("nothing is left to be made good"),
        "market": str(incident.get_market_display()),
        "cause": str(incident.get_cause_display()),
    }
