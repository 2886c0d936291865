"""Why an item was made: tiles, arithmetic, threshold and the rule's words, frozen in the item."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from shidian.core.rulebook.model import Take, Text

if TYPE_CHECKING:
    from fractions import Fraction

    from shidian.core.monitor.differences import Draft
    from shidian.core.monitor.program import Level, Measure, Rule
    from shidian.core.monitor.timeline import Segment
    from shidian.core.monitor.values import Values

TILES_MAX = 60
"""Tiles listed in an explanation, the newest; of the rest the number and sum are given."""

_TAKES = {
    Take.COUNT: Text(zh="计数", en="count"),
    Take.SUM: Text(zh="合计", en="sum"),
    Take.DISTINCT: Text(zh="不重复计数", en="distinct"),
}


def explain(
    segment: Segment | None, rule: Rule | None, values: Values, draft: Draft
) -> dict[str, Any]:
    """JSON-able explanation of a draft, from the values known when it is made.

    `value`, `tiles` and `bound` are integers in minor units of `scale`; `bound` may be a fraction
    `p/q`. Tiles of a distinct count have their own counts, which do not add up.
    """
    if segment is None or rule is None:
        return {
            "rule": None,
            "words": _words("该规则已不在执行。", "The rule is no longer in force."),
            "at_us": draft.at_us,
        }
    measure = rule.measure
    value = values.at(measure, draft.at_us)
    return {
        "rule": {
            "id": rule.id,
            "kind": rule.kind,
            "title": rule.title.model_dump(),
            "for_us": rule.for_us,
            "on_breach": rule.on_breach,
            "public": rule.public,
        },
        "indicator": {
            "id": measure.id,
            "title": measure.title.model_dump(),
            "unit": measure.unit.model_dump() if measure.unit else None,
            "stream": measure.stream,
            "take": measure.take.value,
            "field": measure.field,
        },
        "in_force": {"entry": segment.entry, "effective_us": segment.start_us},
        "at_us": draft.at_us,
        "window": {
            "from_us": None if measure.window_us is None else draft.at_us - measure.window_us,
            "to_us": draft.at_us,
            "tile_us": measure.tile_us,
        },
        **_tiles(measure, values, draft.at_us),
        "value": value,
        "scale": measure.scale,
        "levels": [_level(level, value) for level in rule.levels],
        "words": _arithmetic(rule, value),
    }


def _tiles(measure: Measure, values: Values, at_us: int) -> dict[str, Any]:
    tiles = values.tiles(measure, at_us)
    shown, rest = tiles[-TILES_MAX:], tiles[:-TILES_MAX]
    additive = measure.take is not Take.DISTINCT
    return {
        "tiles": [[start_us, value] for start_us, value in shown],
        "tiles_before": {
            "number": len(rest),
            "sum": sum(value for _, value in rest) if additive else None,
        },
    }


def _level(level: Level, value: int) -> dict[str, Any]:
    return {
        "level": level.severity.value,
        "rung": level.rung,
        "comparison": level.comparison.value,
        "bound": str(level.bound),
        "per_cent": level.per_cent,
        "stated": str(level.stated),
        "plan": level.plan,
        "met": level.holds(value),
    }


def _arithmetic(rule: Rule, value: int) -> dict[str, str]:
    """One line: what was taken of what, its value, and the highest rung it meets."""
    measure = rule.measure
    met = [level for level in rule.levels if level.holds(value)]
    shown = met[-1] if met else rule.levels[0]
    amount = f"{Decimal(value).scaleb(-measure.scale):,f}"
    bound = shown.bound / 10**measure.scale
    sign = f"{shown.comparison.value} {_fraction(bound)}"
    taken = _TAKES[measure.take]
    unit = measure.unit or Text(zh=" ", en=" ")
    zh = f"{measure.title.zh}（{taken.zh}）= {amount} {unit.zh}".strip()
    en = f"{measure.title.en} ({taken.en}) = {amount} {unit.en}".strip()
    if met:
        return _words(f"{zh}，达到 {sign}。", f"{en}, which meets {sign}.")
    return _words(f"{zh}，未达到 {sign}。", f"{en}, which does not meet {sign}.")


def _words(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


def _fraction(number: Fraction) -> str:
    """As a decimal where it ends within nine digits, as p/q elsewhere: never rounded."""
    shifted = number * 10**9
    if shifted.denominator != 1:
        return str(number)
    text = f"{Decimal(shifted.numerator).scaleb(-9):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
