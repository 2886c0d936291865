"""A rulebook, a plan and what the activation says besides → Program."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from shidian.core.monitor.compiling_permits import without_a_permit
from shidian.core.monitor.compiling_samples import sampled
from shidian.core.monitor.program import (
    COUNTING,
    RUNGS_PER_SEVERITY,
    SEVERITIES,
    Level,
    Measure,
    NotExecutable,
    Program,
    Rule,
)
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
    Threshold,
    parse_exact,
)
from shidian.core.rulebook.scaling import effective_limit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shidian.core.monitor.predicate import Predicate

_SCALED = (FieldType.MONEY, FieldType.DECIMAL)
_NUMERIC = frozenset({*_SCALED, FieldType.INT, FieldType.DURATION})
K_OF_N_MAX = 10_000
"""Longest memory of instants, in instants."""


def compile_rules(
    rulebook: Rulebook,
    plan: Mapping[str, Any],
    *,
    rules_digest: str = "",
    tier: str | None = None,
    stage: str | None = None,
    calendars: Mapping[str, Sequence[int]] | None = None,
) -> Program:
    """Rulebook and plan values (decimal text, money in major units) → Program.

    `tier`: the pilot's risk tier, whose warnings take the place of the limits'. `stage`: the one
    its case is in; limits of other stages are left out (None: not known, all apply). `calendars`:
    per calendar window (`month`, `trading-day`) and `day` the instants in µs at which one opens.

    A limit or alert whose optional plan parameter has no value does not apply to this pilot and is
    left out. Raises NotExecutable where a rule is beyond this release, a required parameter is
    missing or malformed, or a calendar is wanted that was not activated.
    """
    refused = not_measurable(rulebook)
    if refused:
        raise NotExecutable("; ".join(f"{p.path}: {p.message.en}" for p in refused))
    measures = _measures(rulebook, calendars or {})
    plan_values = _Plan(rulebook, plan)
    limits: list[Limit] = [
        effective_limit(rulebook, tier, limit)
        for limit in rulebook.limits
        if limit.applies_in(stage)
    ]
    # A limit that is not measured all the time has a measure of its own.
    for limit in limits:
        if limit.reading not in measures:
            measures[limit.reading] = sampled(
                rulebook, limit, measures[limit.indicator], calendars or {}
            )
    acted = list(without_a_permit(rulebook, _permit_mode(rulebook, plan)))
    measures |= {rule.measure.id: rule.measure for rule in acted}
    rules = [
        *acted,
        *(_limit(limit, measures[limit.reading], plan_values) for limit in limits),
        *(_alert(alert, measures[alert.indicator], plan_values) for alert in rulebook.alerts),
    ]
    ids = [rule.id for rule in rules if rule is not None]
    if len(set(ids)) != len(ids):
        raise NotExecutable("a limit and an alert have the same id; each needs its own")
    return Program(
        rules_digest=rules_digest,
        tile_us=rulebook.monitoring.tile,
        lateness_us=rulebook.monitoring.lateness,
        idle_us=rulebook.monitoring.idle,
        measures=tuple(sorted(measures.values(), key=lambda m: m.id)),
        rules=tuple(sorted((r for r in rules if r is not None), key=lambda r: r.id)),
    )


def _permit_mode(rulebook: Rulebook, plan: Mapping[str, Any]) -> str | None:
    """What the plan says of it, where the rulebook leaves it to the plan."""
    modes = (plan.get(one.id) for one in rulebook.plan if one.type == "permit-mode")
    return next((mode for mode in modes if mode is not None), None)


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


def _measures(rulebook: Rulebook, calendars: Mapping[str, Sequence[int]]) -> dict[str, Measure]:
    """Measures by id; what others are divided by comes first."""
    found: dict[str, Measure] = {}
    for indicator in sorted(rulebook.indicators, key=lambda one: one.ratio_to is not None):
        under = None
        if indicator.ratio_to is not None:
            under = found.get(indicator.ratio_to)
            if under is None or under.ratio_to is not None:
                raise NotExecutable(f"indicator {indicator.id}: ratio_to a ratio or nothing")
            if under.by not in (indicator.by, ()):
                raise NotExecutable(
                    f"indicator {indicator.id}: ratio_to needs the same `by`, or none"
                )
        found[indicator.id] = _measure(rulebook, indicator, calendars, under)
    return found


def _measure(
    rulebook: Rulebook,
    indicator: Indicator,
    calendars: Mapping[str, Sequence[int]],
    under: Measure | None,
) -> Measure:
    where, tile_us = f"indicator {indicator.id}", rulebook.monitoring.tile
    window_us = indicator.window if isinstance(indicator.window, int) else None
    if indicator.step <= 0 or indicator.step % tile_us:
        raise NotExecutable(f"{where}: step must be a multiple of the tile")
    if window_us is not None and (window_us <= 0 or window_us % tile_us):
        raise NotExecutable(f"{where}: window must be a multiple of the tile")
    field = _field(rulebook, indicator)
    scale = _scale(indicator, field)
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
        scale=scale - (under.scale if under else 0),
        monotone=under is None and _monotone(indicator, field),
        where=_where(rulebook, indicator),
        by=indicator.by,
        opens_us=_opens(indicator, calendars),
        quantile=None if indicator.quantile is None else parse_exact(indicator.quantile),
        ratio_to=under,
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


def _scale(indicator: Indicator, field: StreamField | None) -> int:
    """Digits behind the point of the values taken. Raises NotExecutable where nothing is."""
    where, take = f"indicator {indicator.id}", indicator.take
    if take is Take.COUNT:
        return 0
    if field is None:
        raise NotExecutable(f"{where}: {take} of which field?")
    if take is Take.DISTINCT:
        if field.type is FieldType.TEXT:
            raise NotExecutable(f"{where}: distinct needs a field that is not free text")
        return 0
    if field.type not in _NUMERIC:
        raise NotExecutable(f"{where}: {take} needs a field of money, decimal, int or duration")
    return field.scale if field.type in _SCALED else 0


def _monotone(indicator: Indicator, field: StreamField | None) -> bool:
    """Whether more events never make the value smaller."""
    if indicator.take is Take.SUM:
        return bool(field and field.non_negative)
    return indicator.take in COUNTING or indicator.take is Take.MAX


def _where(rulebook: Rulebook, indicator: Indicator) -> Predicate | None:
    if indicator.where is None:
        return None
    # late: only a rulebook with filters pays for loading the SQL parser
    from shidian.core.monitor.predicate import compiled

    try:
        fields = rulebook.stream(indicator.of).fields
        types = {
            name: (field.type, field.scale if field.type in _SCALED else 0)
            for name, field in fields.items()
        }
        return compiled(indicator.where, types)
    except (KeyError, ValueError) as error:
        raise NotExecutable(f"indicator {indicator.id}: where: {error}") from None


def _opens(indicator: Indicator, calendars: Mapping[str, Sequence[int]]) -> tuple[int, ...] | None:
    if indicator.window not in ("month", "trading-day"):
        return None
    found = calendars.get(indicator.window)
    if not found:
        raise NotExecutable(
            f"indicator {indicator.id}: the activation names no instants at which"
            f" a {indicator.window} opens"
        )
    return tuple(sorted(found))


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
        rung = SEVERITIES.index(severity) * RUNGS_PER_SEVERITY
        levels.append(_level(rung, threshold, measure, plan))
    clear = None if alert.clear is None else _level(0, alert.clear, measure, plan)
    if None in levels or (alert.clear is not None and clear is None):
        return None
    return Rule(
        alert.id,
        "alert",
        alert.title,
        measure,
        tuple(level for level in levels if level is not None),
        alert.for_us,
        alert.on_breach,
        alert.public,
        clear,
        alert.clear_for,
        alert.keep_firing_for,
        _k_of_n(alert),
        alert.no_data,
    )


def _k_of_n(alert: AlertRule) -> tuple[int, int] | None:
    if alert.k_of_n is None or alert.k_of_n == (1, 1):
        return None
    k, n = alert.k_of_n
    if not 1 <= k <= n <= K_OF_N_MAX:
        raise NotExecutable(f"alert {alert.id}: k_of_n needs 1 ≤ k ≤ n ≤ {K_OF_N_MAX}")
    return k, n


def _level(rung: int, threshold: Threshold, measure: Measure, plan: _Plan) -> Level | None:
    if threshold.plan is not None:
        stated = plan.value(threshold.plan)
        return None if stated is None else Level.scaled(rung, threshold, stated, measure.scale)
    if threshold.value is None:
        raise NotExecutable("a threshold has neither a value nor a plan parameter")
    return Level.scaled(rung, threshold, threshold.value, measure.scale)
