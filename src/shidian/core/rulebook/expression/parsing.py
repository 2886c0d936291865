"""Text → expression. SQLGlot reads the grammar; what it is given and what is taken is listed here.

The text is cut into tokens here first: names go to the parser in quotes, so that no word of SQL can
be meant by one, and whatever is neither a name, a number, a quoted word nor a known sign is refused
before any grammar is tried.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
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
    Literal,
    Name,
    Negative,
    Not,
    OneOf,
    Or,
    below,
)
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlglot import exp

LENGTH_MAX = 1000
TOKENS_MAX = 300
NESTING_MAX = 16
DEPTH_MAX = 64

FUNCTIONS = frozenset({"count", "length", "coalesce"})
_WORDS = frozenset({"and", "or", "not", "in", "is", "null", "true", "false", "between"})
_REFUSED_WORDS = frozenset(
    {
        *("select", "from", "where", "union", "with", "exists", "all", "any", "some", "values"),
        *("case", "when", "then", "else", "end", "cast", "interval", "array", "lambda"),
        *("like", "ilike", "similar", "rlike", "regexp"),
    }
)
"""Named in the message where what was written makes no sentence; elsewhere they are plain names."""

_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+)"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<text>'(?:[^']|'')*')"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)"
    r"|(?P<sign><=|>=|<>|!=|[=<>+\-*/(),])"
)
_DIGITS_MAX = 30

_EXAMPLE = Text(
    zh="可写为：scale.investors > 100 AND NOT data.personal",
    en="write for example scale.investors > 100 AND NOT data.personal",
)
_PLAIN = Text(
    zh="只可比较和计算各项名称与数值，用 AND、OR、NOT 连接",
    en="compare and calculate with names and values, joined by AND, OR and NOT",
)


class _NoExpressionError(Exception):
    """The tokens make no sentence of the language."""


@lru_cache(maxsize=4096)
def parse(text: str) -> Expr:
    """The expression that a text says. Raises ExpressionError, in well under a second."""
    if len(text) > LENGTH_MAX:
        raise ExpressionError(
            Text(zh=f"表达式有 {len(text)} 个字符", en=f"an expression of {len(text)} characters"),
            Text(zh=f"最多 {LENGTH_MAX} 个字符", en=f"write at most {LENGTH_MAX}"),
        )
    tokens = list(_tokens(text))
    _check_shape(tokens)
    try:
        expr = _converted(_grammar(tokens))
    except _NoExpressionError:
        raise _no_expression(tokens) from None
    if _depth(expr) > DEPTH_MAX:
        raise _too_nested()
    return expr


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise _foreign(text[place])
        kind = match.lastgroup or ""
        after = text[match.end() : match.end() + 1]
        if kind == "number" and (after.isalnum() or after in ("_", ".")):
            end = re.compile(r"[\w.]*").match(text, place)
            raise _no_number(end[0] if end else match[0])
        if kind != "space":
            yield kind, match[0]
        place = match.end()


def _foreign(character: str) -> ExpressionError:
    if character == "'":
        return ExpressionError(
            Text(zh="单引号未闭合", en="a quotation mark opens and never closes"),
            Text(zh="补上结尾的单引号", en="close it with '"),
        )
    if character == '"':
        return ExpressionError(
            Text(zh="双引号不用于表达式", en='the sign " is not used in expressions'),
            Text(zh="文字用单引号括起，如 'app'", en="put words in single quotes: 'app'"),
        )
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    return ExpressionError(
        Text(zh=f"表达式中不用符号“{shown}”", en=f"the sign {shown} is not used in expressions"),
        _PLAIN,
    )


def _no_number(word: str) -> ExpressionError:
    return ExpressionError(
        Text(zh=f"“{word[:40]}”不是数", en=f"'{word[:40]}' is not a number"),
        Text(zh="写成 12 或 0.5；时长写成 '5m'", en="write 12 or 0.5; a duration is written '5m'"),
    )


def _check_shape(tokens: list[tuple[str, str]]) -> None:
    """Bounds, and what no grammar need be asked about: attributes and calls."""
    if not tokens:
        raise ExpressionError(Text(zh="表达式为空", en="the expression is empty"), _EXAMPLE)
    if len(tokens) > TOKENS_MAX:
        raise ExpressionError(
            Text(zh=f"表达式有 {len(tokens)} 个词", en=f"an expression of {len(tokens)} words"),
            Text(zh=f"最多 {TOKENS_MAX} 个", en=f"write at most {TOKENS_MAX}"),
        )
    nesting = prefixes = 0
    for index, (kind, word) in enumerate(tokens):
        following = tokens[index + 1][1] if index + 1 < len(tokens) else ""
        nesting += (word == "(") - (word == ")")
        prefixes = prefixes + 1 if word.lower() in ("not", "-", "+") else 0
        if nesting > NESTING_MAX or prefixes > NESTING_MAX:
            raise _too_nested()
        if kind == "number" and len(word) > _DIGITS_MAX:
            raise ExpressionError(
                Text(zh=f"有 {len(word)} 位的数", en=f"a number of {len(word)} digits"),
                Text(zh=f"最多 {_DIGITS_MAX} 位", en=f"write at most {_DIGITS_MAX}"),
            )
        if kind == "name":
            _check_name(word, following)


def _check_name(word: str, following: str) -> None:
    if word.count(".") > 1:
        raise ExpressionError(
            Text(zh=f"“{word[:60]}”层级过多", en=f"'{word[:60]}' reaches into a value"),
            Text(
                zh="名称至多为“部分.问题”，不可取值的属性",
                en="a name is at most section.question; values have no attributes",
            ),
        )
    lower = word.lower()
    if following == "(" and lower not in _WORDS | FUNCTIONS:
        raise ExpressionError(
            Text(zh=f"不可调用“{word[:60]}”", en=f"'{word[:60]}' cannot be called"),
            Text(
                zh="可用函数只有 count、length、coalesce",
                en="the functions are count, length and coalesce",
            ),
        )


def _too_nested() -> ExpressionError:
    return ExpressionError(
        Text(zh="表达式嵌套过深", en="the expression is nested too deeply"),
        Text(zh=f"括号最多 {NESTING_MAX} 层", en=f"at most {NESTING_MAX} levels of brackets"),
    )


def _grammar(tokens: list[tuple[str, str]]) -> exp.Expr:
    # late: only a rulebook with expressions pays for loading the SQL parser
    import sqlglot

    plain = " ".join(_quoted(kind, word) for kind, word in tokens)
    try:
        return sqlglot.parse_one(plain)
    except (sqlglot.errors.SqlglotError, RecursionError):
        raise _NoExpressionError from None


def _no_expression(tokens: list[tuple[str, str]]) -> ExpressionError:
    for kind, word in tokens:
        if kind == "name" and word.lower() in _REFUSED_WORDS:
            return ExpressionError(
                Text(zh=f"表达式中不可使用“{word}”", en=f"'{word}' is not used in expressions"),
                _PLAIN,
            )
    return ExpressionError(Text(zh="不是完整的表达式", en="is no expression"), _EXAMPLE)


def _quoted(kind: str, word: str) -> str:
    if kind != "name" or word.lower() in _WORDS | FUNCTIONS:
        return word
    return ".".join(f'"{part}"' for part in word.split("."))


_COMPARISONS = {"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
_ARITHMETIC = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/"}
_ARGUMENTS = frozenset(
    {
        *("this", "expression", "expressions", "low", "high", "field", "table", "query"),
        *("is_string", "quoted", "big_int", "typed", "safe"),
    }
)
"""Parts of SQLGlot's nodes that are read here, or say nothing; a node with any other is refused."""

_CALLS = {"Count": "count", "Length": "length", "Coalesce": "coalesce"}


def _converted(node: exp.Expr) -> Expr:  # noqa: C901, PLR0911 - one a shape
    """SQLGlot's tree → ours; what is not named here does not exist in the language."""
    kind = type(node).__name__
    if any(given for argument, given in node.args.items() if argument not in _ARGUMENTS):
        raise _NoExpressionError
    if kind == "Paren":
        return _converted(node.this)
    if kind in ("And", "Or"):
        return _joined(node, And if kind == "And" else Or)
    if kind == "Not":
        return Not(_converted(node.this))
    if kind == "Neg":
        return Negative(_converted(node.this))
    if kind in _COMPARISONS:
        return Compare(_COMPARISONS[kind], _converted(node.this), _converted(node.expression))
    if kind in _ARITHMETIC:
        return Arithmetic(_ARITHMETIC[kind], _converted(node.this), _converted(node.expression))
    if kind == "Between":
        item = _converted(node.this)
        low, high = _converted(node.args["low"]), _converted(node.args["high"])
        return And((Compare(">=", item, low), Compare("<=", item, high)))
    if kind == "In":
        return _membership(node)
    if kind == "Is" and type(node.expression).__name__ == "Null":
        return IsNull(_converted(node.this))
    if kind in _CALLS:
        return Call(_CALLS[kind], tuple(_arguments(node)))
    return _leaf(node, kind)


def _leaf(node: exp.Expr, kind: str) -> Expr:
    if kind == "Boolean":
        return Literal(bool(node.this))
    if kind == "Literal":
        text = str(node.this)
        if node.args.get("is_string"):
            return Literal(text)
        return Literal(int(text) if text.isdecimal() else Fraction(Decimal(text)))
    if kind == "Column" and type(node.this).__name__ == "Identifier":
        return Name(
            f"{node.args['table'].name}.{node.name}" if node.args.get("table") else node.name
        )
    if kind == "Null":
        raise ExpressionError(
            Text(zh="NULL 只可用于 IS NULL", en="NULL stands only in IS NULL"),
            Text(
                zh="判断未作答，写“名称 IS NULL”",
                en="to ask whether there is no answer, write name IS NULL",
            ),
        )
    raise _NoExpressionError


def _joined(node: exp.Expr, shape: type[And | Or]) -> Expr:
    """`a AND b AND c` leans to the left in SQLGlot's tree, however long it is; ours is flat."""
    same = type(node)
    parts: list[exp.Expr] = []
    while type(node) is same:
        parts.append(node.expression)
        node = node.this
    return shape(tuple(_converted(part) for part in (node, *reversed(parts))))


def _membership(node: exp.Expr) -> Expr:
    item = _converted(node.this)
    if node.args.get("field") is not None:
        among = _converted(node.args["field"])
        if isinstance(among, Name):
            return Contains(item, among)
    elif node.args.get("query") is None and node.expressions:
        options = tuple(_converted(option) for option in node.expressions)
        return OneOf(item, options)
    raise ExpressionError(
        Text(zh="IN 之后不是列表", en="what follows IN is no list"),
        Text(
            zh="写成 x IN ('a', 'b') 或 'a' IN 部分.问题",
            en="write x IN ('a', 'b') or 'a' IN section.question",
        ),
    )


def _arguments(node: exp.Expr) -> Iterator[Expr]:
    for part in (node.this, *node.expressions):
        if part is None or isinstance(part, bool):
            continue
        yield _converted(part)


def _depth(expr: Expr) -> int:
    deepest, level = 0, [expr]
    while level:
        deepest += 1
        level = [inner for one in level for inner in below(one)]
    return deepest
