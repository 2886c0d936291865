"""What stands in the snapshots of a case: its course, its pilot, and what the pilot leaves.

Days, moments and amounts as in `bodies`.
"""

from __future__ import annotations

from typing import NotRequired

# Before Python 3.12 pydantic, which describes the open API by these types, takes no other.
from typing_extensions import TypedDict


class PromiseLine(TypedDict):
    """A promise as it was judged: `kept`, `partly`, `broken`, or empty; with the word for it."""

    text: str
    judgement: str
    word: str


class ChangedClause(TypedDict):
    """A clause under test that a pilot changed."""

    id: str
    title: str


class LessonBody(TypedDict):
    """Kind `lesson`, key: the case's reference: what a pilot that has ended leaves behind."""

    reference: str
    pilot: str
    title: str
    scheme: str
    scheme_title: str
    zone: str
    lead: str
    outcome: str
    ended_on: str
    grade: str
    promises: list[PromiseLine]
    summary: str
    lessons: list[str]
    clauses: list[ChangedClause]
    clauses_text: str


class TimelineEvent(TypedDict):
    """An act as the public sees it."""

    what: str
    who: str
    at: str
    note: str


class TimelineStage(TypedDict):
    """The acts of one stage."""

    stage: str
    current: bool
    events: list[TimelineEvent]


class CaseBody(TypedDict):
    """Kind `case`, key: the case's reference. Nothing before the case became public."""

    reference: str
    title: str
    number: str
    scheme_title: str
    zone: str
    """IANA name of the zone whose time is the scheme's."""
    lead: str
    partners: list[str]
    stage: str
    ended: str
    groups: list[TimelineStage]
    notice: str
    pilot: str


class LimitLine(TypedDict):
    """A limit of a pilot. `cap` in major units, empty where none was agreed."""

    id: str
    title: str
    unit: str
    cap: str
    warn_at: list[int]
    indicator: str


class PlanLine(TypedDict):
    """An agreed value that is no limit's cap: a `number` in major units of `unit`, or in words."""

    title: str
    value: str
    number: str
    unit: str


class ConsequenceLine(TypedDict):
    """What followed from a breach by the rulebook itself. `kind`: its word; `since`: a moment."""

    kind: str
    text: str
    rule: str
    since: str
    withdrawn_at: str


class OrderLine(TypedDict):
    """An order given to the pilot, where the register has orders. `ended_at`: when it lapsed."""

    id: str
    kind: str
    """In words."""
    reason: str
    issued_at: str
    ended_at: str


class IncidentLine(TypedDict):
    """An incident, where the register has incidents. Words for grade, state, cause, effect.

    `decided`: what a finding of tolerance came to; empty without one.
    """

    id: str
    grade: str
    state: str
    cause: str
    market: str
    decided: str
    reported_at: str
    closed_at: str


class TagLine(TypedDict):
    """Something that a project chose from a list of the rulebook."""

    id: str
    title: str


class WaiverLine(TypedDict):
    """A rule that was relaxed for a pilot, as the rulebook names it. `article`: may be empty."""

    title: str
    article: str


class LastDay(TypedDict):
    """A day on which something of a pilot ends. `kind`: `term` or `run-off`."""

    kind: str
    on: str


class PilotBody(TypedDict):
    """Kind `pilot`, key: its public id. `state`: a word for machines, the label for people."""

    public_id: str
    number: str
    case: str
    title: str
    what: list[dict[str, str]]
    """Public answers of the application: `{label, text}`."""
    technologies: NotRequired[list[TagLine]]
    scenes: NotRequired[list[TagLine]]
    """What it uses and what it serves, where the form asks and makes it public. Not in pages of
    earlier releases."""
    lead: str
    partners: list[str]
    authorities: list[str]
    scheme: str
    scheme_title: str
    rulebook: str
    rulebook_version: str
    zone: str
    """IANA name of the zone whose time is the scheme's."""
    state: str
    state_label: str
    starts_on: str
    ends_on: str
    limits: list[LimitLine]
    plan: NotRequired[list[PlanLine]]
    """Where the register has it. Not in pages of earlier releases."""
    consequences: NotRequired[list[ConsequenceLine]]
    """Not in pages of earlier releases."""
    orders: NotRequired[list[OrderLine]]
    """Newest first. Not in pages of earlier releases."""
    incidents: NotRequired[list[IncidentLine]]
    """Newest first. Not in pages of earlier releases."""
    promises: list[str]
    judged: NotRequired[list[PromiseLine]]
    """The promises once more, as they were judged; none before the case is closed."""
    waivers: NotRequired[list[WaiverLine]]
    conditions: NotRequired[list[str]]
    """Each where the register has it. Not in pages of earlier releases."""
    complaint: str
    groups: list[TimelineStage]
    notice: str
    last_days: NotRequired[list[LastDay]]
    """Where the register shows dates: what ends, and when. Not in pages of earlier releases."""
    lesson: NotRequired[str]
    """Where it stands in the case library; empty before. Not in pages of earlier releases."""
    withheld: NotRequired[list[str]]
    """Of `parties`, `dates`, `plan`, `limits` and `outcome` those that the rulebook's register does
    not show: what stands empty of them is kept back. Not in pages of earlier releases."""
