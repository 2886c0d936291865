"""Whether a promise with a measurable criterion is kept so far: figures, never a forecast.

Pure: the values that were measured are handed in. A promise for the whole run is broken by a single
value, under what was agreed when it was measured. One for a day is judged by the value that holds
then; until then its present value says only where the pilot stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from shidian.core.rulebook.comparing import holds
from shidian.core.rulebook.model import Comparison

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction


class Standing(StrEnum):
    """How a promise stands. `MET` and `UNMET`: its day has not come; it would be kept, or not."""

    NO_VALUE = "no-value"
    KEPT = "kept"
    BROKEN = "broken"
    MET = "met"
    UNMET = "unmet"


@dataclass(frozen=True, slots=True)
class Measured:
    """A final value of the indicator, in major units, and since when it holds (µs UTC)."""

    at_us: int
    value: Fraction


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time under one agreed `bound`: what was measured in it, and what held at its beginning.

    The values nearest to breaking the promise suffice.
    """

    bound: Fraction
    values: tuple[Measured, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A promise as it stands. `worst`: the value nearest to breaking it, or farthest beyond, and

    `worst_bound`, what was agreed then; of promises for the whole run. `settled`: nothing that is
    still to be measured can change it; what arrives late, or is corrected, can.
    """

    standing: Standing
    settled: bool
    worst: Measured | None = None
    worst_bound: Fraction | None = None


def nearer(comparison: Comparison, one: Fraction, other: Fraction) -> bool:
    """Whether `one` is nearer to breaking the promise than `other`."""
    return one < other if at_least(comparison) else one > other


def at_least(comparison: Comparison) -> bool:
    """Whether low values break it."""
    return comparison in (Comparison.GT, Comparison.GE)


def throughout(comparison: Comparison, stretches: Iterable[Stretch], *, has_ended: bool) -> Judged:
    """A promise for each instant of the run, which `has_ended` or goes on."""
    worst: tuple[Fraction, Measured, Fraction] | None = None
    is_broken = False
    for stretch in stretches:
        for one in stretch.values:
            is_broken |= not holds(comparison, one.value, stretch.bound)
            margin = one.value - stretch.bound
            if worst is None or nearer(comparison, margin, worst[0]):
                worst = margin, one, stretch.bound
    if worst is None:
        return Judged(Standing.NO_VALUE, has_ended)
    standing = Standing.BROKEN if is_broken else Standing.KEPT
    return Judged(standing, is_broken or has_ended, worst[1], worst[2])


def by_a_day(
    comparison: Comparison, bound: Fraction, value: Measured | None, *, is_due: bool
) -> Judged:
    """A promise for one day. `value`: what holds now or, once it `is_due`, what held then."""
    if value is None:
        return Judged(Standing.NO_VALUE, is_due)
    is_met = holds(comparison, value.value, bound)
    if is_due:
        return Judged(Standing.KEPT if is_met else Standing.BROKEN, settled=True)
    return Judged(Standing.MET if is_met else Standing.UNMET, settled=False)
