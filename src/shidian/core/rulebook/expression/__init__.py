"""The small language of conditions and sums: SQL's boolean and arithmetic expressions, and no more.

An expression is parsed (`parse`), judged against the types of the names it may use (`check`), and
then has a value (`evaluate`). It is never run as given: what is not in `tree.py` does not exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.expression.checking import KIND_NAMES, check
from shidian.core.rulebook.expression.evaluation import evaluate
from shidian.core.rulebook.expression.parsing import parse
from shidian.core.rulebook.expression.tree import (
    Expr,
    ExpressionError,
    Kind,
    Value,
    ValueType,
    names,
)
from shidian.core.rulebook.model import FieldType, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.rulebook.model import Stream

__all__ = [
    "Expr",
    "ExpressionError",
    "Kind",
    "Value",
    "ValueType",
    "check",
    "evaluate",
    "names",
    "parse",
    "stream_types",
    "wrong_in",
]

_OF_FIELDS = {
    FieldType.MONEY: Kind.MONEY,
    FieldType.INT: Kind.INT,
    FieldType.DECIMAL: Kind.DECIMAL,
    FieldType.PSEUDONYM: Kind.TEXT,
    FieldType.CODE: Kind.CODE,
    FieldType.BOOL: Kind.BOOL,
    FieldType.DURATION: Kind.DURATION,
    FieldType.TEXT: Kind.TEXT,
}


def stream_types(stream: Stream) -> dict[str, ValueType]:
    """What a stream's `where` may name: its fields."""
    return {name: ValueType(_OF_FIELDS[field.type]) for name, field in stream.fields.items()}


def wrong_in(
    text: str, types: Mapping[str, ValueType], wanted: Kind | None = Kind.BOOL
) -> ExpressionError | None:
    """What is wrong with an expression that should be of kind `wanted` (None: any), or None."""
    try:
        found = check(parse(text), types)
    except ExpressionError as error:
        return error
    number = found.kind is Kind.NUMBER and wanted in (Kind.INT, Kind.DECIMAL, Kind.MONEY)
    if wanted is None or found.kind is wanted or number:
        return None
    if (found.kind, wanted) in ((Kind.INT, Kind.DECIMAL), (Kind.TEXT, Kind.CODE)):
        return None
    is_kind, should = KIND_NAMES[found.kind], KIND_NAMES[wanted]
    return ExpressionError(
        Text(zh=f"结果是{is_kind.zh}", en=f"its value is {is_kind.en}"),
        Text(zh=f"此处应为{should.zh}", en=f"here belongs {should.en}"),
    )
