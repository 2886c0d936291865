"""Promises in figures: of one number, in its unit, and with a parameter that tightens their way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.analysis.finding import Finding, error, unknown
from shidian.core.rulebook.analysis.limits import fits, unit_of
from shidian.core.rulebook.analysis.words import INDICATOR, PARAMETER, say
from shidian.core.rulebook.model import Comparison

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.rulebook.model import PlanParameter, PromiseRule, Rulebook

_AT_LEAST = frozenset({Comparison.GT, Comparison.GE})


def findings(rulebook: Rulebook) -> Iterator[Finding]:
    """What is wrong with the promises."""
    parameters = {one.id: one for one in rulebook.plan}
    for rule in rulebook.promises:
        path = f"/promises/{rule.id}"
        yield from _indicator(rulebook, rule, path)
        if rule.holds.plan in parameters:
            yield from _way(rule, parameters[rule.holds.plan], f"{path}/holds")
        yield from _day(rule, parameters, path)


def _indicator(rulebook: Rulebook, rule: PromiseRule, path: str) -> Iterator[Finding]:
    indicators = {one.id: one for one in rulebook.indicators}
    indicator = indicators.get(rule.indicator)
    if indicator is None:
        yield unknown(f"{path}/indicator", INDICATOR, rule.indicator, indicators)
    elif indicator.by:
        yield error(
            f"{path}/indicator",
            say("分组指标没有单一数值", "an indicator counted apart has no single value"),
            say("请写不分组的指标", "name an indicator without by"),
        )
    if indicator is not None and unit_of(rulebook, indicator) == "duration":
        yield error(
            f"{path}/indicator",
            say("时长目前不能作为量化承诺", "a length of time cannot be promised in figures yet"),
            say(
                "请写超时次数或比例的指标",
                "count what takes longer, or take its share with ratio_to",
            ),
        )
        return
    yield from fits(rulebook, indicator, rule.holds, f"{path}/holds")


def _way(rule: PromiseRule, parameter: PlanParameter, path: str) -> Iterator[Finding]:
    """To promise less must be a loosening of the plan, or one officer could allow it."""
    wanted = "higher" if rule.holds.comparison in _AT_LEAST else "lower"
    if parameter.tighter != wanted:
        yield error(
            path,
            say(
                f"“{parameter.id}”收紧时，承诺反而降低",
                f"tightening '{parameter.id}' would lower what is promised",
            ),
            say(f"请在该参数写 tighter: {wanted}", f"write tighter: {wanted} at that parameter"),
        )


def _day(rule: PromiseRule, parameters: dict[str, PlanParameter], path: str) -> Iterator[Finding]:
    if (rule.day is not None) != (rule.kept == "by-date"):
        yield error(
            f"{path}/kept",
            say(
                "按日期兑现的承诺须写 day，其他的不写",
                "a promise kept by a date names its day, another one none",
            ),
            say(
                "请写 kept: by-date 和 day: <日期参数>",
                "write kept: by-date and day: <a date of the plan>",
            ),
        )
    if rule.day is None:
        return
    if rule.day not in parameters:
        yield unknown(f"{path}/day", PARAMETER, rule.day, parameters)
    elif parameters[rule.day].type != "date" or parameters[rule.day].tighter != "lower":
        yield error(
            f"{path}/day",
            say(
                f"“{rule.day}”不是越早越严的日期",
                f"'{rule.day}' is no date of which earlier is stricter",
            ),
            say(
                "请写 type: date 且 tighter: lower 的参数",
                "name a parameter with type: date and tighter: lower",
            ),
        )
