"""Limits and alerts: thresholds in the indicator's unit, ladders that rise, caps that can bite."""

# ruff: noqa: E501 - a message reads better on one line

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import TYPE_CHECKING

from shidian.core.rulebook.analysis.finding import Finding, error, unknown, warning
from shidian.core.rulebook.analysis.measured import measured
from shidian.core.rulebook.analysis.words import INDICATOR, KINDS, PARAMETER, STAGE, say
from shidian.core.rulebook.model import (
    AlertRule,
    Comparison,
    FieldType,
    Indicator,
    Limit,
    Rulebook,
    Severity,
    StageKind,
    Take,
    Threshold,
    parse_exact,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_RISING = frozenset({Comparison.GT, Comparison.GE})
_RUN = frozenset({StageKind.RUNNING, StageKind.EVALUATION})
_STOPPING = frozenset({"block-new", "end-permission"})
_PARAMETER_TYPE = {
    FieldType.MONEY: "money",
    FieldType.INT: "int",
    FieldType.DECIMAL: "decimal",
    FieldType.DURATION: "duration",
}


def findings(rulebook: Rulebook) -> Iterator[Finding]:
    """What is wrong with limits and alerts."""
    indicators = {indicator.id: indicator for indicator in rulebook.indicators}
    for limit in rulebook.limits:
        yield from _limit(rulebook, limit, indicators)
    for alert in rulebook.alerts:
        yield from _alert(rulebook, alert, indicators)
    yield from _shared_ids(rulebook)
    yield from _never_breached(rulebook, indicators)


def unit_of(rulebook: Rulebook, indicator: Indicator) -> str | None:
    """Type of the plan parameter that bounds this indicator; None where it dangles."""
    if indicator.ratio_to is not None:
        return "decimal"
    if indicator.take in (Take.COUNT, Take.DISTINCT):
        return "int"
    for stream in rulebook.streams:
        if stream.id == indicator.of and indicator.field in stream.fields:
            found = _PARAMETER_TYPE.get(stream.fields[indicator.field or ""].type)
            return "decimal" if found == "int" and indicator.take is Take.AVG else found
    return None


def _limit(
    rulebook: Rulebook, limit: Limit, indicators: Mapping[str, Indicator]
) -> Iterator[Finding]:
    path = f"/limits/{limit.id}"
    if limit.indicator not in indicators:
        yield unknown(f"{path}/indicator", INDICATOR, limit.indicator, indicators)
    elif indicators[limit.indicator].take is Take.QUANTILE:
        yield error(
            f"{path}/indicator",
            say("分位数并非精确值，不能设限额", "a limit on a quantile is not exact"),
            say("请改写为监测规则", "write an alert instead"),
        )
    if limit.max.startswith("plan."):
        name = limit.max.removeprefix("plan.")
        yield from _parameter(rulebook, f"{path}/max", name, indicators.get(limit.indicator))
    else:
        yield from _number(rulebook, limit, indicators.get(limit.indicator), path)
    if limit.below and not limit.max.startswith("plan.") and _is_zero(limit.max):
        yield error(
            f"{path}/below",
            say(
                "没有什么低于零，限额自始即被突破", "nothing stays below 0: breached from the start"
            ),
            say("请写大于零的数，或删去 below", "write a number above 0, or leave below out"),
        )
    if list(limit.warn_at) != sorted(set(limit.warn_at)):
        yield error(
            f"{path}/warn_at",
            say("百分比未逐级升高", "the per cents do not rise"),
            say("例如 [70, 80, 90]", "write for example [70, 80, 90]"),
        )
    yield from measured(rulebook, limit, indicators)
    yield from _in_force(rulebook, limit, path)
    yield from _proposal(rulebook, limit.on_breach, f"{path}/on_breach")


def _is_zero(written: str) -> bool:
    try:
        return parse_exact(written) == 0
    except ValueError:
        return False


def _in_force(rulebook: Rulebook, limit: Limit, path: str) -> Iterator[Finding]:
    stages = {stage.id: stage for stage in rulebook.stages}
    for index, name in enumerate(limit.stages):
        if name not in stages:
            yield unknown(f"{path}/stages/{index}", STAGE, name, stages)
        elif stages[name].kind not in _RUN:
            kind = KINDS[stages[name].kind]
            yield error(
                f"{path}/stages/{index}",
                say(
                    f"{kind.zh}阶段没有运行数据可供衡量",
                    f"nothing runs in a {kind.en} stage, and nothing is measured",
                ),
                say("请写运行阶段", "name a running stage"),
            )


def _parameter(
    rulebook: Rulebook, path: str, name: str, indicator: Indicator | None
) -> Iterator[Finding]:
    parameters = {parameter.id: parameter for parameter in rulebook.plan}
    if name not in parameters:
        yield unknown(path, PARAMETER, name, parameters)
        return
    wanted = None if indicator is None else unit_of(rulebook, indicator)
    found = parameters[name].type
    if indicator is not None and wanted is not None and found != wanted:
        yield error(
            path,
            say(
                f"“{name}”为 {found}，而“{indicator.id}”为 {wanted}",
                f"'{name}' is {found}, but '{indicator.id}' is {wanted}",
            ),
            say(f"请写 {wanted} 类型的参数", f"name a parameter of type {wanted}"),
        )


def _number(
    rulebook: Rulebook, limit: Limit, indicator: Indicator | None, path: str
) -> Iterator[Finding]:
    try:
        bound = parse_exact(limit.max)
    except ValueError:
        yield error(
            f"{path}/max",
            say(
                f"“{limit.max}”既不是数，也不是 plan.<参数>",
                f"'{limit.max}' is neither a number nor plan.<parameter>",
            ),
            say("请写 plan.<参数> 或一个数", "write plan.<parameter> or a number"),
        )
        return
    if bound < 0:
        yield error(
            f"{path}/max",
            say("限额为负，永远超限", "a cap below nothing is always breached"),
            say("请写0以上的数", "write 0 or more"),
        )
    elif indicator is not None:
        yield from _share(rulebook, indicator, bound, f"{path}/max", limit.max)


def _share(
    rulebook: Rulebook, indicator: Indicator, bound: Fraction, path: str, shown: str
) -> Iterator[Finding]:
    """A part of one against what is counted in whole numbers: 3% of nothing in particular."""
    if unit_of(rulebook, indicator) == "int" and 0 < bound < 1:
        yield error(
            path,
            say(
                f"{shown}是比例，而“{indicator.id}”是整数",
                f"{shown} is a share, but '{indicator.id}' counts whole numbers",
            ),
            say(
                "请写整数，或用 ratio_to 的指标",
                "write a whole number, or take an indicator with ratio_to",
            ),
        )


def _proposal(rulebook: Rulebook, on_breach: str, path: str) -> Iterator[Finding]:
    kind = on_breach.removeprefix("propose order.")
    if rulebook.orders is not None and kind != on_breach and kind not in rulebook.orders.kinds:
        yield error(
            path,
            say(
                f"建议的指令 {kind} 不在 orders.kinds 之列",
                f"proposes {kind}, which orders.kinds does not have",
            ),
            say(
                f"请在 orders.kinds 中加入 {kind}，或改用其他处置",
                f"add {kind} to orders.kinds, or propose one of them",
            ),
        )


def _alert(
    rulebook: Rulebook, alert: AlertRule, indicators: Mapping[str, Indicator]
) -> Iterator[Finding]:
    path = f"/alerts/{alert.id}"
    indicator = indicators.get(alert.indicator)
    if indicator is None:
        yield unknown(f"{path}/indicator", INDICATOR, alert.indicator, indicators)
    rungs = {f"levels/{level}": threshold for level, threshold in alert.levels.items()}
    if alert.clear is not None:
        rungs["clear"] = alert.clear
    for key, threshold in rungs.items():
        yield from fits(rulebook, indicator, threshold, f"{path}/{key}")
    yield from _ladder(alert, path)
    yield from _clear(alert, path)
    if alert.k_of_n is not None and not 1 <= alert.k_of_n[0] <= alert.k_of_n[1]:
        yield error(
            f"{path}/k_of_n",
            say("命中次数多于时点数", "more hits than instants"),
            say("请写 [k, n]，且 1 ≤ k ≤ n", "write [k, n] with 1 ≤ k ≤ n"),
        )
    yield from _proposal(rulebook, alert.on_breach, f"{path}/on_breach")


def fits(
    rulebook: Rulebook, indicator: Indicator | None, threshold: Threshold, where: str
) -> Iterator[Finding]:
    """What is wrong with holding this indicator, where it is known, against this threshold."""
    if threshold.plan is not None:
        yield from _parameter(rulebook, where, threshold.plan, indicator)
    elif indicator is not None and threshold.value is not None:
        shown = f"{threshold.comparison}{threshold.value}"
        yield from _share(rulebook, indicator, threshold.value, where, shown)


def _ladder(alert: AlertRule, path: str) -> Iterator[Finding]:
    """Each rung must be harder to reach than the one below it."""
    steps = [(level, alert.levels[level]) for level in Severity if level in alert.levels]
    for (_, lower), (level, upper) in itertools.pairwise(steps):
        where = f"{path}/levels/{level}"
        rising = lower.comparison in _RISING
        if (upper.comparison in _RISING) is not rising:
            yield error(
                where,
                say("各级方向不一致", "the ladder turns round"),
                say("各级统一用 > 或 <", "use > or < on every rung alike"),
            )
        elif not _harder(lower, upper, rising=rising):
            word = say("高于", "above") if rising else say("低于", "below")
            yield error(
                where,
                say("不比前一级更难达到", "is no harder to reach than the rung before"),
                say(f"请写{word.zh}前一级的值", f"write a value {word.en} it"),
            )


def _clear(alert: AlertRule, path: str) -> Iterator[Finding]:
    """An alert ends on the other side of its mildest rung, or it would end and begin at once."""
    if alert.clear is None:
        return
    mildest = next(alert.levels[level] for level in Severity if level in alert.levels)
    rising = mildest.comparison in _RISING
    turned = (alert.clear.comparison in _RISING) is not rising
    apart = _harder(alert.clear, mildest, rising=rising) or alert.clear.value == mildest.value
    if not turned or not apart:
        sign = "<" if rising else ">"
        yield error(
            f"{path}/clear",
            say(
                "解除条件与最轻一级的触发条件重叠", "would clear where the mildest rung still fires"
            ),
            say(
                f"请写 {sign} 且不越过该级的值",
                f"write {sign} and a value on the other side of that rung",
            ),
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
            yield error(
                f"/alerts/{alert.id}/id",
                say("与某一限额同名", "a limit bears the same id"),
                say("请改名", "rename one"),
            )


def _never_breached(rulebook: Rulebook, indicators: Mapping[str, Indicator]) -> Iterator[Finding]:
    """A cap above another that lets nothing more in is never reached."""
    for limit in rulebook.limits:
        indicator = indicators.get(limit.indicator)
        if indicator is None:
            continue
        for other in rulebook.limits:
            lower = indicators.get(other.indicator)
            if (
                other.id == limit.id
                or lower is None
                or other.on_breach not in _STOPPING
                or not _counts_no_less(lower, indicator)
                or (other.stages and not set(limit.stages) <= set(other.stages))
                or (other.stages and not limit.stages)
            ):
                continue
            if _highest(rulebook, other) < _lowest(rulebook, limit):
                yield warning(
                    f"/limits/{limit.id}/max",
                    say(
                        f"不可能超限：“{other.id}”已在更低处（{other.max}）停止新增",
                        f"no pilot could ever breach it: '{other.id}' lets nothing more in from {other.max}",
                    ),
                    say(
                        "请写更低的值，或删去其中之一",
                        "write a lower value, or keep one of the two",
                    ),
                )
                break


def _counts_no_less(lower: Indicator, indicator: Indicator) -> bool:
    """Whether the first never lies below the second, and only grows by what is let in."""
    if lower.take not in (Take.COUNT, Take.DISTINCT) or lower.window != "since-start":
        return False
    if lower.id == indicator.id:
        return True
    same = (lower.of, lower.where, lower.by) == (indicator.of, indicator.where, indicator.by)
    return same and lower.take is Take.COUNT and indicator.take is Take.DISTINCT


def _highest(rulebook: Rulebook, limit: Limit) -> Fraction | float:
    return _bound(rulebook, limit, "maximum", float("inf"))


def _lowest(rulebook: Rulebook, limit: Limit) -> Fraction | float:
    return _bound(rulebook, limit, "minimum", float("-inf"))


def _bound(rulebook: Rulebook, limit: Limit, key: str, otherwise: float) -> Fraction | float:
    """The number of a limit, or the furthest its plan parameter can lie; `otherwise` unbounded."""
    text: str | None = limit.max
    if limit.max.startswith("plan."):
        name = limit.max.removeprefix("plan.")
        text = next((getattr(one, key) for one in rulebook.plan if one.id == name), None)
    try:
        return otherwise if text is None else parse_exact(text)
    except ValueError:
        return otherwise
