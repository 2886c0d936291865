"""A `where` over columns: the language's three-valued conditions, a whole batch at a time.

Exact and of the same outcome as `expression.evaluate` row by row: numbers are fractions of two
integer columns, which become Python integers where a product could leave int64.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from shidian.core.monitor.events import NULL
from shidian.core.monitor.exact import plus, times
from shidian.core.rulebook.expression import evaluate, names, parse
from shidian.core.rulebook.expression.tree import (
    And,
    Arithmetic,
    Call,
    Compare,
    Expr,
    IsNull,
    Literal,
    Name,
    Negative,
    Not,
    OneOf,
    Or,
    below,
)
from shidian.core.rulebook.model import FieldType, parse_duration_us

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    Bools: TypeAlias = NDArray[np.bool_]

_EXACT = 2**62
_WORDS = frozenset({FieldType.CODE, FieldType.TEXT, FieldType.PSEUDONYM})
_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Predicate:
    """A checked condition on a stream's events. `fields`: (name, type, scale) of those it names."""

    text: str
    expr: Expr
    fields: tuple[tuple[str, FieldType, int], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The fields it asks for."""
        return tuple(name for name, _, _ in self.fields)

    def field(self, name: str) -> tuple[FieldType, int]:
        """Type and scale of one of them."""
        return next((kind, scale) for field_, kind, scale in self.fields if field_ == name)

    def holds(
        self, columns: Mapping[str, NDArray[np.int64]], words: Mapping[str, int], size: int
    ) -> Bools:
        """Rows for which the condition is known to be true.

        `columns`: per field int64, NULL where left out; money and decimals in minor units, bools
        0 or 1, codes and texts as numbers of `words` (word → number). Fields without a column are
        left out everywhere.
        """
        found = _Batch(self, columns, words, size).value(self.expr)
        return np.asarray(found.known & (found.number != 0), bool)


def compiled(text: str, types: Mapping[str, tuple[FieldType, int]]) -> Predicate:
    """Condition and field types of its stream → Predicate. Raises ExpressionError, ValueError.

    A pseudonym travels as a number that may be erased: held against a quoted word it can have no
    answer that lasts, so that is refused.
    """
    expr = parse(text)
    fields = tuple((name, *types[name]) for name in sorted(names(expr)) if name in types)
    pseudonyms = {name for name, kind, _ in fields if kind is FieldType.PSEUDONYM}
    if _reads_pseudonym(expr, pseudonyms):
        raise ValueError("a pseudonym is compared with another field or asked IS NULL, no more")
    return Predicate(text, expr, fields)


def _reads_pseudonym(expr: Expr, pseudonyms: set[str]) -> bool:
    beside = below(expr)
    named = any(isinstance(one, Name) and one.name in pseudonyms for one in beside)
    if named and not isinstance(expr, IsNull):
        both = all(isinstance(one, Name) and one.name in pseudonyms for one in beside)
        if not (isinstance(expr, Compare) and both):
            return True
    return any(_reads_pseudonym(one, pseudonyms) for one in beside)


@dataclass(slots=True)
class _Column:
    """Values of an expression: `number / over` where `known`. A truth is 0 or 1, a word its number.

    `text`: what a quoted word says, since beside a duration it is read as one.
    """

    known: Any
    number: Any
    over: Any = 1
    text: str = ""
    is_word: bool = False


@dataclass(slots=True)
class _Batch:
    predicate: Predicate
    columns: Mapping[str, NDArray[np.int64]]
    words: Mapping[str, int]
    size: int
    _unheard: dict[str, int] = field(default_factory=dict)

    def value(self, expr: Expr) -> _Column:  # noqa: C901, PLR0911, PLR0912 - one a shape
        """Values of an expression over the batch."""
        if not isinstance(expr, Literal) and not names(expr):
            return self._constant(evaluate(expr, {}))
        match expr:
            case Literal(value):
                return self._constant(value)
            case Name(name):
                return self._named(name)
            case Not(item):
                found = self.value(item)
                return _Column(found.known, found.known & (found.number == 0))
            case And(items):
                return self._joined(items, absorbing=False)
            case Or(items):
                return self._joined(items, absorbing=True)
            case Compare(sign, left, right):
                return _compared(sign, self.value(left), self.value(right))
            case Arithmetic(sign, left, right):
                return _calculated(sign, self.value(left), self.value(right))
            case Negative(item):
                found = self.value(item)
                return _Column(found.known, -found.number, found.over)
            case OneOf(item, options):
                return self._one_of(self.value(item), [self.value(one) for one in options])
            case IsNull(item):
                known = self.value(item).known
                return _Column(np.ones(self.size, bool), ~known)
            case Call("coalesce", arguments):
                return _first_known([self.value(one) for one in arguments])
            case Call("length", (argument,)):
                return self._length(self.value(argument))
            case _:
                raise TypeError(f"{expr!r} has no place in a condition on events")

    def _constant(self, value: Any, *, word: bool = False) -> _Column:
        if value is None:
            return _Column(np.zeros(self.size, bool), np.zeros(self.size, np.int64), is_word=word)
        known = np.ones(self.size, bool)
        if isinstance(value, str):
            number = np.full(self.size, self._code(value), np.int64)
            return _Column(known, number, text=value, is_word=True)
        exact = Fraction(value)
        return _Column(known, _filled(exact.numerator, self.size), exact.denominator)

    def _code(self, word: str) -> int:
        """A word that no event has said gets a number that none has."""
        known = self.words.get(word)
        return self._unheard.setdefault(word, -2 - len(self._unheard)) if known is None else known

    def _named(self, name: str) -> _Column:
        kind, scale = self.predicate.field(name)
        column = self.columns.get(name)
        if column is None:
            return self._constant(None, word=kind in _WORDS)
        known = column != NULL
        return _Column(known, np.where(known, column, 0), 10**scale, is_word=kind in _WORDS)

    def _joined(self, items: Sequence[Expr], *, absorbing: bool) -> _Column:
        decided, unknown = np.zeros(self.size, bool), np.zeros(self.size, bool)
        for item in items:
            found = self.value(item)
            decided |= found.known & ((found.number != 0) == absorbing)
            unknown |= ~found.known
        return _Column(decided | ~unknown, decided if absorbing else ~decided)

    def _one_of(self, item: _Column, options: Sequence[_Column]) -> _Column:
        hit, unknown = np.zeros(self.size, bool), np.zeros(self.size, bool)
        for option in options:
            same = _compared("=", item, option)
            hit |= same.known & same.number
            unknown |= ~same.known
        return _Column(hit | ~unknown, hit)

    def _length(self, found: _Column) -> _Column:
        said = {code: word for word, code in (*self.words.items(), *self._unheard.items())}
        codes, places = np.unique(found.number, return_inverse=True)
        lengths = np.array([len(said.get(code, "")) for code in codes.tolist()], np.int64)
        return _Column(found.known, lengths[places])


def _filled(number: int, size: int) -> Any:
    return np.full(size, number, np.int64 if abs(number) < _EXACT else object)


def _compared(sign: str, left: _Column, right: _Column) -> _Column:
    left, right = _alike(left, right)
    same = isinstance(left.over, int) and isinstance(right.over, int) and left.over == right.over
    a = left.number if same else times(left.number, right.over)
    b = right.number if same else times(right.number, left.over)
    return _Column(left.known & right.known, np.asarray(_SIGNS[sign](a, b), bool))


def _alike(left: _Column, right: _Column) -> tuple[_Column, _Column]:
    """A duration is written as a word: what is quoted beside a number is read as one."""
    if left.is_word and not right.is_word:
        return _duration(left), right
    if right.is_word and not left.is_word:
        return left, _duration(right)
    return left, right


def _duration(column: _Column) -> _Column:
    length = parse_duration_us(column.text)
    return _Column(column.known, np.full(len(column.known), length, np.int64))


def _calculated(sign: str, left: _Column, right: _Column) -> _Column:
    left, right = _alike(left, right)
    known = left.known & right.known
    if sign in "+-":
        a, b = times(left.number, right.over), times(right.number, left.over)
        total = plus(a, b if sign == "+" else -b)
        return _Column(known, total, times(left.over, right.over))
    if sign == "*":
        return _Column(known, times(left.number, right.number), times(left.over, right.over))
    divisible = right.number != 0
    under = np.where(divisible, right.number, 1)
    # The denominator of a comparison must be above zero.
    number = times(times(left.number, right.over), np.where(under < 0, -1, 1))
    return _Column(known & divisible, number, times(left.over, abs(under)))


def _first_known(columns: Sequence[_Column]) -> _Column:
    found = columns[0]
    for other in columns[1:]:
        over = found.over
        if not (isinstance(over, int) and isinstance(other.over, int) and over == other.over):
            over = times(found.over, other.over)
        a = found.number if over is found.over else times(found.number, other.over)
        b = other.number if over is found.over else times(other.number, found.over)
        number = np.where(found.known, a, b)
        found = _Column(found.known | other.known, number, over, is_word=found.is_word)
    return found
