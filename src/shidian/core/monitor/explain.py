"""Why an item was made: tiles, arithmetic, threshold and the rule's words, frozen in the item."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol

from shidian.core.rulebook.model import Take, Text

if TYPE_CHECKING:
    from shidian.core.monitor.program import Level, Measure, Rule
    from shidian.core.monitor.timeline import Segment


class Answers(Protocol):
    """Values as known when an item is made (see `Values`)."""

    def number(self, measure: Measure, text: str) -> int | None:
        """The group's number, None where it has never been seen."""

    def at(self, measure: Measure, number: int, instant_us: int) -> tuple[int, int]:
        """Value of a group at an instant, as a fraction; over 0: none."""

    def looked_at(self, measure: Measure, instant_us: int) -> int:
        """The instant whose value stands at this one: of a sampled measure, its last look."""

    def tiles(self, measure: Measure, number: int, instant_us: int) -> list[tuple[int, int, int]]:
        """Non-empty tiles of a group's window: start in µs, events counted, what they come to."""


TILES_MAX = 60
"""Tiles listed in an explanation, the newest; of the rest the number and sum are given."""

TAKES = {
    Take.COUNT: Text(zh="计数", en="count"),
    Take.SUM: Text(zh="合计", en="sum"),
    Take.DISTINCT: Text(zh="不重复计数", en="distinct"),
    Take.MIN: Text(zh="最小值", en="minimum"),
    Take.MAX: Text(zh="最大值", en="maximum"),
    Take.AVG: Text(zh="平均值", en="average"),
    Take.QUANTILE: Text(zh="分位数", en="quantile"),
    Take.FIRST: Text(zh="首个值", en="first"),
    Take.LAST: Text(zh="最后值", en="last"),
}
_MONTHLY = Text(zh="每日数值的月度平均：", en="monthly average of each day's")
_ADMITTING = Text(zh="最近一次新增时的", en="as of the last admission")
_ADDING = frozenset({Take.COUNT, Take.SUM, Take.AVG})


def explain(
    segment: Segment | None, rule: Rule | None, values: Answers, group: str, at_us: int
) -> dict[str, Any]:
    """JSON-able explanation of a rule at an instant, from the values known when it is made.

    `value`, `tiles` and `bound` are in units of 10^−scale: integers, or fractions as text `p/q`.
    `value` is None where there is none. A tile's number is what it comes to by itself; only those
    of counts and sums add up. `divided_by`: the same of what a quotient is divided by.
    """
    if segment is None or rule is None:
        return {
            "rule": None,
            "words": _words("该规则已不在执行。", "The rule is no longer in force."),
            "at_us": at_us,
        }
    measure = rule.measure
    number = values.number(measure, group)
    value = None if number is None else _fraction(*values.at(measure, number, at_us))
    return {
        "rule": _rule(rule),
        "indicator": _indicator(measure),
        "group": json.loads(group) if group else {},
        "in_force": {"entry": segment.entry, "effective_us": segment.start_us},
        "at_us": at_us,
        **_part(measure, values, group, at_us),
        "measured": _measured(measure, values, at_us),
        "divided_by": _divisor(measure, values, group, at_us),
        "value": _plain(value),
        "scale": measure.scale,
        "levels": [_level(level, value) for level in rule.levels],
        "clear": None if rule.clear is None else _level(rule.clear, value),
        "words": _arithmetic(rule, value),
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "kind": rule.kind,
        "title": rule.title.model_dump(),
        "for_us": rule.for_us,
        "clear_for_us": rule.clear_for_us,
        "keep_firing_for_us": rule.keep_firing_for_us,
        "k_of_n": None if rule.k_of_n is None else list(rule.k_of_n),
        "no_data": rule.no_data,
        "on_breach": rule.on_breach,
        "public": rule.public,
    }


def _indicator(measure: Measure) -> dict[str, Any]:
    return {
        "id": measure.id,
        "title": measure.title.model_dump(),
        "unit": measure.unit.model_dump() if measure.unit else None,
        "stream": measure.stream,
        "take": measure.take.value,
        "field": measure.field,
        "where": None if measure.where is None else measure.where.text,
        "by": list(measure.by),
        "quantile": None if measure.quantile is None else str(measure.quantile),
    }


def _divisor(measure: Measure, values: Answers, group: str, at_us: int) -> dict[str, Any] | None:
    under = measure.ratio_to
    if under is None:
        return None
    text = group if under.by else ""
    number = values.number(under, text)
    value = None if number is None else _fraction(*values.at(under, number, at_us))
    return {
        "indicator": _indicator(under),
        **_part(under, values, text, at_us),
        "value": _plain(value),
        "scale": under.scale,
    }


def _measured(measure: Measure, values: Answers, at_us: int) -> dict[str, Any] | None:
    """When and how a limit that is not measured all the time was measured last."""
    if measure.sampling is None:
        return None
    how = "monthly-average" if measure.sampling.months else "at-admission"
    return {"how": how, "at_us": values.looked_at(measure, at_us)}


def _part(measure: Measure, values: Answers, group: str, at_us: int) -> dict[str, Any]:
    """Window and tiles of one measure."""
    at_us = at_us if measure.sampling is None else values.looked_at(measure, at_us)
    first_us = measure.window_start(at_us)
    number = values.number(measure, group)
    tiles = [] if number is None else values.tiles(measure, number, at_us)
    shown, rest = tiles[-TILES_MAX:], tiles[:-TILES_MAX]
    adds = measure.take in _ADDING
    return {
        "window": {"from_us": first_us, "to_us": at_us, "tile_us": measure.tile_us},
        "tiles": [[start_us, value] for start_us, _, value in shown],
        "tiles_before": {
            "number": len(rest),
            "sum": sum(value for _, _, value in rest) if adds else None,
        },
        "events": sum(count for _, count, _ in tiles),
    }


def _level(level: Level, value: Fraction | None) -> dict[str, Any]:
    met = value is not None and level.holds(value.numerator, value.denominator)
    return {
        "level": level.severity.value,
        "rung": level.rung,
        "comparison": level.comparison.value,
        "bound": str(level.bound),
        "per_cent": level.per_cent,
        "stated": str(level.stated),
        "plan": level.plan,
        "met": met,
    }


def _arithmetic(rule: Rule, value: Fraction | None) -> dict[str, str]:
    """One line: what was taken of what, its value, and the highest rung it meets."""
    measure = rule.measure
    taken = TAKES[measure.take]
    if measure.sampling is not None:
        how = _MONTHLY if measure.sampling.months else _ADMITTING
        taken = Text(zh=f"{how.zh}{taken.zh}", en=f"{taken.en}, {how.en}")
    if measure.ratio_to is not None:
        under = measure.ratio_to.title
        taken = Text(zh=f"{taken.zh} ÷ {under.zh}", en=f"{taken.en} ÷ {under.en}")
    unit = measure.unit or Text(zh=" ", en=" ")
    if value is None:
        zh, en = (
            f"{measure.title.zh}（{taken.zh}）无数据",
            f"{measure.title.en} ({taken.en}): no data",
        )
        return _words(f"{zh}。", f"{en}.")
    met = [level for level in rule.levels if level.holds(value.numerator, value.denominator)]
    shown = met[-1] if met else rule.levels[0]
    units = Fraction(10) ** measure.scale
    amount = _amount(value, measure.scale)
    sign = f"{shown.comparison.value} {exact_text(shown.bound / units)}"
    zh = f"{measure.title.zh}（{taken.zh}）= {amount} {unit.zh}".strip()
    en = f"{measure.title.en} ({taken.en}) = {amount} {unit.en}".strip()
    if met:
        return _words(f"{zh}，达到 {sign}。", f"{en}, which meets {sign}.")
    return _words(f"{zh}，未达到 {sign}。", f"{en}, which does not meet {sign}.")


def _words(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def _fraction(number: int, over: int) -> Fraction | None:
    return Fraction(number, over) if over else None


def _plain(value: Fraction | None) -> int | str | None:
    if value is None:
        return None
    return value.numerator if value.denominator == 1 else str(value)


def _amount(value: Fraction, scale: int) -> str:
    if value.denominator == 1 and scale >= 0:
        return f"{Decimal(value.numerator).scaleb(-scale):,f}"
    return exact_text(value / Fraction(10) ** scale)


def exact_text(number: Fraction) -> str:
    """As a decimal where it ends within nine digits, as p/q elsewhere: never rounded."""
    shifted = number * 10**9
    if shifted.denominator != 1:
        return str(number)
    text = f"{Decimal(shifted.numerator).scaleb(-9):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
