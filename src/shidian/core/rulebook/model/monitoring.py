"""What a running pilot sends, and what is watched: streams, indicators, limits, alerts."""

from __future__ import annotations

import re
from enum import StrEnum
from fractions import Fraction  # noqa: TC003 - pydantic evaluates the annotation
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from shidian.core.rulebook.model.values import (
    DurationUs,
    Expression,
    Frozen,
    Identifier,
    Period,
    Text,
    parse_exact,
)


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
    """A number over time. `window`: a duration in µs, since the start, a month or a trading day.

    `field` is what `take` works on; None for count. `quantile`: which, as `0.95`. `where` filters
    the events, `by` counts them apart, `ratio_to` divides by another indicator's value.
    """

    id: Identifier
    title: Text
    unit: Text | None = None
    of: str
    take: Take
    field: str | None = None
    quantile: str | None = None
    where: Expression | None = None
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


class Threshold(Frozen):
    """`> 3%`, `>= 12`, or `> plan.investors_max`: exactly one of `value` and `plan` is set.

    A money threshold is in major units; the program scales it to the field's minor units.
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
    "propose order.terminate",
    "start-transition-plan",
    "end-permission",
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
    """A cap agreed for the pilot. As a rule: `warn_at` per cents warn, above `max` breaches.

    `below`: the value must stay below `max`, so that reaching it breaches.
    `stages`: in force only while the case is in one of them (none: throughout the run).
    `measured`: watched all the time; only when something new is admitted, by an event of stream
    `admissions` (none: one that the indicator counts); or as the mean of a month's daily values.
    `regulator_may_lower`: whether the authority may set less for one pilot.
    """

    id: Identifier
    title: Text
    indicator: Identifier
    max: str
    below: bool = False
    warn_at: tuple[Annotated[int, Field(ge=1, le=99)], ...] = ()
    for_us: DurationUs = Field(default=0, alias="for")
    on_breach: OnBreach = "notify"
    public: bool = True
    stages: tuple[Identifier, ...] = ()
    measured: Literal["continuous", "at-admission", "monthly-average"] = "continuous"
    admissions: str | None = None
    regulator_may_lower: bool = True

    @property
    def reading(self) -> str:
        """Id of the readings that it is held against: the indicator's, or its own."""
        continuous = self.measured == "continuous"
        return self.indicator if continuous else f"{self.indicator}@{self.id}"

    def applies_in(self, stage: str | None) -> bool:
        """Whether it is in force while the case is in that stage; None: the stage is not known."""
        return stage is None or not self.stages or stage in self.stages


class PlanParameter(Frozen):
    """A per-pilot value agreed at admission; the regulator may tighten it.

    It says whether it is `required` or what its `default` is. `tighter`: which way protects.
    `scales_with`: lowering that parameter lowers this one in proportion. A `permit-mode` is what
    stops without a permit, a set of `codes` is written `app,counter`: channels, for example.
    """

    id: Identifier
    type: Literal[
        "int", "money", "decimal", "duration", "code", "codes", "date", "bool", "permit-mode"
    ]
    title: Text
    unit: Text
    required: bool | None = None
    default: str | None = None
    minimum: str | None = None
    maximum: str | None = None
    tighter: Literal["lower", "higher"] = "lower"
    scales_with: Identifier | None = None


class ScaleCriterion(Frozen):
    """A condition of a step of the scale-up, whose figure the page shows.

    Either of an `indicator`, whose newest final value `holds`; or of alerts: of `severity` or
    graver at most so many since the pilot, or the step before, began.
    """

    id: Identifier
    name: Text
    indicator: Identifier | None = None
    holds: ThresholdText | None = None
    severity: Severity | None = None
    at_most: int | None = Field(default=None, ge=0, le=1_000_000)


class ScaleStep(Frozen):
    """A step by which agreed values may be raised, in the order of the list, each once.

    `minimum`: how long the pilot, or the step before it, must have run. `raises`: parameter → per
    cent of what is agreed then, at most the parameter's `maximum`. Nothing rises by itself: two
    officers decide it and the institution signs.
    """

    id: Identifier
    name: Text
    minimum: Period
    criteria: tuple[ScaleCriterion, ...] = ()
    raises: dict[Identifier, Annotated[int, Field(ge=101, le=1000)]]


class Revision(Period):
    """Within what time a report that was returned or asked for anew is filed as a revised one.

    `changed_over`: where late telemetry moves a figure of the report by more than so many per cent
    of what was filed, the revised report is asked for by itself; None: an officer alone asks.
    """

    changed_over: int | None = Field(default=None, ge=0, le=100)


class ReportDuty(Frozen):
    """A report a running pilot owes. For `kind: advance`, `due` is how long before the change.

    `anchor`: periods counted from the calendar or from the pilot's start. `signed_by`: the named
    officer of the firm who answers for it. `to`: authorities, none named: the leading ones.
    `indicators`: those whose figures it holds; none named: all of which the pilot sends events.
    """

    id: Identifier
    title: Text
    kind: Literal["periodic", "event", "advance", "final"]
    every_months: int | None = Field(default=None, ge=1, le=60)
    every_weeks: int | None = Field(default=None, ge=1, le=52)
    anchor: Literal["calendar", "pilot-start"] = "calendar"
    due: int = Field(ge=1)
    due_unit: Literal["hour", "working-day", "trading-day", "calendar-day", "month"]
    contents: tuple[Text, ...] = ()
    indicators: tuple[Identifier, ...] = ()
    revised: Revision | None = None
    signed_by: Text | None = None
    to: tuple[Identifier, ...] = ()
    public: bool = False


class Monitoring(Frozen):
    """Time as the monitor sees it (MONITORING.md T1, T2, W1), and for whom an alert waits.

    `acknowledge_within`: how long an alert of that severity may stay unseen by an officer before it
    is raised to the signing officers; a severity without is never raised. Without any of it,
    periods are assumed (`core.procedure.alerts`).
    """

    tile: DurationUs = 60_000_000
    lateness: DurationUs = 120_000_000
    idle: DurationUs = 300_000_000
    tick: DurationUs = 5_000_000
    zone: str = "Asia/Shanghai"
    acknowledge_within: dict[Severity, DurationUs] = Field(default_factory=dict)
