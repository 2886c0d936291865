"""The rulebook as typed, frozen objects: what a regime's YAML document means.

The document itself (text, line numbers, provenance, digests) is `load.py`'s and `provenance.py`'s
business; here stand only the rules. Values reach this module as text and are typed by it alone, so
that `no`, `1:30` and `0.1` mean what their author wrote.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Literal, Protocol, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*([-_][a-z0-9]+)*$", max_length=64)]

_UNIT_US = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
}


def parse_duration_us(text: object) -> int:
    """`5m`, `60 s`, `1d`, or microseconds as they are. Raises ValueError with the form expected."""
    if isinstance(text, int) and not isinstance(text, bool):
        return text
    match = re.fullmatch(r"\s*(\d{1,9})\s*(us|ms|s|m|h|d)\s*", str(text))
    if match is None:
        raise ValueError(f"{text!r} is not a duration; write a number and us, ms, s, m, h or d: 5m")
    return int(match[1]) * _UNIT_US[match[2]]


DurationUs = Annotated[int, BeforeValidator(parse_duration_us)]
"""Length of time in microseconds, written `5m`."""


class Frozen(BaseModel):
    """A value object: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Text(Frozen):
    """One text in the two languages of the product."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Basis(StrEnum):
    """How far the evidence for a value goes (RULEBOOK.md, principle 1)."""

    VERIFIED = "verified"
    REPORTED = "reported"
    ASSUMED = "assumed"


class Because(Frozen):
    """Why a value is what it is. `source` names an entry of the rulebook's `sources`."""

    basis: Basis
    source: str | None = None
    article: str | None = None
    date: str | None = None
    note: Text | None = None
    borrowed_from: str | None = None

    @model_validator(mode="after")
    def _a_claim_names_its_source(self) -> Self:
        if self.basis is not Basis.ASSUMED and not self.source:
            raise ValueError(f"basis {self.basis} names no source")
        return self


class Grade(StrEnum):
    """Grade of a source, as `facts/` uses it: official, press, re-post, garbled copy, memory."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    M = "M"


class Source(Frozen):
    """Where a value comes from: a law, a notice, a report, or the demonstration itself."""

    title: Text
    kind: Literal["law", "notice", "guide", "press", "paper", "standard", "demonstration"]
    grade: Grade | None = None
    url: str | None = None
    number: str | None = None
    date: str | None = None


class Status(StrEnum):
    """How complete a rulebook is. A sketch cannot open a call."""

    SKETCH = "sketch"
    RUNNABLE = "runnable"
    OFFICIAL = "official"


class AuthorityRole(StrEnum):
    """What an authority does in the scheme."""

    LEAD = "lead"
    MEMBER = "member"
    GUIDE = "guide"
    NATIONAL = "national"
    CONSULTED = "consulted"


class Authority(Frozen):
    """An authority of the scheme's working group, with the time its name is valid for."""

    id: Identifier
    name: Text
    role: AuthorityRole
    verbs: tuple[Literal["base-rules", "filing", "opinion", "risk-tip"], ...] = ()
    valid_from: str | None = None
    valid_to: str | None = None


class Calendars(Frozen):
    """Three different things: days for deadlines, days with a market, sessions."""

    deadlines: Identifier
    market: Identifier
    session: Identifier | None = None


class IntakeMode(StrEnum):
    """How applications come in."""

    CALL = "call"
    ROLLING = "rolling"
    WINDOW = "window"
    NOTIFICATION = "notification"
    COHORT = "cohort"


class InstitutionKind(Frozen):
    """A kind of institution that may lead or join, and whether it is licensed."""

    id: Identifier
    name: Text
    licensed: bool


class Intake(Frozen):
    """Who may apply, and how."""

    mode: IntakeMode
    kinds: tuple[InstitutionKind, ...]
    lead: tuple[Identifier, ...]
    partner: tuple[Identifier, ...] = ()
    licensed_lead: bool = False
    territory: Text | None = None
    slots: int | None = Field(default=None, ge=1)


class QuestionKind(StrEnum):
    """How a question is answered."""

    SHORT = "short"
    LONG = "long"
    INTEGER = "integer"
    MONEY = "money"
    DATE = "date"
    CHOICE = "choice"
    CHOICES = "choices"
    CONFIRM = "confirm"
    FILE = "file"
    PROMISES = "promises"


class Option(Frozen):
    """One answer to choose."""

    id: Identifier
    name: Text


class Question(Frozen):
    """One typed question. A `plan` question's answer proposes the plan parameter it names."""

    id: Identifier
    kind: QuestionKind
    label: Text
    guidance: Text | None = None
    required: bool = True
    options: tuple[Option, ...] = ()
    max_length: int | None = Field(default=None, ge=1, le=20_000)
    minimum: int | None = None
    maximum: int | None = None
    accept: tuple[str, ...] = ()
    size_max_mib: int | None = Field(default=None, ge=1, le=100)
    plan: Identifier | None = None
    public: bool = False


class Section(Frozen):
    """One section of the application. A hard gate must be complete before submission counts."""

    id: Identifier
    title: Text
    guidance: Text | None = None
    hard_gate: bool = False
    questions: tuple[Question, ...]


class Criterion(Frozen):
    """What is judged at a stage, with the signs that speak for and against it."""

    id: Identifier
    stage: Identifier
    name: Text
    question: Text
    mandatory: bool = False
    weight: int | None = Field(default=None, ge=1, le=100)
    positive: tuple[Text, ...] = ()
    negative: tuple[Text, ...] = ()


class StageKind(StrEnum):
    """What happens in a stage; decides which acts it admits (`core/procedure/acts.py`)."""

    DRAFT = "draft"
    SCREENING = "screening"
    REVIEW = "review"
    ASSESSMENT = "assessment"
    NOTICE = "notice"
    ADMISSION = "admission"
    RUNNING = "running"
    EVALUATION = "evaluation"
    CLOSED = "closed"


class StageNames(Frozen):
    """A stage's three names (DESIGN §6, rule 3). None for the public: it does not appear there."""

    staff: Text
    applicant: Text
    public: Text | None = None


class Panel(Frozen):
    """The expert panel of a review stage."""

    min: int = Field(ge=1, le=99)
    odd: bool = False
    score_max: int = Field(default=100, ge=1, le=1000)
    pass_mark: int | None = Field(default=None, ge=0, le=1000)


class SignoffRule(Frozen):
    """Whose consent a decision needs: every authority named."""

    all_of: tuple[Identifier, ...] = Field(min_length=1)


class Area(Frozen):
    """A named area of an assessment or dimension of an evaluation."""

    id: Identifier
    name: Text


class Outcome(Frozen):
    """How a case can end. `needs_pilot`: only after a run; else only before one; None: either."""

    id: Identifier
    name: Text
    needs_pilot: bool | None = None


class Stage(Frozen):
    """One stage. The transitions a case can take are `next`, and no others."""

    id: Identifier
    kind: StageKind
    names: StageNames
    clock: Identifier | None = None
    duties: tuple[str, ...] = ()
    next: tuple[Identifier, ...] = ()
    panel: Panel | None = None
    signoff: SignoffRule | None = None
    number: str | None = None
    areas: tuple[Area, ...] = ()
    dimensions: tuple[Area, ...] = ()
    steps: tuple[Area, ...] = ()
    comments: bool = False
    outcomes: tuple[Outcome, ...] = ()


class Unit(StrEnum):
    """Unit of a clock."""

    WORKING_DAY = "working-day"
    CALENDAR_DAY = "calendar-day"
    MONTH = "month"


class Force(StrEnum):
    """Whether a clock is law or an aim."""

    STATUTORY = "statutory"
    TARGET = "target"


class Clock(Frozen):
    """A deadline derived from events. The day of the starting event is not counted."""

    id: Identifier
    name: Text
    starts: Literal[
        "case.submitted", "stage.entered", "notice.opened", "pilot.started", "request.opened"
    ]
    length: int = Field(ge=1, le=3660)
    unit: Unit
    force: Force = Force.TARGET
    pauses_on: tuple[Literal["information-request"], ...] = ()
    on_expiry: Literal["nothing", "may-proceed"] = "nothing"
    on_silence: Literal["nothing", "approved", "may-start"] = "nothing"


class FieldType(StrEnum):
    """Type of a field of a stream. `money`: exact decimal; `pseudonym`: an investor, `p_…`."""

    MONEY = "money"
    INT = "int"
    DECIMAL = "decimal"
    PSEUDONYM = "pseudonym"
    CODE = "code"
    BOOL = "bool"
    DURATION = "duration"
    TEXT = "text"


class StreamField(Frozen):
    """A typed field. `scale`: digits behind the point of money (2: fen) and of a decimal."""

    type: FieldType
    scale: int = Field(default=2, ge=0, le=9)
    required: bool = True
    non_negative: bool = False


class Stream(Frozen):
    """One type of event that a pilot sends: a CloudEvents `type` with typed `data`."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(\.[a-z][a-z0-9_]*)+$")]
    title: Text
    fields: dict[str, StreamField]


class Take(StrEnum):
    """How events in a window become one number (MONITORING.md W2)."""

    COUNT = "count"
    SUM = "sum"
    MIN = "min"
    MAX = "max"
    DISTINCT = "distinct"
    AVG = "avg"
    QUANTILE = "quantile"
    FIRST = "first"
    LAST = "last"


class Indicator(Frozen):
    """A number over time. `window`: a duration in µs, or None for `since-start`.

    `field` is what `take` works on; None for count. `calendar_window` names month or trading-day.
    """

    id: Identifier
    title: Text
    unit: Text | None = None
    of: str
    take: Take
    field: str | None = None
    where: str | None = None
    by: tuple[str, ...] = ()
    window: Literal["since-start", "month", "trading-day"] | DurationUs = "since-start"
    step: DurationUs = 60_000_000
    ratio_to: Identifier | None = None


class Severity(StrEnum):
    """The ladder, mildest first."""

    INFO = "info"
    WARNING = "warning"
    BREACH = "breach"
    CRITICAL = "critical"


class Comparison(StrEnum):
    """How a number is held against its threshold."""

    GT = ">"
    GE = ">="
    LT = "<"
    LE = "<="


def parse_exact(text: object) -> Fraction:
    """`3%`, `0.5`, `12` → exact rational. Raises ValueError; never goes through a float."""
    if isinstance(text, Fraction):
        return text
    raw = str(text).strip()
    percent = raw.endswith("%")
    try:
        number = Decimal(raw.removesuffix("%").strip().replace(",", "").replace("_", ""))
    except InvalidOperation:
        raise ValueError(f"{raw!r} is not a number; write 12, 0.5 or 3%") from None
    if not number.is_finite():
        raise ValueError(f"{raw!r} is not a finite number")
    return Fraction(number) / (100 if percent else 1)


class Threshold(Frozen):
    """`> 3%`, `>= 12`, or `> plan.investors_max`: exactly one of `value` and `plan` is set.

    A money threshold is in major units (yuan); the program scales it to the field's minor units.
    """

    comparison: Comparison
    value: Fraction | None = None
    plan: Identifier | None = None
    per_cent: int = Field(default=100, ge=1, le=1000)

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def parse_threshold(text: object) -> object:
    """Text of a threshold → Threshold. Raises ValueError with the form expected."""
    if isinstance(text, Threshold):
        return text
    match = re.fullmatch(r"\s*(>=|<=|>|<)\s*(\S.*?)\s*", str(text))
    if match is None:
        raise ValueError(f"{text!r} is not a threshold; write >, >=, < or <= and a number: '>3%'")
    operand = match[2]
    if operand.startswith("plan."):
        return Threshold(comparison=Comparison(match[1]), plan=operand.removeprefix("plan."))
    return Threshold(comparison=Comparison(match[1]), value=parse_exact(operand))


ThresholdText = Annotated[Threshold, BeforeValidator(parse_threshold)]

OnBreach = Literal[
    "notify",
    "block-new",
    "propose order.remind",
    "propose order.warn",
    "propose order.restrict",
    "propose order.suspend",
    "start-transition-plan",
]


class AlertRule(Frozen):
    """A rule with a ladder: which levels an indicator must reach, and for how long."""

    id: Identifier
    title: Text
    indicator: Identifier
    levels: dict[Severity, ThresholdText] = Field(min_length=1)
    for_us: DurationUs = Field(default=0, alias="for")
    clear: ThresholdText | None = None
    clear_for: DurationUs = 0
    keep_firing_for: DurationUs = 0
    k_of_n: tuple[int, int] | None = None
    no_data: Literal["hold", "clear", "fire"] = "hold"
    on_breach: OnBreach = "notify"
    public: bool = False


class Limit(Frozen):
    """A cap agreed for the pilot. As a rule: `warn_at` per cents warn, above `max` breaches."""

    id: Identifier
    title: Text
    indicator: Identifier
    max: str
    warn_at: tuple[Annotated[int, Field(ge=1, le=99)], ...] = ()
    for_us: DurationUs = Field(default=0, alias="for")
    on_breach: OnBreach = "notify"
    public: bool = True


class PlanParameter(Frozen):
    """A per-pilot value agreed at admission; the regulator may lower it."""

    id: Identifier
    type: Literal["int", "money"]
    title: Text
    unit: Text
    required: bool = True
    default: str | None = None


class ReportDuty(Frozen):
    """A report a running pilot owes."""

    id: Identifier
    title: Text
    kind: Literal["periodic", "event", "advance", "final"]
    every_months: int | None = Field(default=None, ge=1, le=60)
    due: int = Field(ge=1)
    due_unit: Literal["hour", "working-day", "calendar-day", "month"]


class Monitoring(Frozen):
    """Time as the monitor sees it (MONITORING.md T1, T2, W1)."""

    tile: DurationUs = 60_000_000
    lateness: DurationUs = 120_000_000
    idle: DurationUs = 300_000_000
    tick: DurationUs = 5_000_000
    zone: str = "Asia/Shanghai"


class ExitRules(Frozen):
    """What closing a case means."""

    retention_years: dict[str, int]
    run_off: Text | None = None


class Safeguards(Frozen):
    """What protects investors, in words; later releases give these clocks of their own."""

    consent: Text | None = None
    withdraw: Text | None = None
    compensation: Text | None = None
    safe_harbour: Text | None = None
    complaint: Text | None = None


class HistoryEvent(Frozen):
    """Something that did happen in the real regime: shown to readers, governs nothing."""

    id: Identifier
    date: Annotated[str, Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]
    until: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    title: Text
    source: str


class NoticeRules(Frozen):
    """How a public notice treats comments."""

    premoderation: bool = True
    public_sections: tuple[Identifier, ...] = ()


class Rulebook(Frozen):
    """One immutable version of a scheme's rules, resolved: `extends` has been carried out."""

    rulebook: Identifier
    version: str
    status: Status
    extends: Identifier | None = None
    title: Text
    summary: Text | None = None
    disclaimer: Text | None = None
    sources: dict[str, Source] = {}
    authorities: tuple[Authority, ...] = ()
    calendars: Calendars | None = None
    principles: tuple[Text, ...] = ()
    intake: Intake | None = None
    form: tuple[Section, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    stages: tuple[Stage, ...] = ()
    clocks: tuple[Clock, ...] = ()
    streams: tuple[Stream, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    limits: tuple[Limit, ...] = ()
    alerts: tuple[AlertRule, ...] = ()
    plan: tuple[PlanParameter, ...] = ()
    monitoring: Monitoring = Monitoring()
    reports: tuple[ReportDuty, ...] = ()
    notice: NoticeRules = NoticeRules()
    safeguards: Safeguards = Safeguards()
    exit: ExitRules | None = None
    history: tuple[HistoryEvent, ...] = ()

    def stage(self, stage_id: str) -> Stage:
        """The stage of that id. Raises KeyError."""
        return _by_id(self.stages, stage_id)

    def clock(self, clock_id: str) -> Clock:
        """The clock of that id. Raises KeyError."""
        return _by_id(self.clocks, clock_id)

    def authority(self, authority_id: str) -> Authority:
        """The authority of that id. Raises KeyError."""
        return _by_id(self.authorities, authority_id)

    def section(self, section_id: str) -> Section:
        """The form section of that id. Raises KeyError."""
        return _by_id(self.form, section_id)

    def stream(self, stream_id: str) -> Stream:
        """The stream of that CloudEvents type. Raises KeyError."""
        return _by_id(self.streams, stream_id)

    def indicator(self, indicator_id: str) -> Indicator:
        """The indicator of that id. Raises KeyError."""
        return _by_id(self.indicators, indicator_id)


class _Named(Protocol):
    @property
    def id(self) -> str: ...


_Item = TypeVar("_Item", bound=_Named)


def _by_id(items: tuple[_Item, ...], wanted: str) -> _Item:
    for item in items:
        if item.id == wanted:
            return item
    raise KeyError(wanted)
