"""Incidents: how one stands after all that was reported and asked, and which steps are due when.

Pure: it knows acts, times and the rulebook's steps, and neither people nor a database. The acts are
the record; state, questions and clocks are folded from them, so that they can be folded again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from shidian.core.procedure.losses import InvestorLoss, Sums, sums_of
from shidian.core.rulebook.model import (
    IncidentDuty,
    IncidentDutyKind,
    IncidentRules,
    IncidentSeverity,
    Period,
    PeriodUnit,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from shidian.core.rulebook.model import Rulebook

    Deadline = Callable[[Period, datetime], datetime | None]


class IncidentState(StrEnum):
    """Where an incident stands."""

    PHONED = "phoned"
    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


UNDER_WAY = (IncidentState.PHONED, IncidentState.OPEN)


class IncidentActKind(StrEnum):
    """What is done about an incident."""

    PHONED = "phoned"
    REPORTED = "reported"
    CONFIRMED = "confirmed"
    ALSO = "also"
    UPDATED = "updated"
    ASKED = "asked"
    ANSWERED = "answered"
    CLOSED = "closed"
    REOPENED = "reopened"
    GRADED = "graded"
    LINKED = "linked"
    MERGED = "merged"
    NOTED = "noted"
    ATTACHED = "attached"


BY_THE_FIRM = frozenset(
    {
        IncidentActKind.REPORTED,
        IncidentActKind.CONFIRMED,
        IncidentActKind.ALSO,
        IncidentActKind.UPDATED,
        IncidentActKind.ANSWERED,
        IncidentActKind.CLOSED,
    }
)
"""Acts of the institution; all others are the authorities'. Either side links."""


class MarketEffect(StrEnum):
    """What the incident did to the market's running."""

    UNKNOWN = "unknown"
    NONE = "none"
    LIMITED = "limited"
    DISTURBED = "disturbed"


class Cause(StrEnum):
    """Of what kind the cause is."""

    UNKNOWN = "unknown"
    CYBER = "cyber"
    MALFUNCTION = "malfunction"
    DATA = "data"
    OPERATION = "operation"
    FRAUD = "fraud"
    THIRD_PARTY = "third-party"
    MARKET = "market"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class IncidentFacts:
    """The safe-harbour facts as the institution states them at one time; later ones replace them.

    `investors`: how many were affected, with or without a loss.
    """

    investors: int = 0
    losses: tuple[InvestorLoss, ...] = ()
    market: MarketEffect = MarketEffect.UNKNOWN
    market_text: str = ""
    cause: Cause = Cause.UNKNOWN
    cause_text: str = ""

    @property
    def sums(self) -> Sums:
        """Losses and payments together."""
        return sums_of(self.losses)


@dataclass(frozen=True, slots=True)
class IncidentAct:
    """One act. What else is set depends on its kind.

    `severity`: a grade (phoned, reported, confirmed, graded). `facts`: where it states them.
    `over_at`: since when the incident is over (updated, closed). `question`: number from 1, and
    `answer_by`, the moment at which its time is over (asked). `lessons` (closed).
    """

    kind: IncidentActKind
    at: datetime
    severity: str = ""
    text: str = ""
    facts: IncidentFacts | None = None
    over_at: datetime | None = None
    question: int | None = None
    answer_by: datetime | None = None
    lessons: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question of an officer."""

    number: int
    asked_at: datetime
    answer_by: datetime | None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How an incident stands. Times are None where nothing of the kind happened.

    `first_severity`: the grade under which it was first reported, by which that report is judged.
    `graded_at`: when the grade last changed.
    """

    state: IncidentState = IncidentState.OPEN
    severity: str = ""
    first_severity: str = ""
    reported_at: datetime | None = None
    last_report_at: datetime | None = None
    graded_at: datetime | None = None
    updates: tuple[datetime, ...] = ()
    over_at: datetime | None = None
    closed_at: datetime | None = None
    questions: tuple[Question, ...] = ()
    facts: IncidentFacts | None = None
    by_telephone: bool = False

    @property
    def open_questions(self) -> tuple[Question, ...]:
        """Questions that wait for an answer, oldest first."""
        return tuple(one for one in self.questions if one.answered_at is None)


def folded(acts: Iterable[IncidentAct]) -> Standing:
    """How it stands after these acts, in the order in which they were written."""
    standing = Standing()
    for act in acts:
        standing = after(standing, act)
    return standing


def after(standing: Standing, act: IncidentAct) -> Standing:
    """How it stands after one more act."""
    if act.facts is not None:
        standing = replace(standing, facts=act.facts)
    if act.over_at is not None:
        standing = replace(standing, over_at=act.over_at)
    if act.kind in (IncidentActKind.CONFIRMED, IncidentActKind.GRADED):
        standing = _graded(standing, act)
    return replace(standing, **_changes(standing, act))


def _changes(standing: Standing, act: IncidentAct) -> dict[str, Any]:
    kind = IncidentActKind
    if act.kind in (kind.ASKED, kind.ANSWERED):
        return {"questions": _questions(standing, act)}
    found: dict[str, Any] = {}
    match act.kind:
        case kind.PHONED | kind.REPORTED:
            found = _first(act)
        case kind.CONFIRMED:
            found = {"state": IncidentState.OPEN, "last_report_at": act.at}
        case kind.UPDATED:
            found = {"updates": (*standing.updates, act.at), "last_report_at": act.at}
        case kind.CLOSED | kind.MERGED:
            found = {"state": IncidentState(act.kind.value), "closed_at": act.at}
        case kind.REOPENED:
            found = {"state": IncidentState.OPEN, "closed_at": None, "over_at": None}
    return found


def _first(act: IncidentAct) -> dict[str, Any]:
    by_telephone = act.kind is IncidentActKind.PHONED
    return {
        "state": IncidentState.PHONED if by_telephone else IncidentState.OPEN,
        "by_telephone": by_telephone,
        "severity": act.severity,
        "first_severity": act.severity,
        "reported_at": act.at,
        "last_report_at": act.at,
    }


def _questions(standing: Standing, act: IncidentAct) -> tuple[Question, ...]:
    if act.kind is IncidentActKind.ASKED:
        asked = Question(len(standing.questions) + 1, act.at, act.answer_by)
        return (*standing.questions, asked)
    return tuple(
        replace(one, answered_at=act.at) if one.number == act.question else one
        for one in standing.questions
    )


def _graded(standing: Standing, act: IncidentAct) -> Standing:
    if not act.severity or act.severity == standing.severity:
        return standing
    return replace(standing, severity=act.severity, graded_at=act.at)


@dataclass(frozen=True, slots=True)
class StepDue:
    """A step of an incident: from when its time runs, until when, and when it was done.

    `due_at`: None where it is due at once, or its last day cannot be told.
    """

    step: IncidentDuty
    starts_at: datetime | None
    due_at: datetime | None
    done_at: datetime | None

    def is_late(self, now: datetime) -> bool:
        """Whether it was done after its time, or is not done and its time is over."""
        return self.due_at is not None and (self.done_at or now) > self.due_at

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done, and its time runs."""
        return self.done_at is None and self.starts_at is not None


def course(
    rules: IncidentRules, standing: Standing, known_at: datetime, deadline: Deadline
) -> tuple[StepDue, ...]:
    """The steps that an incident takes, in the rulebook's order.

    The first report is judged by the grade under which it was made, the rest by the present one. A
    graver grade found later gives its own updates their time from then. Of updates that fall due
    once, the first is done by the first update, and so on; one that repeats is open until the
    incident is over.
    """
    found = []
    updates = 0
    for step in _steps(rules, standing):
        done_at: datetime | None = None
        starts_at: datetime | None = known_at
        if step.kind is IncidentDutyKind.INITIAL:
            done_at = standing.reported_at
        elif step.kind is IncidentDutyKind.CLOSING:
            starts_at = _start(step, standing, known_at)
            done_at = standing.closed_at
        elif step.repeats:
            ended = standing.over_at is not None or standing.state not in UNDER_WAY
            starts_at = None if ended else standing.last_report_at
        else:
            starts_at = _start(step, standing, known_at)
            if updates < len(standing.updates):
                done_at = standing.updates[updates]
            elif standing.closed_at is not None:
                done_at = standing.closed_at
            updates += 1
        due_at = None
        if step.within is not None and starts_at is not None:
            due_at = deadline(step.within, starts_at)
        found.append(StepDue(step, starts_at, due_at, done_at))
    return tuple(found)


def _steps(rules: IncidentRules, standing: Standing) -> list[IncidentDuty]:
    initial = [
        one
        for one in rules.steps_for(standing.first_severity)
        if one.kind is IncidentDutyKind.INITIAL
    ]
    rest = [
        one
        for one in rules.steps_for(standing.severity)
        if one.kind is not IncidentDutyKind.INITIAL
    ]
    return [*initial, *rest]


def _start(step: IncidentDuty, standing: Standing, known_at: datetime) -> datetime | None:
    if step.starts == "over":
        return standing.over_at
    if step.starts == "reported":
        return standing.reported_at
    return max(known_at, standing.graded_at) if standing.graded_at else known_at


def next_due(steps: Iterable[StepDue], standing: Standing) -> tuple[str, datetime] | None:
    """What is due next and when: a step's id, or `question`; None where nothing is."""
    if standing.state not in UNDER_WAY:
        return None
    waiting = [(one.due_at, one.step.id) for one in steps if one.is_open and one.due_at]
    waiting += [(one.answer_by, "question") for one in standing.open_questions if one.answer_by]
    if not waiting:
        return None
    at, name = min(waiting)
    return name, at


_DERIVED = Text(zh="风险事件", en="Incident")


def rules_of(rulebook: Rulebook) -> IncidentRules:
    """The rulebook's rules on incidents; where it has none, what its event report says.

    Then there is one grade, one step, due within that report's time or at once, and no finding.
    """
    if rulebook.incidents is not None:
        return rulebook.incidents
    report = next((one for one in rulebook.reports if one.kind == "event"), None)
    within = None
    if report is not None:
        within = Period(length=report.due, unit=PeriodUnit(report.due_unit))
    step = IncidentDuty(
        id=report.id if report else "report",
        name=report.title if report else _DERIVED,
        kind=IncidentDutyKind.INITIAL,
        within=within,
        telephone=True,
    )
    return IncidentRules(
        severities=(IncidentSeverity(id="incident", name=_DERIVED),), steps=(step,)
    )
