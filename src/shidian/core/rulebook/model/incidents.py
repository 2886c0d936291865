"""Incidents during a pilot: grades, steps of reporting, and the finding of tolerance."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from shidian.core.rulebook.model.values import Frozen, Identifier, Period, Text


class IncidentSeverity(Frozen):
    """A grade of incident; the list goes from the lightest to the gravest."""

    id: Identifier
    name: Text
    meaning: Text | None = None


class IncidentDutyKind(StrEnum):
    """What of an incident is reported in a step."""

    INITIAL = "initial"
    UPDATE = "update"
    CLOSING = "closing"


class IncidentDuty(Frozen):
    """A step of reporting an incident, for the grades named; none named: for every one.

    `within`: from `starts`, which is when the institution learned of the incident (`known`), when
    it was first reported (`reported`) or when it was over (`over`); none: at once, without a
    length. `repeats`: an update falls due again that long after each report until the incident is
    over. `telephone`: it may also be made by telephone, which an officer notes.
    """

    id: Identifier
    name: Text
    kind: IncidentDutyKind
    severities: tuple[Identifier, ...] = ()
    within: Period | None = None
    starts: Literal["known", "reported", "over"] = "known"
    repeats: bool = False
    telephone: bool = False


class ToleranceCondition(Frozen):
    """A condition of tolerance; an officer finds it met or not, with reasons.

    `fact`: what of the reported facts the page shows beside it: that investors' losses were made
    good, the effect on the market, or the cause.
    """

    id: Identifier
    name: Text
    fact: Literal["made-good", "market", "cause"] | None = None


class ToleranceDecision(Frozen):
    """What a finding may come to. `needs_all`: only where every condition was found met."""

    id: Identifier
    name: Text
    needs_all: bool = False


class ToleranceRule(Frozen):
    """The finding of tolerance (容错认定): for which grades, on what conditions, with what ends."""

    severities: tuple[Identifier, ...] = ()
    conditions: tuple[ToleranceCondition, ...] = Field(min_length=1)
    decisions: tuple[ToleranceDecision, ...] = Field(min_length=1)


class IncidentRules(Frozen):
    """How incidents are graded and reported. Without `tolerance` there is no such finding."""

    severities: tuple[IncidentSeverity, ...] = Field(min_length=1)
    steps: tuple[IncidentDuty, ...] = Field(min_length=1)
    tolerance: ToleranceRule | None = None

    def steps_for(self, severity: str) -> tuple[IncidentDuty, ...]:
        """The steps that an incident of that grade takes, in the order of the rulebook."""
        return tuple(one for one in self.steps if not one.severities or severity in one.severities)
