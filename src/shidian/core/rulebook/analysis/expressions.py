"""Expressions of a rulebook, held against what they may name and what they should yield."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.analysis.finding import Finding, error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shidian.core.rulebook.expression import Kind, ValueType


def judged(path: str, text: str, types: Mapping[str, ValueType], wanted: Kind) -> Iterator[Finding]:
    """What is wrong with the expression at `path`, if anything."""
    # late: only a rulebook with expressions pays for loading the SQL parser
    from shidian.core.rulebook.expression import wrong_in

    wrong = wrong_in(text, types, wanted)
    if wrong is not None:
        yield error(path, wrong.message, wrong.expected)


def named(text: str) -> frozenset[str]:
    """The names an expression asks for; none, where it is no expression and is refused as such."""
    from shidian.core.rulebook.expression import ExpressionError, names, parse

    try:
        return names(parse(text))
    except ExpressionError:
        return frozenset()


def is_constantly(text: str, value: bool) -> bool:
    """Whether an expression has this value whatever the answers are."""
    from shidian.core.rulebook.expression import ExpressionError, evaluate, names, parse

    try:
        parsed = parse(text)
        return evaluate(parsed, dict.fromkeys(names(parsed))) is value
    except ExpressionError:
        return False
