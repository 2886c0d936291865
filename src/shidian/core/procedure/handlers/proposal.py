"""What an application proposes of its own: the plan's values, and the rules to be relaxed."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, NoReturn

from shidian.core.procedure.reading import refuse
from shidian.core.procedure.types import RefusalCode
from shidian.core.rulebook.model import parse_duration_us
from shidian.core.rulebook.plan_change import CODES, PERMIT_MODES

if TYPE_CHECKING:
    from collections.abc import Callable

    from shidian.core.procedure.reading import Data
    from shidian.core.rulebook.model import PlanParameter, Rulebook, Waivers

BLANKET = "*"
"""The rule a waiver names that asks for every one at once."""

DIGITS_MAX = 40


def proposed_plan(rulebook: Rulebook, given: Data) -> dict[str, str]:
    """The plan proposed: every parameter of the rulebook, defaults filled in."""
    given.only(parameter.id for parameter in rulebook.plan)
    plan: dict[str, str] = {}
    for parameter in rulebook.plan:
        if given.has(parameter.id):
            plan[parameter.id] = _value(parameter, given)
        elif parameter.default is not None:
            plan[parameter.id] = parameter.default
        elif parameter.required is not False:
            refuse(
                RefusalCode.INCOMPLETE,
                f"请在试点计划中填写：{parameter.title.zh}。",
                f"State in the pilot plan: {parameter.title.en}.",
                f"plan/{parameter.id}",
            )
    return plan


def waivers_allowed(rulebook: Rulebook, data: Data) -> None:
    """Refuses a waiver of a rule that is unknown, never relaxed, or unpaired, and a blanket one."""
    if not data.has("waivers"):
        return
    asked = data.tables("waivers")
    for one in asked:
        one.only(("rule", "reason", "measure"))
        one.reason()
        one.text("measure", empty=True)
    names = [one.name("rule") for one in asked]
    if len(set(names)) != len(names):
        _no("同一规则只需申请豁免一次。", "Ask for the waiver of a rule once.")
    rules = rulebook.waivers
    for one in asked:
        if rules is None:
            _no("本制度文本不设规则豁免。", "This rulebook waives no rules.")
        _allowed(rules, one)


def _allowed(rules: Waivers, asked: Data) -> None:
    rule = asked.name("rule")
    never = {one.id: one.name for one in rules.never}
    relaxable = {one.id: one.name for one in rules.relaxable}
    if rule in never:
        _no(
            f"“{never[rule].zh}”不得豁免。",
            f"“{never[rule].en}” is never waived.",
        )
    if rule == BLANKET and rules.blanket == "refused":
        _no(
            "不接受概括性豁免：请逐条列明规则。",
            "No blanket waiver is given: name each rule.",
        )
    if rule != BLANKET and rule not in relaxable:
        listed = ", ".join(relaxable) or "–"
        _no(
            f"制度文本没有可豁免的规则“{rule}”。可申请：{listed}。",
            f"The rulebook has no rule {rule!r} to be waived. It has: {listed}.",
        )
    if (
        rules.paired_with == "compensatory-measure"
        and not asked.text("measure", empty=True).strip()
    ):
        _no(
            f"豁免“{rule}”须同时提出替代性的保护措施。",
            f"The waiver of {rule!r} needs a measure that protects in its place.",
        )


def _no(zh: str, en: str) -> NoReturn:
    refuse(RefusalCode.WAIVER_REFUSED, zh, en, "waivers")


def _value(parameter: PlanParameter, given: Data) -> str:
    text = given.name(parameter.id)
    if parameter.type in ("int", "money", "decimal"):
        return _number(parameter, text)
    expected, reads = _OTHER_TYPES[parameter.type]
    try:
        reads(text)
    except ValueError:
        zh, en = expected
        _bad(parameter, f"应为{zh}", f"must be {en}")
    return text


def _number(parameter: PlanParameter, text: str) -> str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal(-1)
    whole = parameter.type == "int"
    # Bounded before it is written out: 1E999999999 would be a number of a thousand million digits.
    bounded = number.is_finite() and number.adjusted() < DIGITS_MAX and len(text) <= DIGITS_MAX
    if not bounded or number < 0 or (whole and number != number.to_integral_value()):
        _bad(
            parameter,
            f"应为不小于零的{'整数' if whole else '数'}",
            f"must be a {'whole number' if whole else 'number'} from zero up",
        )
    low, high = parameter.minimum, parameter.maximum
    if low is not None and number < Decimal(low):
        _bad(parameter, f"不得小于 {low}", f"must not be less than {low}")
    if high is not None and number > Decimal(high):
        _bad(parameter, f"不得大于 {high}", f"must not be more than {high}")
    return format(number.to_integral_value() if whole else number, "f")


def _bad(parameter: PlanParameter, zh: str, en: str) -> NoReturn:
    refuse(
        RefusalCode.BAD_DATA,
        f"{parameter.title.zh}{zh}。",
        f"{parameter.title.en} {en}.",
        f"plan/{parameter.id}",
    )


def _yes_or_no(text: str) -> None:
    if text not in ("true", "false"):
        raise ValueError(text)


def _codes(text: str) -> None:
    if re.fullmatch(CODES, text) is None:
        raise ValueError(text)


_OTHER_TYPES: dict[str, tuple[tuple[str, str], Callable[[str], object]]] = {
    "duration": (("时长，如 5m、1d", "a duration such as 5m or 1d"), parse_duration_us),
    "date": (("日期，如 2026-03-01", "a date such as 2026-03-01"), date.fromisoformat),
    "bool": (("true 或 false", "true or false"), _yes_or_no),
    "code": (("代码", "a code"), str),
    "codes": (("代码，以逗号分隔", "codes, separated by commas"), _codes),
    "permit-mode": (
        (f"{'、'.join(PERMIT_MODES)} 之一", f"one of {', '.join(PERMIT_MODES)}"),
        PERMIT_MODES.index,
    ),
}
