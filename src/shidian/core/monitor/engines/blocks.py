"""Bounds of a whole project's measure: extremes of blocks, and every instant where they ask for it.

Whether a threshold is met is the same all through a block whose lowest and highest values agree on
it. So other thresholds look at a few hundred blocks, and at the instants of those few that straddle
one of them, whose bounds are computed again from the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shidian.core.monitor.engines.bounds import (
    EMPTY_BIT,
    Band,
    conditions,
    dense_band,
    rungs_between,
)
from shidian.core.monitor.exact import met

if TYPE_CHECKING:
    from fractions import Fraction

    from numpy.typing import NDArray

    from shidian.core.monitor.engines.parts import Group, Part
    from shidian.core.monitor.events import Ints
    from shidian.core.monitor.program import Rule

    Bools = NDArray[np.bool_]

BLOCK = 256
"""Instants in a block."""


@dataclass(frozen=True, slots=True)
class Extremes:
    """Of each block the lowest and highest value; whether every instant surely has one, or none."""

    low: Ints
    high: Ints
    full: Bools
    empty: Bools

    @property
    def nbytes(self) -> int:
        """Memory held."""
        return sum(a.nbytes for a in (self.low, self.high, self.full, self.empty))


def _extremes(found: Band) -> Extremes:
    starts = np.arange(0, len(found.points), BLOCK)
    return Extremes(
        low=np.minimum.reduceat(found.low, starts),
        high=np.maximum.reduceat(found.high, starts),
        full=np.logical_and.reduceat(~found.none & found.some, starts),
        empty=np.logical_and.reduceat(found.none & ~found.some, starts),
    )


class Blocks:
    """A measure's bounds at the instants from tile `base` to tile `last`, in blocks."""

    def __init__(
        self, part: Part, group: Group, quantile: Fraction | None, base: int, last: int
    ) -> None:
        self.base, self.last = base, last
        self._of = (part, group, quantile)
        self._all: Band | None = dense_band(*self._of, base, last)
        self.extremes = _extremes(self._all)

    @property
    def nbytes(self) -> int:
        """Memory held beside the rows."""
        return self.extremes.nbytes + (0 if self._all is None else self._all.nbytes)

    def forget(self) -> None:
        """Keep the extremes alone."""
        self._all = None

    def band(self, first: int, end: int) -> Band:
        """Bounds at each instant of blocks [first, end)."""
        a, b = first * BLOCK, min(end * BLOCK, self.last - self.base + 1)
        if self._all is None:
            return dense_band(*self._of, self.base + a, self.base + b - 1)
        return self._all.between(a, b)


def stretches(rule: Rule, number: Blocks, under: Blocks | None) -> tuple[Ints, Ints, Ints]:
    """(points, sure, may) of `rungs_between` over all instants; of a uniform block its first alone.

    `under`: what a ratio divides by, over the same instants.
    """
    uniform, bits = _uniform(rule, number.extremes, None if under is None else under.extremes)
    edges = np.flatnonzero(np.append(np.True_, uniform[1:] != uniform[:-1]))
    found: list[tuple[Ints, Ints, Ints]] = []
    for first, end in zip(edges.tolist(), [*edges[1:].tolist(), len(uniform)], strict=True):
        if uniform[first]:
            points = number.base + BLOCK * np.arange(first, end)
            found.append((points, bits[first:end], bits[first:end]))
        else:
            upper, lower = (
                number.band(first, end),
                None if under is None else under.band(first, end),
            )
            found.append((upper.points, *rungs_between(rule, upper, lower)))
    points, sure, may = (np.concatenate(column) for column in zip(*found, strict=True))
    return points, sure, may


def _uniform(rule: Rule, number: Extremes, under: Extremes | None) -> tuple[Bools, Ints]:
    """Blocks in which all that can be known meets the same conditions, and which these are.

    A condition is linear in the value and in what it is divided by: where the four corners of their
    ranges agree, all between them does.
    """
    empty, full = number.empty, number.full
    overs: list[Ints | int] = [1]
    if under is not None:
        nothing = (under.low == 0) & (under.high == 0)
        empty, full = empty & (under.low >= 0) | nothing, full & under.full & (under.low > 0)
        overs = [np.maximum(under.low, 1), np.maximum(under.high, 1)]
    agreed = np.ones(len(full), np.bool_)
    bits = np.zeros(len(full), np.int64)
    low, high = np.where(full, number.low, 0), np.where(full, number.high, 0)
    for bit, level in conditions(rule):
        corners = [
            met(level.comparison, value, over, level.bound)
            for value in (low, high)
            for over in overs
        ]
        every = np.logical_and.reduce(corners)
        agreed &= every == np.logical_or.reduce(corners)
        bits |= every.astype(np.int64) << bit
    return empty | full & agreed, np.where(empty, 1 << EMPTY_BIT, bits)
