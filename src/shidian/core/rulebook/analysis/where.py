"""Filters: SQL boolean expressions over a stream's fields, allow-listed, never run as given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp

from shidian.core.rulebook.problems import did_you_mean

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Stream

LENGTH_MAX = 1000

_ALLOWED = (
    exp.And,
    exp.Or,
    exp.Not,
    exp.Paren,
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.In,
    exp.Is,
    exp.Null,
    exp.Boolean,
    exp.Literal,
    exp.Column,
    exp.Identifier,
    exp.Neg,
)


def wrong_in(where: str, stream: Stream) -> tuple[str, str] | None:
    """(what is wrong, what would be right) of a filter, or None."""
    if len(where) > LENGTH_MAX:
        return f"a filter of {len(where)} characters", f"write at most {LENGTH_MAX}"
    try:
        tree = sqlglot.parse_one(where)
    except (sqlglot.errors.SqlglotError, RecursionError):
        return "is no boolean expression", "write for example amount > 100 AND NOT failed"
    for node in tree.walk():
        if not isinstance(node, _ALLOWED):
            return (
                f"'{type(node).__name__.lower()}' is not allowed in a filter",
                "compare fields with values, joined by AND, OR and NOT",
            )
        if isinstance(node, exp.Column) and (node.name not in stream.fields or node.table):
            return f"field '{node.sql()}' is not in {stream.id}", did_you_mean(
                node.name, stream.fields
            )
    return None
