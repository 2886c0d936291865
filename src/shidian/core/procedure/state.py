"""A case as its events tell it: requests, round, findings, notice, sign-offs, tasks, clocks."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from shidian.core.rulebook.model import StageKind, Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from shidian.core.procedure.acts import ActorKind, Json, Verb
    from shidian.core.procedure.clock_state import ClockSum
    from shidian.core.procedure.parties import Party
    from shidian.core.procedure.round_state import PoolState, Round


@dataclass(frozen=True, slots=True)
class Task:
    """Whose turn it is, and for what. `key` is stable within the case while the task is open.

    Exactly the addressees that are set narrow it down: a task with `authority` is for officers of
    that authority, one with `person` for that person alone. `due` is the last day of a clock,
    `not_before` the first day on which the act is possible.
    """

    key: str
    verb: Verb
    kind: ActorKind
    what: Text
    authority: str | None = None
    institution: str | None = None
    person: str | None = None
    due: date | None = None
    not_before: date | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """A declared commitment of the applicant, judged at the end."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Request:
    """An information request. `answered` or `lapsed`: the day it ended; both None: open."""

    id: str
    question: str
    opened: date
    due_working_days: int
    answered: date | None = None
    answer: str | None = None
    lapsed: date | None = None
    about: tuple[str, ...] = ()
    """Ids of the sections and documents that it concerns."""

    @property
    def is_open(self) -> bool:
        return self.answered is None and self.lapsed is None


class Finding(StrEnum):
    """An assessor's finding on one area."""

    PASS = "pass"  # noqa: S105 - a finding, no password
    CONDITION = "condition"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class AreaFinding:
    """A finding with its words."""

    finding: Finding
    text: str


@dataclass(frozen=True, slots=True)
class NoticeState:
    """The open or closed public notice. `comments`: receipt id → answered, those on a text that it
    replaced among them. `until`: the last day that it was extended to."""

    sha256: str
    version: int
    opened: date
    until: date | None = None
    closed: date | None = None
    comments: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SignOffState:
    """One authority's word, the latest."""

    authority: str
    consent: bool
    reason: str
    person: str
    conditions: tuple[str, ...] = ()
    """Under which it consents to an admission."""


class Judgement(StrEnum):
    """Whether a promise was kept."""

    KEPT = "kept"
    PARTLY = "partly"
    BROKEN = "broken"


class EvaluationGrade(StrEnum):
    """Grade of one dimension of the evaluation."""

    GOOD = "good"
    ADEQUATE = "adequate"
    WEAK = "weak"


@dataclass(frozen=True, slots=True)
class Judged:
    """A promise's judgement with its evidence."""

    judgement: Judgement
    evidence: str


@dataclass(frozen=True, slots=True)
class Graded:
    """A dimension's grade with its words."""

    grade: EvaluationGrade
    text: str


@dataclass(frozen=True, slots=True)
class StepDone:
    """A step of the evaluation that was done: on which day, in words; `sha256` of its document."""

    day: date
    text: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class PaperDocument:
    """A document received on paper: when, from whom, where it lies; `sha256` of a scan."""

    received: date
    handed_by: str
    kept_at: str
    sha256: str = ""


class Position(StrEnum):
    """What a consulted authority says."""

    SUPPORT = "support"
    NO_OBJECTION = "no-objection"
    OBJECT = "object"


@dataclass(frozen=True, slots=True)
class ConsultationState:
    """A consultation opened in this stay. `given`: the day of the latest word on it.

    `position` is None while nothing was said; a filing asks for no word.
    """

    id: str
    authority: str
    opened: date
    given: date | None = None
    position: Position | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class RiskGrading:
    """Grounds of a tier. `findings`: factor → (option, reason); `proposed`: what follows from them.

    `before`: the tier that stood until then.
    """

    reason: str = ""
    findings: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    proposed: str | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class WaiverRequest:
    """A rule the applicant asks to be relaxed, why, and what stands in its place ("": nothing)."""

    rule: str
    reason: str
    measure: str = ""


@dataclass(frozen=True, slots=True)
class MigrationState:
    """A proposed move to another version of the rulebook, waiting for the leading authorities."""

    from_digest: str
    to_digest: str
    version: str
    reason: str
    proposed: date
    words: Mapping[str, SignOffState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HeldDecision:
    """What was decided and is not yet told: `admit` or `reject`, and all that its release needs."""

    decision: str
    to: str
    reason: str
    day: date
    persons: tuple[str, ...]
    outcome: str | None = None
    thresholds: Mapping[str, Json] = field(default_factory=dict)


class ObjectionOutcome(StrEnum):
    """What comes of an objection: the decision stands, is changed, or is to be made anew."""

    UPHELD = "upheld"
    CHANGED = "changed"
    SENT_BACK = "sent-back"


@dataclass(frozen=True, slots=True)
class ObjectionState:
    """An objection to the latest refusal. `closed`: the day of that. `rule`: the rulebook's."""

    rule: str
    against: str
    closed: date
    filed: date
    grounds: str
    decided: date | None = None
    outcome: ObjectionOutcome | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """One stay in a stage; `left` is None while it lasts."""

    stage: str
    entered: date
    left: date | None = None


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What a case's clocks were summed from, and on which day.

    `steady`: another day changes how they stand, but starts none and moves no last day.
    """

    inputs: tuple[object, ...]
    day: date
    steady: bool


@dataclass(frozen=True)
class CaseState:
    """A case as its events tell it. `stage` is "" before creation.

    `visits` in order, the last one current; `submitted_visit`: how many there were at the latest
    submission. `term_until`: last day of the term where it was extended. Checklist, round,
    findings, notice, sign-offs and judgements are those since the case last entered the stage they
    belong to: whoever comes back to a stage does its work again. So are `consultations` (by id).
    `extensions`: clock id → how often `extend_clock` lengthened it; `term_extensions`: how often
    the pilot's term was extended. `digest`: of the rulebook that the case was moved to, if it was.
    """

    stage: str = ""
    stage_kind: StageKind | None = None
    visits: tuple[Visit, ...] = ()
    case: str = ""
    institution: str = ""
    call: str | None = None
    version: int = 0
    sha256: str = ""
    submitted: date | None = None
    submitted_visit: int = 0
    promises: tuple[Promise, ...] = ()
    partners: tuple[str, ...] = ()
    """As last submitted."""
    parties: Mapping[str, Party] = field(default_factory=dict)
    """Institution → how it stands to the case, those that declined or left among them."""
    papers: Mapping[str, PaperDocument] = field(default_factory=dict)
    """Document of the rulebook → how it came on paper."""
    laid_before: str | None = None
    """Fingerprint of the text that the partners were asked to sign in this draft."""
    plan: Mapping[str, str] = field(default_factory=dict)
    requests: tuple[Request, ...] = ()
    checklist: Mapping[str, bool] = field(default_factory=dict)
    rounds: int = 0
    round: Round | None = None
    reviewers: frozenset[str] = frozenset()
    """Everyone ever invited to a round."""
    pool: PoolState | None = None
    """Fixed for the next round by lot."""
    commissioned: tuple[str, ...] = ()
    """Ids of the bodies asked to assess."""
    findings: Mapping[str, AreaFinding] = field(default_factory=dict)
    notice: NoticeState | None = None
    signoffs: Mapping[str, SignOffState] = field(default_factory=dict)
    admitted: bool = False
    number: str | None = None
    pilot_started: date | None = None
    term_until: date | None = None
    reports: tuple[str, ...] = ()
    judgements: Mapping[str, Judged] = field(default_factory=dict)
    evaluation: Mapping[str, Graded] = field(default_factory=dict)
    steps: Mapping[str, StepDone] = field(default_factory=dict)
    """Of the evaluation, those done."""
    outcome: str | None = None
    consultations: Mapping[str, ConsultationState] = field(default_factory=dict)
    tier: str | None = None
    grading: RiskGrading | None = None
    """What the tier that stands was graded on."""
    waivers: tuple[WaiverRequest, ...] = ()
    conditions: tuple[str, ...] = ()
    """Under which the pilot was admitted."""
    facts: Mapping[str, Json] = field(default_factory=dict)
    """Values of the form that conditions ask for, as submitted."""
    extensions: Mapping[str, int] = field(default_factory=dict)
    term_extensions: int = 0
    held: HeldDecision | None = None
    closed_by: tuple[str, ...] = ()
    """Persons who had a hand in the decision that closed the case."""
    objection: ObjectionState | None = None
    migration: MigrationState | None = None
    digest: str | None = None
    sums: tuple[ClockSum, ...] = field(default=(), compare=False, repr=False)
    """The clocks as last summed, whichever day was asked: their last days are right on `day`."""
    day: date | None = None
    """The day that clocks and tasks are of."""
    tasks: tuple[Task, ...] = ()
    last_at: datetime | None = None
    reckoned: Reckoned | None = field(default=None, compare=False, repr=False)

    def but(self, **changes: object) -> CaseState:
        """The same state but for some fields. As `replace`, ten times as fast: cases by the

        ten thousand walk through here. Raises AssertionError for a field that there is not.
        """
        fields = self.__dict__.copy()
        assert changes.keys() <= fields.keys(), changes.keys()  # noqa: S101
        fields.update(changes)
        other = object.__new__(CaseState)
        object.__setattr__(other, "__dict__", fields)  # a frozen class has no other way in
        return other

    @property
    def clocks(self) -> tuple[ClockSum, ...]:
        """Every clock that has started, as it stands on `day`; those still running first."""
        day = self.day
        return self.sums if day is None else tuple(one.on(day) for one in self.sums)

    @property
    def entered(self) -> date | None:
        """Day on which the case entered its stage."""
        return self.visits[-1].entered if self.visits else None

    @property
    def is_closed(self) -> bool:
        return self.stage_kind is StageKind.CLOSED

    @property
    def open_requests(self) -> tuple[Request, ...]:
        if not self.requests:
            return ()
        return tuple(request for request in self.requests if request.is_open)
