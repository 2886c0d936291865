"""The value of an expression: exact, and unknown where what it depends on is unknown."""

from __future__ import annotations

import operator
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from shidian.core.rulebook.expression.tree import (
    And,
    Arithmetic,
    Call,
    Compare,
    Contains,
    Expr,
    IsNull,
    Literal,
    Name,
    Negative,
    Not,
    OneOf,
    Or,
    Value,
)
from shidian.core.rulebook.model import parse_duration_us

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def evaluate(expr: Expr, values: Mapping[str, Value]) -> Value:  # noqa: C901, PLR0911 - one a shape
    """The value of a checked expression; a name without a value is unknown (None).

    Numbers are exact: int, or Fraction where they are no whole ones. Never raises on an expression
    that `check` has passed, whatever the values of the declared types.
    """
    match expr:
        case Literal(value):
            return value
        case Name(name):
            return values.get(name)
        case Not(item):
            found = evaluate(item, values)
            return None if found is None else not found
        case And(items):
            return _joined(items, values, absorbing=False)
        case Or(items):
            return _joined(items, values, absorbing=True)
        case Compare(sign, left, right):
            return _compared(sign, evaluate(left, values), evaluate(right, values))
        case Arithmetic(sign, left, right):
            return _calculated(sign, evaluate(left, values), evaluate(right, values))
        case Negative(item):
            number: Any = evaluate(item, values)
            return None if number is None else -number
        case OneOf(item, options):
            return _one_of(evaluate(item, values), [evaluate(one, values) for one in options])
        case Contains(item, among):
            word, words = evaluate(item, values), evaluate(among, values)
            return word in words if isinstance(words, frozenset) and word is not None else None
        case IsNull(item):
            return evaluate(item, values) is None
        case Call(function, arguments):
            return _called(function, [evaluate(one, values) for one in arguments])


def _joined(items: tuple[Expr, ...], values: Mapping[str, Value], *, absorbing: bool) -> Value:
    """Kleene's: the absorbing value decides alone; otherwise what is unknown stays unknown."""
    unknown = False
    for item in items:
        found = evaluate(item, values)
        if found is absorbing:
            return absorbing
        unknown = unknown or found is None
    return None if unknown else not absorbing


def _compared(sign: str, left: Value, right: Value) -> bool | None:
    if left is None or right is None:
        return None
    left, right = _alike(left, right)
    return _COMPARE[sign](left, right)


def _alike(left: Value, right: Value) -> tuple[Value, Value]:
    """A date or a duration is written as a word: read it as what it stands beside."""
    if isinstance(left, str) and not isinstance(right, str):
        return _read_as(left, right), right
    if isinstance(right, str) and not isinstance(left, str):
        return left, _read_as(right, left)
    return left, right


def _read_as(word: str, model: Value) -> Value:
    return date.fromisoformat(word) if isinstance(model, date) else parse_duration_us(word)


def _one_of(item: Value, options: list[Value]) -> bool | None:
    found = [_compared("=", item, option) for option in options]
    if True in found:
        return True
    return None if None in found else False


def _calculated(sign: str, left: Any, right: Any) -> Value:
    if left is None or right is None:
        return None
    left, right = _alike(left, right)
    if isinstance(left, date) or isinstance(right, date):
        return _dated(sign, left, right)
    match sign:
        case "+":
            return _exact(left + right)
        case "-":
            return _exact(left - right)
        case "*":
            return _exact(left * right)
        case _:
            return _exact(Fraction(left) / right) if right else None


def _dated(sign: str, left: Any, right: Any) -> Value:
    """Days between two dates, or a date so many days on; unknown beyond the calendar's ends."""
    if isinstance(left, date) and isinstance(right, date):
        return (left - right).days
    day, days = (left, right) if isinstance(left, date) else (right, left)
    try:
        return day + timedelta(days=int(days if sign == "+" else -days))
    except OverflowError:
        return None


def _exact(number: int | Fraction) -> int | Fraction:
    return int(number) if number.denominator == 1 else number


def _called(function: str, arguments: list[Any]) -> Value:
    if function == "coalesce":
        return next((one for one in arguments if one is not None), None)
    return None if arguments[0] is None else len(arguments[0])
