"""Whether another plan protects more or less than the one agreed: what one officer may do, or two.

Every type of parameter has an order or has none. Numbers, dates and yes-or-no go by `tighter`;
channels and other sets of codes by inclusion; permit modes by how much they stop; a single code
has no order. A parameter that is not agreed binds nothing, so that agreeing it protects more.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from shidian.core.rulebook.proportion import NUMBERS, measure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from fractions import Fraction

    from shidian.core.rulebook.model import PlanParameter

PERMIT_MODES = ("advisory", "no-new-business", "full-stop")
"""From what stops nothing to what stops everything but closing out."""
CODES_SEPARATOR = ","
CODES = r"[a-z0-9]+([-_][a-z0-9]+)*(,[a-z0-9]+([-_][a-z0-9]+)*)*"
"""How a set of codes is written: `app,counter`."""


class Direction(StrEnum):
    """What a change of the plan does to the protection of investors.

    A change that tightens one value and loosens another is a loosening, and so is one of a value
    that has no order: nobody can say that it gives nothing up.
    """

    NONE = "none"
    TIGHTENING = "tightening"
    LOOSENING = "loosening"


def codes_of(text: str) -> frozenset[str]:
    """A set of codes as it is written: `app,counter`; the order says nothing."""
    return frozenset(one.strip() for one in text.split(CODES_SEPARATOR) if one.strip())


def direction_of_value(
    parameter: PlanParameter, before: str | None, after: str | None
) -> Direction:
    """What changing one value does. None: not agreed. Raises ValueError for what is no value."""
    if before is None or after is None:
        if before is None and after is None:
            return Direction.NONE
        return Direction.TIGHTENING if before is None else Direction.LOOSENING
    if parameter.type == "code":
        return Direction.NONE if before == after else Direction.LOOSENING
    if parameter.type == "codes":
        return _of_sets(parameter, codes_of(before), codes_of(after))
    old, new = _rank(parameter, before), _rank(parameter, after)
    if old == new:
        return Direction.NONE
    higher = parameter.tighter == "higher" or parameter.type == "permit-mode"
    return Direction.TIGHTENING if (new > old) == higher else Direction.LOOSENING


def direction_of(
    parameters: Iterable[PlanParameter], before: Mapping[str, str], after: Mapping[str, str]
) -> Direction:
    """What replacing the plan `before` by `after` does; whatever loosens anything is a loosening.

    Raises ValueError for a value that does not fit its type.
    """
    found = {direction_of_value(one, before.get(one.id), after.get(one.id)) for one in parameters}
    if Direction.LOOSENING in found:
        return Direction.LOOSENING
    return Direction.TIGHTENING if Direction.TIGHTENING in found else Direction.NONE


def is_within(parameter: PlanParameter, value: str) -> bool:
    """Whether the rulebook lets this value be agreed at all. Raises ValueError."""
    bounds = (parameter.minimum, parameter.maximum)
    low, high = (None if one is None else _rank(parameter, one) for one in bounds)
    if low is None and high is None:
        return True
    rank = _rank(parameter, value)
    return (low is None or low <= rank) and (high is None or rank <= high)


def _of_sets(parameter: PlanParameter, old: frozenset[str], new: frozenset[str]) -> Direction:
    if old == new:
        return Direction.NONE
    stricter = new > old if parameter.tighter == "higher" else new < old
    return Direction.TIGHTENING if stricter else Direction.LOOSENING


def _rank(parameter: PlanParameter, value: str) -> Fraction | int:
    """A number that grows as the value does. Raises ValueError."""
    if parameter.type in NUMBERS:
        return measure(parameter, value)
    if parameter.type == "date":
        return date.fromisoformat(value).toordinal()
    order = PERMIT_MODES if parameter.type == "permit-mode" else ("false", "true")
    if value not in order:
        raise ValueError(f"{parameter.id} must be one of {', '.join(order)}, not {value!r}")
    return order.index(value)
