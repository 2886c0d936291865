"""Fractions in columns, exact: int64 where it suffices, Python's integers where it may not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from shidian.core.rulebook.model import Comparison

if TYPE_CHECKING:
    from fractions import Fraction

    from numpy.typing import NDArray

_EXACT = 2**62


def times(a: Any, b: Any) -> Any:
    """Product of two integer columns or numbers."""
    if isinstance(b, int) and b == 1:
        return a
    if max(_top(a), 1) * max(_top(b), 1) < _EXACT:
        return a * b
    return _big(a) * _big(b)


def plus(a: Any, b: Any) -> Any:
    """Sum of two integer columns or numbers."""
    return a + b if _top(a) + _top(b) < _EXACT else _big(a) + _big(b)


def met(comparison: Comparison, number: Any, over: Any, bound: Fraction) -> NDArray[np.bool_]:
    """Where `number / over comparison bound` (`over` > 0), by cross-multiplication."""
    left, right = times(number, bound.denominator), times(over, bound.numerator)
    match comparison:
        case Comparison.GT:
            found = left > right
        case Comparison.GE:
            found = left >= right
        case Comparison.LT:
            found = left < right
        case Comparison.LE:
            found = left <= right
    return np.asarray(found, bool)


def met_by_whole(
    comparison: Comparison, number: NDArray[np.int64], bound: Fraction
) -> NDArray[np.bool_]:
    """`met` of whole numbers over 1, with one pass: they cannot lie between two whole numbers."""
    floor = bound.numerator // bound.denominator
    ceiling = -(-bound.numerator // bound.denominator)
    if max(abs(floor), abs(ceiling)) >= _EXACT:
        return met(comparison, number, 1, bound)
    match comparison:
        case Comparison.GT:
            return np.asarray(number > floor, bool)
        case Comparison.GE:
            return np.asarray(number >= ceiling, bool)
        case Comparison.LT:
            return np.asarray(number < ceiling, bool)
        case Comparison.LE:
            return np.asarray(number <= floor, bool)


def divided(number: Any, over: Any, under: Any, under_over: Any) -> tuple[Any, Any]:
    """(number / over) ÷ (under / under_over) as numerator and denominator > 0.

    A denominator of 0 says that there is no value: of either, or because the divisor is zero.
    """
    there = (over != 0) & (under_over != 0) & (under != 0)
    sign = np.where(under < 0, -1, 1)
    found = times(times(number, under_over), sign)
    below = times(over, under * sign)
    return np.where(there, found, 0), np.where(there, below, 0)


def _top(numbers: Any) -> int:
    if isinstance(numbers, int):
        return abs(numbers)
    return max(abs(int(numbers.max())), abs(int(numbers.min()))) if len(numbers) else 0


def _big(numbers: Any) -> Any:
    return numbers if isinstance(numbers, int) else numbers.astype(object)
