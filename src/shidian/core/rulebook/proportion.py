"""Shares of a plan's values, exact, and which values of a plan go with one that is tightened."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from shidian.core.rulebook.model import parse_duration_us

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shidian.core.rulebook.model import PlanParameter

NUMBERS = ("int", "money", "decimal", "duration")
"""Types of plan parameters that have a proportion."""

_MONEY_PLACES = 2
_NUMBER_MAX = 10**9 - 1
"""A duration is written with nine digits at most."""
_UNITS = (
    ("d", 86_400_000_000),
    ("h", 3_600_000_000),
    ("m", 60_000_000),
    ("s", 1_000_000),
    ("ms", 1_000),
    ("us", 1),
)


def measure(parameter: PlanParameter, value: str) -> Fraction:
    """The value as a number; a duration in µs. Raises ValueError for one that is none."""
    if parameter.type not in NUMBERS:
        raise ValueError(f"{parameter.id} is {parameter.type} and no number")
    return Fraction(parse_duration_us(value)) if parameter.type == "duration" else Fraction(value)


def is_stricter(parameter: PlanParameter, value: str, than: str) -> bool:
    """Whether `value` protects more: lower, or higher where the parameter says so."""
    new, old = measure(parameter, value), measure(parameter, than)
    return new > old if parameter.tighter == "higher" else new < old


def share_of(parameter: PlanParameter, value: str, share: Fraction) -> str:
    """That share of a value, rounded to its strict side: to as many places as there were.

    An int is whole, other numbers have two places at least, a duration what can be written.
    """
    exact, up = measure(parameter, value) * share, parameter.tighter == "higher"
    if parameter.type == "duration":
        return _duration(exact, up=up)
    places = 0 if parameter.type == "int" else max(len(value.partition(".")[2]), _MONEY_PLACES)
    units = _rounded(exact * 10**places, up=up)
    if not places:
        return str(units)
    major, minor = divmod(units, 10**places)
    return f"{major}.{minor:0{places}}"


def _duration(exact_us: Fraction, *, up: bool) -> str:
    """Rounded to the finest unit that nine digits can hold, in the coarsest that says the same."""
    finest = next(size for _, size in reversed(_UNITS) if exact_us / size <= _NUMBER_MAX)
    us = _rounded(exact_us / finest, up=up) * finest
    name, size = next(one for one in _UNITS if us % one[1] == 0)
    return f"{us // size}{name}"


def _rounded(exact: Fraction, *, up: bool) -> int:
    return -(-exact // 1) if up else exact // 1


def in_proportion(
    parameters: Iterable[PlanParameter], agreed: Mapping[str, str], tightened: Mapping[str, str]
) -> dict[str, str]:
    """`tightened`, and with it what scales with it: at most its share of what was agreed.

    One that was itself tightened further stays so. Of nothing there is no share: what scales with
    a value agreed as 0 stays. Chains are followed; the rulebook has no circles.
    """
    by_id = {one.id: one for one in parameters}
    found = dict(tightened)
    waiting = [one for one in by_id.values() if one.scales_with in by_id and one.id in agreed]
    for _ in range(len(waiting)):  # each pass settles one more link of a chain
        for one in waiting:
            leader = by_id[one.scales_with or ""]
            before = measure(leader, agreed[leader.id]) if leader.id in found else Fraction(0)
            if not before:
                continue
            share = measure(leader, found[leader.id]) / before
            value = share_of(one, agreed[one.id], share)
            if is_stricter(one, value, found.get(one.id, agreed[one.id])):
                found[one.id] = value
    return found
