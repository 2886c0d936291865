"""What a running pilot sends, and what is watched: streams, indicators, limits, alerts."""

from __future__ import annotations

import re
from enum import StrEnum
from fractions import Fraction  # noqa: TC003 - pydantic evaluates the annotation
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from shidian.core.rulebook.model.values import DurationUs, Frozen, Identifier, Text, parse_exact


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
