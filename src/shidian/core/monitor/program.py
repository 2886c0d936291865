"""A rulebook and a plan compiled to what runs: filter → tile → window → compare."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from shidian.core.rulebook.executable import not_measurable
from shidian.core.rulebook.model import (
    AlertRule,
    Comparison,
    FieldType,
    Indicator,
    Limit,
    Rulebook,
    Severity,
    StreamField,
    Take,
    Text,
    Threshold,
    parse_exact,
)
from shidian.core.rulebook.scaling import effective_limit

if TYPE_CHECKING:
    from collections.abc import Mapping

SEVERITIES = (Severity.INFO, Severity.WARNING, Severity.BREACH, Severity.CRITICAL)
RUNGS_PER_SEVERITY = 8
"""A ladder may have several rungs of one severity: warn at 80 % and at 90 % are two warnings."""

_ADDABLE = (FieldType.MONEY, FieldType.DECIMAL, FieldType.INT, FieldType.DURATION)
_SCALED = (FieldType.MONEY, FieldType.DECIMAL)


class NotExecutable(Exception):  # noqa: N818 - a state of affairs, as the rulebook's own list says it
    """The rules, or the plan with them, cannot run here; the message says which and why."""


def severity_of(rung: int) -> Severity:
    """The severity a rung belongs to."""
    return SEVERITIES[rung // RUNGS_PER_SEVERITY]


@dataclass(frozen=True, slots=True)
class Measure:
    """An indicator as it runs. `window_us` None: since start. Lengths in µs.

    `scale`: digits behind the point of its values, which are integers in minor units. `monotone`:
    more events never make it smaller.
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
        bound = stated * Fraction(threshold.per_cent, 100) * 10**scale
        return cls(rung, threshold.comparison, bound, stated, threshold.per_cent, threshold.plan)

    @property
    def severity(self) -> Severity:
        """The severity this rung belongs to."""
        return severity_of(self.rung)

    def holds(self, value: int) -> bool:
        """Whether `value` meets the condition, by cross-multiplication."""
        left, right = value * self.bound.denominator, self.bound.numerator
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
    """A limit or an alert: a measure, a ladder (mildest rung first), and how long it must hold."""

    id: str
    kind: str
    title: Text
    measure: Measure
    levels: tuple[Level, ...]
    for_us: int
    on_breach: str
    public: bool

    @property
    def may_be_early(self) -> bool:
        """Whether open instants can already decide it: monotone, for 0, comparison upwards."""
        upwards = all(level.comparison in (Comparison.GT, Comparison.GE) for level in self.levels)
        return self.measure.monotone and self.for_us == 0 and upwards


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


def compile_rules(
    rulebook: Rulebook,
    plan: Mapping[str, Any],
    *,
    rules_digest: str = "",
    tier: str | None = None,
) -> Program:
    """Rulebook and plan values (decimal text, money in major units) → Program.

    `tier`: the pilot's risk tier, whose warnings take the place of the limits'.

    A limit or alert whose optional plan parameter has no value does not apply to this pilot and is
    left out. Raises NotExecutable where a rule is beyond this release, or a required parameter is
    missing or malformed.
    """
    refused = not_measurable(rulebook)
    if refused:
        raise NotExecutable("; ".join(f"{p.path}: {p.message.en}" for p in refused))
    tile_us = rulebook.monitoring.tile
    measures = {i.id: _measure(rulebook, i, tile_us) for i in rulebook.indicators}
    plan_values = _Plan(rulebook, plan)
    limits = [effective_limit(rulebook, tier, limit) for limit in rulebook.limits]
    rules = [
        *(_limit(limit, measures[limit.indicator], plan_values) for limit in limits),
        *(_alert(alert, measures[alert.indicator], plan_values) for alert in rulebook.alerts),
    ]
    ids = [rule.id for rule in rules if rule is not None]
    if len(set(ids)) != len(ids):
        raise NotExecutable("a limit and an alert have the same id; each needs its own")
    return Program(
        rules_digest=rules_digest,
        tile_us=tile_us,
        lateness_us=rulebook.monitoring.lateness,
        idle_us=rulebook.monitoring.idle,
        measures=tuple(sorted(measures.values(), key=lambda m: m.id)),
        rules=tuple(sorted((r for r in rules if r is not None), key=lambda r: r.id)),
    )


class _Plan:
    """Values of plan parameters, exact."""

    def __init__(self, rulebook: Rulebook, plan: Mapping[str, Any]) -> None:
        self._parameters = {parameter.id: parameter for parameter in rulebook.plan}
        self._values = plan

    def value(self, name: str) -> Fraction | None:
        """The value in major units; None: optional and not agreed. Raises NotExecutable."""
        parameter = self._parameters.get(name)
        if parameter is None:
            raise NotExecutable(f"plan.{name} is no plan parameter")
        text = self._values.get(name)
        if text in (None, ""):
            text = parameter.default
        if text is None:
            if parameter.required:
                raise NotExecutable(f"plan.{name} is required and has no value")
            return None
        try:
            return Fraction(Decimal(str(text)))
        except (InvalidOperation, ValueError, OverflowError):
            raise NotExecutable(f"plan.{name}: {text!r} is not a number") from None


def _measure(rulebook: Rulebook, indicator: Indicator, tile_us: int) -> Measure:
    where = f"indicator {indicator.id}"
    window_us = indicator.window if isinstance(indicator.window, int) else None
    if indicator.step <= 0 or indicator.step % tile_us:
        raise NotExecutable(f"{where}: step must be a multiple of the tile")
    if window_us is not None and (window_us <= 0 or window_us % tile_us):
        raise NotExecutable(f"{where}: window must be a multiple of the tile")
    field = _field(rulebook, indicator)
    scale = 0
    if indicator.take is Take.SUM:
        if field is None or field.type not in _ADDABLE:
            raise NotExecutable(f"{where}: sum needs a field of money, decimal, int or duration")
        scale = field.scale if field.type in _SCALED else 0
    elif indicator.take is Take.DISTINCT and (field is None or field.type is FieldType.TEXT):
        raise NotExecutable(f"{where}: distinct needs a field that is not free text")
    return Measure(
        id=indicator.id,
        title=indicator.title,
        unit=indicator.unit,
        stream=indicator.of,
        take=indicator.take,
        field=None if indicator.take is Take.COUNT else indicator.field,
        window_us=window_us,
        step_us=indicator.step,
        tile_us=tile_us,
        scale=scale,
        monotone=indicator.take is not Take.SUM or bool(field and field.non_negative),
    )


def _field(rulebook: Rulebook, indicator: Indicator) -> StreamField | None:
    if indicator.field is None:
        return None
    try:
        return rulebook.stream(indicator.of).fields[indicator.field]
    except KeyError:
        raise NotExecutable(
            f"indicator {indicator.id}: no field {indicator.field} in {indicator.of}"
        ) from None


def _limit(limit: Limit, measure: Measure, plan: _Plan) -> Rule | None:
    """`warn_at`, rising, at `>=`: the first is info, later ones warnings; `> max` breaches.

    Of a limit that the value must stay `below`, `>= max` does.
    """
    plan_name = limit.max.removeprefix("plan.") if limit.max.startswith("plan.") else None
    stated = plan.value(plan_name) if plan_name else parse_exact(limit.max)
    if stated is None:
        return None
    if len(limit.warn_at) > RUNGS_PER_SEVERITY:
        raise NotExecutable(f"limit {limit.id}: more than {RUNGS_PER_SEVERITY} steps of warn_at")
    # Of nothing, every part is reached from the start: a cap of 0 breaches, and warns of nothing.
    steps = sorted(set(limit.warn_at)) if stated > 0 else []
    ladder = [
        (
            RUNGS_PER_SEVERITY + place - 1 if place else 0,
            Threshold(comparison=Comparison.GE, plan=plan_name, per_cent=per_cent),
        )
        for place, per_cent in enumerate(steps)
    ]
    breach = SEVERITIES.index(Severity.BREACH) * RUNGS_PER_SEVERITY
    reaches = Comparison.GE if limit.below else Comparison.GT
    ladder.append((breach, Threshold(comparison=reaches, plan=plan_name)))
    levels = [Level.scaled(rung, given, stated, measure.scale) for rung, given in ladder]
    return Rule(
        limit.id,
        "limit",
        limit.title,
        measure,
        tuple(levels),
        limit.for_us,
        limit.on_breach,
        limit.public,
    )


def _alert(alert: AlertRule, measure: Measure, plan: _Plan) -> Rule | None:
    levels = []
    for severity in SEVERITIES:
        threshold = alert.levels.get(severity)
        if threshold is None:
            continue
        stated = _stated(threshold, plan)
        if stated is None:
            return None
        rung = SEVERITIES.index(severity) * RUNGS_PER_SEVERITY
        levels.append(Level.scaled(rung, threshold, stated, measure.scale))
    return Rule(
        alert.id,
        "alert",
        alert.title,
        measure,
        tuple(levels),
        alert.for_us,
        alert.on_breach,
        alert.public,
    )


def _stated(threshold: Threshold, plan: _Plan) -> Fraction | None:
    if threshold.plan is not None:
        return plan.value(threshold.plan)
    if threshold.value is None:
        raise NotExecutable("a threshold has neither a value nor a plan parameter")
    return threshold.value
