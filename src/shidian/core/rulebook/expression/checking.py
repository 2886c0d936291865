"""Does an expression mean something? Kinds and units fit, names and words are declared."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from shidian.core.rulebook.expression.tree import (
    And,
    Arithmetic,
    Call,
    Compare,
    Contains,
    Expr,
    ExpressionError,
    IsNull,
    Kind,
    Literal,
    Name,
    Negative,
    Not,
    OneOf,
    Or,
    ValueType,
)
from shidian.core.rulebook.model import Text, parse_duration_us
from shidian.core.rulebook.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMERIC = frozenset({Kind.NUMBER, Kind.INT, Kind.DECIMAL})
_ORDERED = frozenset({*_NUMERIC, Kind.MONEY, Kind.DURATION, Kind.DATE})
_BOOL = ValueType(Kind.BOOL)
_NUMBER = ValueType(Kind.NUMBER)
_INT = ValueType(Kind.INT)

KIND_NAMES = {
    Kind.BOOL: Text(zh="是否", en="yes or no"),
    Kind.NUMBER: Text(zh="数", en="a number"),
    Kind.INT: Text(zh="整数", en="a whole number"),
    Kind.DECIMAL: Text(zh="小数", en="a decimal"),
    Kind.MONEY: Text(zh="金额", en="money"),
    Kind.DURATION: Text(zh="时长", en="a duration"),
    Kind.DATE: Text(zh="日期", en="a date"),
    Kind.CODE: Text(zh="代码", en="a code"),
    Kind.CODES: Text(zh="多选", en="several codes"),
    Kind.TEXT: Text(zh="文字", en="a text"),
    Kind.FILE: Text(zh="文件", en="a file"),
}
"""How a kind is called in messages."""


def check(expr: Expr, types: Mapping[str, ValueType]) -> ValueType:  # noqa: C901, PLR0911, PLR0912 - one a shape
    """The type of an expression whose names have these types. Raises ExpressionError."""
    match expr:
        case Literal(value):
            return _literal(value)
        case Name(name):
            return _named(name, types)
        case Not(item):
            _truth(item, types)
            return _BOOL
        case And(items) | Or(items):
            for item in items:
                _truth(item, types)
            return _BOOL
        case Compare(operator, left, right):
            _comparable(left, right, types, ordered=operator not in ("=", "<>"))
            return _BOOL
        case Arithmetic(operator, left, right):
            return _arithmetic(operator, left, right, types)
        case Negative(item):
            return _negative(item, types)
        case OneOf(item, options):
            for option in options:
                _comparable(item, option, types, ordered=False)
            return _BOOL
        case Contains(item, among):
            _contains(item, among, types)
            return _BOOL
        case IsNull(item):
            check(item, types)
            return _BOOL
        case Call(function, arguments):
            return _call(function, arguments, types)


def _literal(value: object) -> ValueType:
    if isinstance(value, bool):
        return _BOOL
    return ValueType(Kind.TEXT) if isinstance(value, str) else _NUMBER


def _named(name: str, types: Mapping[str, ValueType]) -> ValueType:
    found = types.get(name)
    if found is None:
        raise ExpressionError(
            Text(zh=f"未声明“{name}”", en=f"'{name}' is not declared"), did_you_mean(name, types)
        )
    return found


def _truth(expr: Expr, types: Mapping[str, ValueType]) -> None:
    found = check(expr, types)
    if found.kind is not Kind.BOOL:
        said, kind = _said(expr), KIND_NAMES[found.kind]
        raise ExpressionError(
            Text(
                zh=f"{said}是{kind.zh}，不是可判断真假的条件",
                en=f"{said} is {kind.en}, not something true or false",
            ),
            Text(zh="写出比较，如 x > 0", en="write a comparison such as x > 0"),
        )


def _said(expr: Expr) -> str:
    """How a message points at part of an expression."""
    match expr:
        case Name(name):
            return f"'{name}'"
        case Literal(value):
            return f"'{value}'"
        case Call(function, _):
            return f"{function}(…)"
        case _:
            return "(…)"


def _comparable(left: Expr, right: Expr, types: Mapping[str, ValueType], *, ordered: bool) -> None:
    first, second = _beside(left, right, types)
    if not _fit(first, second):
        raise _units_differ(left, first, right, second)
    _check_word(left, second)
    _check_word(right, first)
    if first.kind in (Kind.CODES, Kind.FILE):
        raise ExpressionError(
            _is_kind(left, first),
            Text(
                zh="多选写 'a' IN 部分.问题；文件写 IS NULL",
                en="write 'a' IN section.question; of a file ask IS NULL",
            ),
        )
    if ordered and first.kind not in _ORDERED:
        raise ExpressionError(
            Text(
                zh=f"{KIND_NAMES[first.kind].zh}之间没有大小",
                en=f"{KIND_NAMES[first.kind].en} is neither more nor less than another",
            ),
            Text(zh="用 = 或 <> 比较", en="compare with = or <>"),
        )


def _is_kind(expr: Expr, found: ValueType) -> Text:
    kind = KIND_NAMES[found.kind]
    return Text(zh=f"{_said(expr)}是{kind.zh}", en=f"{_said(expr)} is {kind.en}")


def _beside(left: Expr, right: Expr, types: Mapping[str, ValueType]) -> tuple[ValueType, ValueType]:
    """Both types; a bare number or a quoted word takes the type of what it stands beside."""
    first, second = check(left, types), check(right, types)
    return _adapted(left, first, second), _adapted(right, second, first)


def _adapted(expr: Expr, own: ValueType, other: ValueType) -> ValueType:
    if own.kind is Kind.NUMBER and other.kind in (Kind.INT, Kind.DECIMAL, Kind.MONEY):
        return ValueType(other.kind)
    if not isinstance(expr, Literal) or not isinstance(expr.value, str):
        return own
    if other.kind is Kind.DURATION:
        return _read(expr.value, parse_duration_us, other, "'5m'")
    if other.kind is Kind.DATE:
        return _read(expr.value, _iso_date, other, "'2026-01-31'")
    return other if other.kind is Kind.CODE else own


def _iso_date(text: str) -> date:
    if len(text) != len("2026-01-31"):
        raise ValueError(text)
    return date.fromisoformat(text)


def _read(text: str, reader: object, wanted: ValueType, example: str) -> ValueType:
    assert callable(reader)  # noqa: S101 - one of the two functions above
    try:
        reader(text)
    except ValueError:
        kind = KIND_NAMES[wanted.kind]
        raise ExpressionError(
            Text(zh=f"“{text[:40]}”不是{kind.zh}", en=f"'{text[:40]}' is not {kind.en}"),
            Text(zh=f"写成 {example}", en=f"write {example}"),
        ) from None
    return wanted


def _fit(first: ValueType, second: ValueType) -> bool:
    return first.kind is second.kind or {first.kind, second.kind} <= _NUMERIC


def _check_word(expr: Expr, other: ValueType) -> None:
    """A quoted word held against a choice is one of its words."""
    if not isinstance(expr, Literal) or not isinstance(expr.value, str) or other.words is None:
        return
    if expr.value not in other.words:
        raise ExpressionError(
            Text(zh=f"选项中没有“{expr.value[:40]}”", en=f"'{expr.value[:40]}' is no choice there"),
            did_you_mean(expr.value, other.words),
        )


def _units_differ(left: Expr, first: ValueType, right: Expr, second: ValueType) -> ExpressionError:
    one, other = KIND_NAMES[first.kind], KIND_NAMES[second.kind]
    a, b = _said(left), _said(right)
    if Kind.DURATION in (first.kind, second.kind):
        expected = Text(zh="时长写成 '5m'", en="a duration is written '5m'")
    elif Kind.DATE in (first.kind, second.kind):
        expected = Text(zh="日期写成 '2026-01-31'", en="a date is written '2026-01-31'")
    else:
        expected = Text(zh="两边须为同类、同单位", en="both sides must be of one kind and unit")
    return ExpressionError(
        Text(
            zh=f"{a}是{one.zh}，{b}是{other.zh}，不能放在一起",
            en=f"{a} is {one.en}, but {b} is {other.en}",
        ),
        expected,
    )


def _arithmetic(
    operator: str, left: Expr, right: Expr, types: Mapping[str, ValueType]
) -> ValueType:
    if operator in "+-":
        return _sum(operator, left, right, types)
    first, second = check(left, types), check(right, types)
    result = _product(first, second) if operator == "*" else _quotient(first, second)
    if result is None:
        one, other = KIND_NAMES[first.kind], KIND_NAMES[second.kind]
        raise ExpressionError(
            Text(
                zh=f"{one.zh}与{other.zh}不能{'相乘' if operator == '*' else '相除'}",
                en=f"{one.en} cannot be {'multiplied' if operator == '*' else 'divided'} "
                f"by {other.en}",
            ),
            Text(
                zh="金额、时长只可乘除以数，或与同类相除",
                en="money and durations are multiplied or divided by numbers, or divided by "
                "their own kind",
            ),
        )
    return ValueType(result)


def _sum(operator: str, left: Expr, right: Expr, types: Mapping[str, ValueType]) -> ValueType:
    first, second = check(left, types), check(right, types)
    if first.kind is Kind.DATE and second.kind in (Kind.INT, Kind.NUMBER):
        return first
    if operator == "+" and second.kind is Kind.DATE and first.kind in (Kind.INT, Kind.NUMBER):
        return second
    first, second = _beside(left, right, types)
    if not _fit(first, second):
        raise _units_differ(left, first, right, second)
    if first.kind is Kind.DATE and operator == "-":
        return _INT  # days between two dates
    if first.kind not in _ORDERED or first.kind is Kind.DATE:
        raise _no_number(left, first)
    return ValueType(_wider(first.kind, second.kind))


def _no_number(expr: Expr, found: ValueType) -> ExpressionError:
    return ExpressionError(
        _is_kind(expr, found),
        Text(zh="只有数、金额和时长可以计算", en="calculate with numbers, money and durations"),
    )


def _wider(first: Kind, second: Kind) -> Kind:
    if first is second:
        return first
    return Kind.DECIMAL if Kind.DECIMAL in (first, second) else Kind.INT


def _product(first: ValueType, second: ValueType) -> Kind | None:
    if {first.kind, second.kind} <= _NUMERIC:
        return _wider(first.kind, second.kind)
    for one, other in ((first.kind, second.kind), (second.kind, first.kind)):
        if one in (Kind.MONEY, Kind.DURATION) and other in _NUMERIC:
            return one
    return None


def _quotient(first: ValueType, second: ValueType) -> Kind | None:
    if {first.kind, second.kind} <= _NUMERIC or (
        first.kind is second.kind and first.kind in (Kind.MONEY, Kind.DURATION)
    ):
        return Kind.DECIMAL
    if first.kind in (Kind.MONEY, Kind.DURATION) and second.kind in _NUMERIC:
        return first.kind
    return None


def _negative(item: Expr, types: Mapping[str, ValueType]) -> ValueType:
    found = check(item, types)
    if found.kind not in _ORDERED or found.kind is Kind.DATE:
        raise _no_number(item, found)
    return found


def _contains(item: Expr, among: Expr, types: Mapping[str, ValueType]) -> None:
    choices, word = check(among, types), check(item, types)
    if choices.kind is not Kind.CODES:
        raise ExpressionError(
            _is_kind(among, choices),
            Text(
                zh="IN 之后须为多选问题，或 ('a', 'b') 这样的列表",
                en="after IN name a question with several choices, or write ('a', 'b')",
            ),
        )
    is_word = isinstance(item, Literal) and isinstance(item.value, str)
    if not is_word and word.kind is not Kind.CODE:
        raise ExpressionError(
            _is_kind(item, word),
            Text(zh="IN 之前写选项，如 'a'", en="before IN write a choice: 'a'"),
        )
    _check_word(item, choices)


def _call(function: str, arguments: tuple[Expr, ...], types: Mapping[str, ValueType]) -> ValueType:
    if function == "coalesce":
        return _coalesce(arguments, types)
    wanted = Kind.CODES if function == "count" else Kind.TEXT
    example = {
        "count": Text(
            zh="count 数多选的项数：count(部分.问题)",
            en="count counts several choices: count(section.question)",
        ),
        "length": Text(
            zh="length 数文字的字数：length(部分.问题)",
            en="length counts a text's characters: length(section.question)",
        ),
    }[function]
    if len(arguments) != 1:
        raise ExpressionError(
            Text(zh=f"{function} 只取一项", en=f"{function} takes one thing"), example
        )
    found = check(arguments[0], types)
    if found.kind is not wanted:
        raise ExpressionError(_is_kind(arguments[0], found), example)
    return _INT


def _coalesce(arguments: tuple[Expr, ...], types: Mapping[str, ValueType]) -> ValueType:
    """The first that is known; all of one kind, so that the result has one."""
    first = arguments[0]
    found = check(first, types)
    for other in arguments[1:]:
        found, second = _beside(first, other, types)
        if not _fit(found, second):
            raise _units_differ(first, found, other, second)
        _check_word(other, found)
        if found.kind in (Kind.DATE, Kind.DURATION) and isinstance(other, Literal):
            # evaluation reads a word as a date only beside a date, and here nothing need be known
            raise ExpressionError(
                Text(
                    zh="coalesce 中不可写日期或时长",
                    en="coalesce takes no written date or duration",
                ),
                Text(zh="用 IS NULL 分别判断", en="ask with IS NULL instead"),
            )
        found = ValueType(_wider(found.kind, second.kind), found.words)
    return found
