"""Plan parameters: typed, with values that fit the type, and with one way to come by a value."""

# ruff: noqa: E501 - a message reads better on one line

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from shidian.core.rulebook.analysis.finding import Finding, error, unknown, warning
from shidian.core.rulebook.analysis.words import PARAMETER, say
from shidian.core.rulebook.model import PlanParameter, Rulebook, parse_duration_us, parse_exact
from shidian.core.rulebook.plan_change import CODES, PERMIT_MODES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NUMBERS = frozenset({"int", "money", "decimal", "duration"})
"""Types that can be compared, scaled and capped."""

_FORMS = {
    "int": r"-?[0-9]{1,18}",
    "money": r"[0-9]{1,15}(\.[0-9]{1,4})?",
    "bool": r"true|false",
    "code": r"[a-z][a-z0-9]*([-_][a-z0-9]+)*",
    "codes": CODES,
    "permit-mode": "|".join(PERMIT_MODES),
}
_EXAMPLES = {
    "int": "1000",
    "money": "50000.00",
    "decimal": "0.5",
    "duration": "30d",
    "date": "2026-01-31",
    "bool": "true",
    "code": "retail",
    "codes": "app,counter",
    "permit-mode": "no-new-business",
}
_ORDERED = NUMBERS | {"date"}


def value_of(parameter_type: str, text: str) -> Fraction | str:
    """The value that a text of this type means; ordered types compare. Raises ValueError."""
    if parameter_type == "duration":
        return Fraction(parse_duration_us(text))
    if parameter_type == "date":
        return date.fromisoformat(text).isoformat()
    form = _FORMS.get(parameter_type)
    if form is not None and re.fullmatch(form, text) is None:
        raise ValueError(text)
    return parse_exact(text) if parameter_type in NUMBERS else text


def findings(rulebook: Rulebook) -> Iterator[Finding]:
    """What is wrong with the plan."""
    parameters = {parameter.id: parameter for parameter in rulebook.plan}
    asked = {
        question.plan
        for section in rulebook.form
        for question in section.questions
        if question.plan
    }
    for parameter in rulebook.plan:
        yield from _origin(parameter, asked)
        yield from _values(parameter)
        yield from _scaling(parameter, parameters)
    yield from _permit_modes(rulebook)


def _permit_modes(rulebook: Rulebook) -> Iterator[Finding]:
    """One mode a plan, and of a permit that there is."""
    modes = [one for one in rulebook.plan if one.type == "permit-mode"]
    for one in modes[1:]:
        yield error(
            f"/plan/{one.id}/type",
            say(f"“{modes[0].id}”已约定凭证模式", f"'{modes[0].id}' is the permit mode already"),
            say("每个试点只约定一种模式", "a plan has one permit mode: remove this parameter"),
        )
    if modes and (rulebook.orders is None or rulebook.orders.permit is None):
        yield error(
            f"/plan/{modes[0].id}/type",
            say("约定了凭证模式，但没有运行凭证", "a permit mode, but the rulebook has no permit"),
            say("请写 orders.permit，或删去此参数", "add orders.permit, or remove the parameter"),
        )


def _origin(parameter: PlanParameter, asked: set[str]) -> Iterator[Finding]:
    path = f"/plan/{parameter.id}"
    if parameter.required is None and parameter.default is None:
        yield error(
            path,
            say(
                "既未写 required，也未写 default",
                "neither required nor default: nobody knows where its value comes from",
            ),
            say(
                "请写 required: true、required: false 或 default",
                "write required: true, required: false, or a default",
            ),
        )
    if parameter.required and parameter.default is not None:
        yield warning(
            f"{path}/default",
            say("既为必填，又有默认值", "required, and yet with a default"),
            say("两者只写其一", "keep one of the two"),
        )
    elif parameter.required and parameter.id not in asked:
        yield warning(
            path,
            say(
                "必填参数，但申报书中没有问题填报它",
                "no question of the form proposes this required parameter",
            ),
            say(
                "请在某一问题中写 plan，或写 default",
                "let a question name it under plan, or give a default",
            ),
        )


def _values(parameter: PlanParameter) -> Iterator[Finding]:
    path = f"/plan/{parameter.id}"
    found: dict[str, Fraction | str] = {}
    for key in ("default", "minimum", "maximum"):
        text = getattr(parameter, key)
        if text is None:
            continue
        if key != "default" and parameter.type not in _ORDERED:
            yield error(
                f"{path}/{key}",
                say(f"{parameter.type} 类型没有大小", f"a {parameter.type} has no {key}"),
                say(f"请删去 {key}", f"leave {key} out"),
            )
            continue
        try:
            found[key] = value_of(parameter.type, text)
        except ValueError:
            example = _EXAMPLES[parameter.type]
            yield error(
                f"{path}/{key}",
                say(f"“{text}”不是 {parameter.type}", f"'{text}' is no {parameter.type}"),
                say(f"例如 {example}", f"write for example {example}"),
            )
    for low, high in (("minimum", "maximum"), ("minimum", "default"), ("default", "maximum")):
        if low in found and high in found and _above(found[low], found[high]):
            at, other = (low, high) if low == "default" else (high, low)
            word = say("高于", "above") if low == "default" else say("低于", "below")
            yield error(
                f"{path}/{at}",
                say(
                    f"{getattr(parameter, at)}{word.zh}{other}的{getattr(parameter, other)}",
                    f"{getattr(parameter, at)} is {word.en} the {other} {getattr(parameter, other)}",
                ),
                say("请使两者一致", "let the two agree"),
            )


def _above(one: Fraction | str, other: Fraction | str) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one > other
    return isinstance(one, Fraction) and isinstance(other, Fraction) and one > other


def _scaling(parameter: PlanParameter, all_of: Mapping[str, PlanParameter]) -> Iterator[Finding]:
    if parameter.scales_with is None:
        return
    path = f"/plan/{parameter.id}/scales_with"
    if parameter.scales_with not in all_of:
        yield unknown(path, PARAMETER, parameter.scales_with, all_of)
        return
    other = all_of[parameter.scales_with]
    for one in (parameter, other):
        if one.type not in NUMBERS:
            yield error(
                path,
                say(
                    f"“{one.id}”为 {one.type}，不能按比例增减",
                    f"'{one.id}' is {one.type} and has no proportion",
                ),
                say(
                    "请写 int、money、decimal 或 duration 类型的参数",
                    "name a parameter of type int, money, decimal or duration",
                ),
            )
            return
    circle = _circle(parameter, all_of)
    if circle is not None:
        shown = " → ".join(circle)
        yield error(
            path,
            say(f"循环：{shown}", f"scales with itself: {shown}"),
            say("请让其中一个不随其余变化", "let one of them stand alone"),
        )
    elif parameter.tighter != other.tighter:
        yield error(
            path,
            say(
                f"“{other.id}”收紧时，此参数会随之放松",
                f"tightening '{other.id}' would loosen this one: their tighter ways differ",
            ),
            say(
                "请使 tighter 一致，或删去 scales_with",
                "let tighter agree, or leave scales_with out",
            ),
        )


def _circle(start: PlanParameter, all_of: Mapping[str, PlanParameter]) -> list[str] | None:
    seen = [start.id]
    following = start.scales_with
    while following is not None and following in all_of:
        seen.append(following)
        if following == start.id:
            return seen
        if following in seen[:-1]:
            return None
        following = all_of[following].scales_with
    return None
