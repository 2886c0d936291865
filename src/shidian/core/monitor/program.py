"""What runs for a project, compiled from rulebook and plan: filter → tile → window → compare.

The one intermediate program of every engine: the live evaluator, replay, the batch engine, a
cluster. `compiling.compile_rules` makes it.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from shidian.core.rulebook.model import Comparison, Severity, Take, Text, Threshold

if TYPE_CHECKING:
    from shidian.core.monitor.predicate import Predicate

SEVERITIES = (Severity.INFO, Severity.WARNING, Severity.BREACH, Severity.CRITICAL)
RUNGS_PER_SEVERITY = 8
"""A ladder may have several rungs of one severity: warn at 80 % and at 90 % are two warnings."""

COUNTING = frozenset({Take.COUNT, Take.SUM, Take.DISTINCT})
"""What an empty window has: zero of these; of the others it has no value."""

NoData = Literal["hold", "clear", "fire"]


class NotExecutable(Exception):  # noqa: N818 - a state of affairs, as the rulebook's own list says it
    """The rules, or the plan with them, cannot run here; the message says which and why."""


def severity_of(rung: int) -> Severity:
    """The severity a rung belongs to."""
    return SEVERITIES[rung // RUNGS_PER_SEVERITY]


@dataclass(frozen=True, slots=True)
class Sampling:
    """When a limit that is not measured all the time looks at its measure. One of two is given.

    `admissions` counts the events by which something is admitted: the look is at the first instant
    that covers one. `months`: (opening of a month, the days' ends since the month before opened) in
    µs; the look is at the first instant from the opening on, and takes the mean over those ends.
    """

    admissions: Measure | None = None
    months: tuple[tuple[int, tuple[int, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """An indicator as it runs. Lengths in µs.

    Window at an instant T, on the tile grid: `[T − window_us, T)`; or, where `opens_us` is given (a
    calendar window: the instants, rising, at which months or trading days open), from the last of
    them before T on; or, with neither, everything before T. Before the first opening it is empty.

    A value is a fraction of two integers, or there is none: `take` of `field` over the events that
    `where` holds for; of `avg` sum over count; with `ratio_to`, over that measure's value, and none
    where that is zero. `by`: fields whose combinations of values are groups, each with a value of
    its own; `ratio_to` has the same groups or none. `scale`: values are in units of 10^−scale
    (negative for some ratios). `monotone`: more events never make it smaller. With `sampling` the
    value at an instant is that of the last look (see `sampling`).
    """

    id: str
    title: Text
    unit: Text | None
    stream: str
    take: Take
    field: str | None
    window_us: int | None
    step_us: int
    tile_us: int
    scale: int
    monotone: bool
    where: Predicate | None = None
    by: tuple[str, ...] = ()
    opens_us: tuple[int, ...] | None = None
    quantile: Fraction | None = None
    ratio_to: Measure | None = None
    sampling: Sampling | None = None

    @property
    def always_has_value(self) -> bool:
        """Whether an empty window has a value too: zero."""
        return self.take in COUNTING and self.ratio_to is None and self.sampling is None

    def window_start(self, instant_us: int) -> int | None:
        """Where the window at an instant begins; None: at the first event there is."""
        if self.window_us is not None:
            return instant_us - self.window_us
        if self.opens_us is None:
            return None
        place = bisect.bisect_left(self.opens_us, instant_us) - 1
        return self.opens_us[place] if place >= 0 else instant_us

    def warming(self, instant_us: int, start_us: int) -> bool:
        """Whether the window at an instant reaches back before the project's start."""
        first = self.window_start(instant_us)
        own = first is not None and first < start_us
        return own or (self.ratio_to is not None and self.ratio_to.warming(instant_us, start_us))


@dataclass(frozen=True, slots=True)
class Level:
    """One rung: the condition is `value comparison bound`, bound in the measure's minor units.

    `stated` is the bound in major units before `per_cent` is taken of it; `plan` names the
    parameter it comes from.
    """

    rung: int
    comparison: Comparison
    bound: Fraction
    stated: Fraction
    per_cent: int
    plan: str | None

    @classmethod
    def scaled(cls, rung: int, threshold: Threshold, stated: Fraction, scale: int) -> Level:
        """A level whose threshold was stated in major units."""
        bound = stated * Fraction(threshold.per_cent, 100) * Fraction(10) ** scale
        return cls(rung, threshold.comparison, bound, stated, threshold.per_cent, threshold.plan)

    @property
    def severity(self) -> Severity:
        """The severity this rung belongs to."""
        return severity_of(self.rung)

    def holds(self, number: int, over: int = 1) -> bool:
        """Whether `number / over` meets the condition, by cross-multiplication; `over` > 0."""
        left, right = number * self.bound.denominator, self.bound.numerator * over
        match self.comparison:
            case Comparison.GT:
                return left > right
            case Comparison.GE:
                return left >= right
            case Comparison.LT:
                return left < right
            case Comparison.LE:
                return left <= right


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit or an alert: a measure, a ladder (mildest rung first), and how long it must hold.

    `clear` (its rung says nothing): what must be met, with no rung met, for `clear_for_us` before
    an episode ends; without it, that no rung is met. `keep_firing_for_us`: how long after the
    condition's end an episode lasts at least. `k_of_n`: a rung counts as met where it is met at k
    of the last n instants. `no_data`: what an instant without a value says.
    """

    id: str
    kind: str
    title: Text
    measure: Measure
    levels: tuple[Level, ...]
    for_us: int
    on_breach: str
    public: bool
    clear: Level | None = None
    clear_for_us: int = 0
    keep_firing_for_us: int = 0
    k_of_n: tuple[int, int] | None = None
    no_data: NoData = "hold"

    @property
    def may_be_early(self) -> bool:
        """Whether open instants can already decide it: monotone, for 0, comparison upwards."""
        upwards = all(level.comparison in (Comparison.GT, Comparison.GE) for level in self.levels)
        return self.measure.monotone and self.for_us == 0 and upwards and self.k_of_n is None


@dataclass(frozen=True, slots=True)
class Program:
    """All that runs for a project under one rulebook and plan."""

    rules_digest: str
    tile_us: int
    lateness_us: int
    idle_us: int
    measures: tuple[Measure, ...]
    rules: tuple[Rule, ...]

    @property
    def reach_us(self) -> int:
        """No first instant after an event lies further than this behind it."""
        return self.tile_us + max((m.step_us for m in self.measures), default=0)

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of that id, None where these rules have none."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)
