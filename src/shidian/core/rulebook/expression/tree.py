"""What an expression is made of: a small frozen tree of its own, and the types of its values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date  # noqa: TC003 - named in an alias that is evaluated
from enum import StrEnum
from fractions import Fraction  # noqa: TC003
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Text

Value: TypeAlias = "bool | int | Fraction | str | date | frozenset[str] | None"
"""A value: None is unknown, such as a question without an answer.

Money is a Fraction in major units, a duration an int in microseconds, several choices a frozenset.
"""


class Kind(StrEnum):
    """Kind of a value. `number`: written without a unit, takes the unit of what it stands beside.

    `codes`: several of a list of words; `file`: of which is known only whether it is there.
    """

    BOOL = "bool"
    NUMBER = "number"
    INT = "int"
    DECIMAL = "decimal"
    MONEY = "money"
    DURATION = "duration"
    DATE = "date"
    CODE = "code"
    CODES = "codes"
    TEXT = "text"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class ValueType:
    """A kind, and for codes the words that there are; None where any word may come."""

    kind: Kind
    words: frozenset[str] | None = None


class ExpressionError(ValueError):
    """What is wrong with an expression, and what would be right."""

    def __init__(self, message: Text, expected: Text) -> None:
        super().__init__(f"{message.en}; {expected.en}")
        self.message = message
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a quoted word, true or false."""

    value: bool | int | Fraction | str


@dataclass(frozen=True, slots=True)
class Name:
    """What the expression is told from outside: `section.question`, `partners`, `amount`."""

    name: str


@dataclass(frozen=True, slots=True)
class Not:
    """Negation; unknown stays unknown."""

    item: Expr


@dataclass(frozen=True, slots=True)
class And:
    """All of them; false as soon as one is false, whatever is unknown."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of them; true as soon as one is true, whatever is unknown."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """`operator` is one of = <> < <= > >=."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`operator` is one of + - * /; division by zero is unknown."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Negative:
    """A number with its sign turned."""

    item: Expr


@dataclass(frozen=True, slots=True)
class OneOf:
    """`channel IN ('app', 'web')`."""

    item: Expr
    options: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Contains:
    """`'cloud' IN technology.kinds`: whether one of several choices was made."""

    item: Expr
    among: Name


@dataclass(frozen=True, slots=True)
class IsNull:
    """Whether a value is unknown; is itself always known."""

    item: Expr


@dataclass(frozen=True, slots=True)
class Call:
    """One of the few functions: count, length, coalesce."""

    function: str
    arguments: tuple[Expr, ...]


Expr: TypeAlias = (
    Literal
    | Name
    | Not
    | And
    | Or
    | Compare
    | Arithmetic
    | Negative
    | OneOf
    | Contains
    | IsNull
    | Call
)


def below(expr: Expr) -> tuple[Expr, ...]:  # noqa: PLR0911 - one a shape
    """The expressions directly inside one."""
    match expr:
        case Literal() | Name():
            return ()
        case Not(item) | Negative(item) | IsNull(item):
            return (item,)
        case And(items) | Or(items):
            return items
        case Compare(_, left, right) | Arithmetic(_, left, right):
            return (left, right)
        case OneOf(item, options):
            return (item, *options)
        case Contains(item, among):
            return (item, among)
        case Call(_, arguments):
            return arguments


def names(expr: Expr) -> frozenset[str]:
    """Every name that the expression asks for."""
    found: set[str] = set()
    waiting: list[Expr] = [expr]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Name):
            found.add(one.name)
        waiting.extend(below(one))
    return frozenset(found)
