"""Streams, indicators, limits and alerts: nothing dangles, and nothing adds what is no number."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from shidian.core.rulebook.analysis.finding import Finding, error, unknown
from shidian.core.rulebook.model import (
    AlertRule,
    Comparison,
    FieldType,
    Indicator,
    Limit,
    Rulebook,
    Severity,
    Stream,
    Take,
    Threshold,
    parse_exact,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_NUMERIC = frozenset({FieldType.MONEY, FieldType.INT, FieldType.DECIMAL, FieldType.DURATION})
_ADDING = frozenset({Take.SUM, Take.MIN, Take.MAX, Take.AVG, Take.QUANTILE})
_GROUPABLE = frozenset({FieldType.PSEUDONYM, FieldType.CODE, FieldType.BOOL, FieldType.INT})
_SECOND_US = 1_000_000
_DAY_US = 86_400 * _SECOND_US
_RISING = frozenset({Comparison.GT, Comparison.GE})


def findings(rulebook: Rulebook) -> Iterator[Finding]:
    """What is wrong with what a pilot sends and what is watched."""
    yield from _time(rulebook)
    for indicator in rulebook.indicators:
        yield from _indicator(rulebook, indicator)
    for limit in rulebook.limits:
        yield from _limit(rulebook, limit)
    for alert in rulebook.alerts:
        yield from _alert(rulebook, alert)
    yield from _shared_ids(rulebook)


def _time(rulebook: Rulebook) -> Iterator[Finding]:
    times = rulebook.monitoring
    if not _SECOND_US <= times.tile <= _DAY_US or _DAY_US % times.tile:
        yield error("/monitoring/tile", "a tile from 1 s to 1 d that divides the day", "write 1m")
    if times.tick < _SECOND_US:
        yield error("/monitoring/tick", "a tick shorter than one second", "write 5s")
    if times.idle < times.tick:
        yield error("/monitoring/idle", "idle before the next tick", "write at least the tick")
    try:
        ZoneInfo(times.zone)
    except (ValueError, OSError, LookupError):
        yield error("/monitoring/zone", f"'{times.zone}' is no time zone", "write Asia/Shanghai")


def _indicator(rulebook: Rulebook, indicator: Indicator) -> Iterator[Finding]:
    path = f"/indicators/{indicator.id}"
    streams = {stream.id: stream for stream in rulebook.streams}
    if indicator.of not in streams:
        yield unknown(f"{path}/of", "stream", indicator.of, streams)
    else:
        yield from _fields(indicator, streams[indicator.of], path)
    tile = rulebook.monitoring.tile
    if indicator.step <= 0 or indicator.step % tile:
        yield error(
            f"{path}/step", "is no multiple of the tile", "write a multiple of monitoring.tile"
        )
    if isinstance(indicator.window, int) and (indicator.window <= 0 or indicator.window % tile):
        yield error(
            f"{path}/window", "is no multiple of the tile", "write a multiple of monitoring.tile"
        )
    others = {other.id for other in rulebook.indicators} - {indicator.id}
    if indicator.ratio_to is not None and indicator.ratio_to not in others:
        yield unknown(f"{path}/ratio_to", "indicator", indicator.ratio_to, others)


def _fields(indicator: Indicator, stream: Stream, path: str) -> Iterator[Finding]:
    if indicator.take is Take.COUNT:
        if indicator.field is not None:
            yield error(f"{path}/field", "count counts events, not a field", "leave field out")
    elif indicator.field is None:
        yield error(f"{path}/take", f"{indicator.take} of which field?", "add field: …")
    elif indicator.field not in stream.fields:
        yield unknown(f"{path}/field", f"field of {stream.id}", indicator.field, stream.fields)
    elif indicator.take in _ADDING and stream.fields[indicator.field].type not in _NUMERIC:
        kind = stream.fields[indicator.field].type
        yield error(
            f"{path}/take",
            f"{indicator.take} of '{indicator.field}', which is {kind}",
            "take a field of money, int, decimal or duration, or write distinct",
        )
    elif stream.fields[indicator.field].type is FieldType.TEXT:
        yield error(f"{path}/field", "free text is never counted", "take a code or a pseudonym")
    yield from _filter_and_groups(indicator, stream, path)


def _filter_and_groups(indicator: Indicator, stream: Stream, path: str) -> Iterator[Finding]:
    if indicator.where is not None:
        # late: only a rulebook with filters pays for loading the SQL parser
        from shidian.core.rulebook.analysis.where import wrong_in

        wrong = wrong_in(indicator.where, stream)
        if wrong is not None:
            yield error(f"{path}/where", *wrong)
    for index, name in enumerate(indicator.by):
        if name not in stream.fields:
            yield unknown(f"{path}/by/{index}", f"field of {stream.id}", name, stream.fields)
        elif stream.fields[name].type not in _GROUPABLE:
            yield error(
                f"{path}/by/{index}",
                f"groups by '{name}', which is {stream.fields[name].type}",
                "group by a pseudonym, code, bool or int",
            )


def _is_money(rulebook: Rulebook, indicator: Indicator) -> bool:
    if indicator.take is Take.COUNT or indicator.take is Take.DISTINCT or indicator.field is None:
        return False
    for stream in rulebook.streams:
        if stream.id == indicator.of and indicator.field in stream.fields:
            return stream.fields[indicator.field].type is FieldType.MONEY
    return False


def _parameter(rulebook: Rulebook, path: str, name: str, indicator_id: str) -> Iterator[Finding]:
    parameters = {parameter.id: parameter for parameter in rulebook.plan}
    if name not in parameters:
        yield unknown(path, "plan parameter", name, parameters)
        return
    for indicator in rulebook.indicators:
        if indicator.id == indicator_id:
            wanted = "money" if _is_money(rulebook, indicator) else "int"
            if parameters[name].type != wanted:
                yield error(
                    path,
                    f"'{name}' is {parameters[name].type}, but '{indicator_id}' is {wanted}",
                    f"name a parameter of type {wanted}",
                )


def _limit(rulebook: Rulebook, limit: Limit) -> Iterator[Finding]:
    path = f"/limits/{limit.id}"
    indicators = {indicator.id for indicator in rulebook.indicators}
    if limit.indicator not in indicators:
        yield unknown(f"{path}/indicator", "indicator", limit.indicator, indicators)
    for indicator in rulebook.indicators:
        if indicator.id == limit.indicator and indicator.take is Take.QUANTILE:
            yield error(
                f"{path}/indicator", "a limit on a quantile is not exact", "write an alert instead"
            )
    if limit.max.startswith("plan."):
        name = limit.max.removeprefix("plan.")
        yield from _parameter(rulebook, f"{path}/max", name, limit.indicator)
    else:
        try:
            parse_exact(limit.max)
        except ValueError:
            yield error(
                f"{path}/max",
                f"'{limit.max}' is neither a number nor plan.<parameter>",
                "write plan.<parameter> or a number",
            )
    if list(limit.warn_at) != sorted(set(limit.warn_at)):
        yield error(
            f"{path}/warn_at", "the per cents do not rise", "write for example [70, 80, 90]"
        )


def _alert(rulebook: Rulebook, alert: AlertRule) -> Iterator[Finding]:
    path = f"/alerts/{alert.id}"
    indicators = {indicator.id for indicator in rulebook.indicators}
    if alert.indicator not in indicators:
        yield unknown(f"{path}/indicator", "indicator", alert.indicator, indicators)
    for severity, threshold in alert.levels.items():
        if threshold.plan is not None:
            where = f"{path}/levels/{severity}"
            yield from _parameter(rulebook, where, threshold.plan, alert.indicator)
    yield from _ladder(alert, path)
    if alert.k_of_n is not None and not 1 <= alert.k_of_n[0] <= alert.k_of_n[1]:
        yield error(f"{path}/k_of_n", "more hits than instants", "write [k, n] with 1 ≤ k ≤ n")


def _ladder(alert: AlertRule, path: str) -> Iterator[Finding]:
    """Each rung must be harder to reach than the one below it."""
    steps = [(level, alert.levels[level]) for level in Severity if level in alert.levels]
    for (_, lower), (level, upper) in itertools.pairwise(steps):
        where = f"{path}/levels/{level}"
        rising = lower.comparison in _RISING
        if (upper.comparison in _RISING) is not rising:
            yield error(where, "the ladder turns round", "use > or < on every rung alike")
        elif not _harder(lower, upper, rising=rising):
            word = "above" if rising else "below"
            yield error(
                where, "is no harder to reach than the rung before", f"write a value {word} it"
            )


def _harder(lower: Threshold, upper: Threshold, *, rising: bool) -> bool:
    low, high = _comparable(lower), _comparable(upper)
    if low is None or high is None or lower.plan != upper.plan:
        return True
    return high > low if rising else high < low


def _comparable(threshold: Threshold) -> Fraction | None:
    if threshold.plan is not None:
        return Fraction(threshold.per_cent)
    return threshold.value


def _shared_ids(rulebook: Rulebook) -> Iterator[Finding]:
    """Limits and alerts compile to rules in one space of names."""
    limits = {limit.id for limit in rulebook.limits}
    for alert in rulebook.alerts:
        if alert.id in limits:
            yield error(f"/alerts/{alert.id}/id", "a limit bears the same id", "rename one")
