"""Authorities, who may apply, what is asked and by what it is judged."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from shidian.core.rulebook.model.values import Amount, Expression, Frozen, Identifier, Period, Text


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


class Place(Frozen):
    """Where the scheme is: its legal time and the currency of its amounts (ISO 4217)."""

    zone: str
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    currency_name: Text | None = None


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


class Window(Frozen):
    """When applications are taken in mode `window`: so long, once every so many months."""

    every_months: int = Field(ge=1, le=60)
    length: int = Field(ge=1, le=366)
    unit: Literal["calendar-day", "working-day"] = "calendar-day"


class Fee(Frozen):
    """What an applicant pays, and for what. `free_for` names institution kinds that do not."""

    id: Identifier
    name: Text
    amount: Amount
    free_for: tuple[Identifier, ...] = ()


class Coaching(Frozen):
    """Whom a firm may ask before it applies (辅导), and within what time it is answered."""

    authority: Identifier
    answer_within: Period | None = None


class Intake(Frozen):
    """Who may apply, and how. `identifier`: what names an institution in numbers and letters."""

    mode: IntakeMode
    kinds: tuple[InstitutionKind, ...]
    lead: tuple[Identifier, ...]
    partner: tuple[Identifier, ...] = ()
    partners_max: int | None = Field(default=None, ge=0, le=50)
    licensed_lead: bool = False
    identifier: Literal["uscc", "lei"] = "uscc"
    territory: Text | None = None
    slots: int | None = Field(default=None, ge=1)
    window: Window | None = None
    fees: tuple[Fee, ...] = ()
    reapply_after: Period | None = None
    coaching: Coaching | None = None


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
    WAIVERS = "waivers"


class Option(Frozen):
    """One answer to choose."""

    id: Identifier
    name: Text


class Question(Frozen):
    """One typed question. A `plan` question's answer proposes the plan parameter it names.

    `show_if`: asked only where the expression over other answers holds; `computed`: not asked, its
    value follows from other answers. Expressions name answers `section.question`, hyphens written
    as underscores, and know `partners` (their number), `lead_kind` and `tier`.
    """

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
    show_if: Expression | None = None
    computed: Expression | None = None


class Check(Frozen):
    """What must hold between answers before a section is complete, and what to say if not."""

    id: Identifier
    rule: Expression
    message: Text


class Section(Frozen):
    """One section of the application. A hard gate must be complete before submission counts."""

    id: Identifier
    title: Text
    guidance: Text | None = None
    hard_gate: bool = False
    show_if: Expression | None = None
    questions: tuple[Question, ...]
    checks: tuple[Check, ...] = ()


class Material(Frozen):
    """A document the applicant hands in: at submission, or before the case enters `stage`.

    `when`: needed only where the expression over the form holds. `marking`: who may see it.
    """

    id: Identifier
    name: Text
    guidance: Text | None = None
    when: Expression | None = None
    required: bool = True
    stage: Identifier | None = None
    template: str | None = None
    seal: bool = False
    signature: bool = False
    valid_months: int | None = Field(default=None, ge=1, le=600)
    accept: tuple[str, ...] = ()
    size_max_mib: int | None = Field(default=None, ge=1, le=100)
    marking: Literal["public", "internal", "sensitive"] = "internal"


class WaivableRule(Frozen):
    """A rule of the ordinary regime that may, or may never, be relaxed for a test."""

    id: Identifier
    name: Text
    article: str | None = None


class Waivers(Frozen):
    """Which rules may be relaxed, which never, and what must stand in their place."""

    relaxable: tuple[WaivableRule, ...] = ()
    never: tuple[WaivableRule, ...] = ()
    blanket: Literal["refused", "allowed"] = "refused"
    paired_with: Literal["compensatory-measure", "none"] = "compensatory-measure"


class RiskFactor(Frozen):
    """What an officer weighs in grading a case, each with a reason. `options`: least risk first."""

    id: Identifier
    name: Text
    question: Text
    options: tuple[Option, ...] = Field(min_length=1)


class Tier(Frozen):
    """One risk tier: when it is suggested, and what it scales.

    `skips`: stages that a case of this tier passes over; `caps`: plan parameter → per cent of what
    was proposed; `reports`: periodic report → months between two; `clocks`: clock → length;
    `warn_at` replaces that of every limit.
    """

    id: Identifier
    name: Text
    meaning: Text | None = None
    when: Expression | None = None
    skips: tuple[Identifier, ...] = ()
    caps: dict[str, int] = Field(default_factory=dict)
    reports: dict[str, int] = Field(default_factory=dict)
    clocks: dict[str, int] = Field(default_factory=dict)
    warn_at: tuple[Annotated[int, Field(ge=1, le=99)], ...] = ()


class RiskTiers(Frozen):
    """Reasoned grades of risk. An officer grades a case in `graded_in`; `when` only suggests.

    Beside the form, `when` may name the officer's own findings, as `factors.scale`.
    """

    graded_in: Identifier
    factors: tuple[RiskFactor, ...] = ()
    levels: tuple[Tier, ...] = Field(min_length=1)


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
