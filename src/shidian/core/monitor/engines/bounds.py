"""Between which two sets of rungs a rule lies at an instant, whatever part of the log is known.

At instants up to the watermark every settled row counts, and of the unsettled ones (late,
corrected) some set: so a value lies between two that need no knowledge of entries. Where both meet
the same rungs, no entry can ever have changed the answer; where no rung is met, nothing is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shidian.core.monitor.engines.known import dense_values, rising
from shidian.core.monitor.engines.parts import joined, numbered
from shidian.core.monitor.exact import met
from shidian.core.monitor.kernels import NONE, kernels
from shidian.core.rulebook.model import Comparison, Take

if TYPE_CHECKING:
    from fractions import Fraction

    from shidian.core.monitor.engines.parts import Group, Part, Some
    from shidian.core.monitor.events import Ints
    from shidian.core.monitor.program import Level, Rule

EMPTY_BIT = 62
CLEAR_BIT = 61
_TOP = 2**62


@dataclass(frozen=True, slots=True)
class Band:
    """At `points` (tiles, rising) and until the next one: values between `low` and `high`.

    `none`: there may be no value; `some`: there may be one.
    """

    points: Ints
    low: Ints
    high: Ints
    none: np.ndarray[tuple[int], np.dtype[np.bool_]]
    some: np.ndarray[tuple[int], np.dtype[np.bool_]]

    @property
    def nbytes(self) -> int:
        """Memory held."""
        return sum(a.nbytes for a in (self.points, self.low, self.high, self.none, self.some))


def band(part: Part, group: Group, quantile: Fraction | None, last: int, *, dense: bool) -> Band:
    """Bounds of a group's values at instants up to tile `last`."""
    settled, late = group.settled, group.unsettled
    tiles = [some.tile for some in (settled, late) if len(some)]
    if not tiles:
        empty = np.array([-_TOP], np.int64)
        no = np.array([part.take not in (Take.COUNT, Take.SUM, Take.DISTINCT)])
        return Band(empty, empty * 0, empty * 0, no, ~no)
    base = min(int(tile[0]) for tile in tiles)
    n = max(last - base, 1)
    if dense:
        grid = np.arange(n + 1)
    else:
        steps = [tile - base + 1 for tile in tiles]
        if part.window is not None:
            steps += [step + part.window for step in steps]
        grid = rising(np.concatenate([np.zeros(1, np.int64), *steps]))
        grid = grid[grid <= n]
    return _Bounding(part, settled, late, base, n, grid, quantile).band()


class _Bounding:
    def __init__(  # noqa: PLR0917 - what a grid is made of
        self,
        part: Part,
        settled: Some,
        late: Some,
        base: int,
        n: int,
        grid: Ints,
        quantile: Fraction | None,
    ) -> None:
        self.part, self.quantile = part, quantile
        self.settled, self.late = settled, late
        self.base, self.n, self.grid = base, n, grid

    def band(self) -> Band:
        take = self.part.take
        ones = np.ones(len(self.late), np.int64)
        if take is Take.COUNT:
            low = self._sum(self.settled, self.settled.value)
            return self._always(low, low + self._sum(self.late, ones))
        if take is Take.SUM:
            low = self._sum(self.settled, self.settled.value)
            less, more = np.minimum(self.late.value, 0), np.maximum(self.late.value, 0)
            return self._always(low + self._sum(self.late, less), low + self._sum(self.late, more))
        if take is Take.DISTINCT:
            low = self._dense(Take.DISTINCT, self.settled)
            if self.part.window is not None:
                return self._always(low, low + self._sum(self.late, ones))
            return self._always(low, self._dense(Take.DISTINCT, joined(self.settled, self.late)))
        sure = self._sum(self.settled, np.ones(len(self.settled), np.int64)) > 0
        perhaps = sure | (self._sum(self.late, ones) > 0)
        top = self._dense(Take.MAX, joined(self.settled, self.late))
        bottom = self._dense(Take.MIN, joined(self.settled, self.late))
        if take is Take.MAX:
            bottom = np.maximum(bottom, np.where(sure, self._dense(Take.MAX, self.settled), bottom))
        elif take is Take.MIN:
            top = np.minimum(top, np.where(sure, self._dense(Take.MIN, self.settled), top))
        else:
            top, bottom = self._ranks(top, bottom)
        return Band(self.base + self.grid, bottom, top, ~sure, perhaps)

    def _ranks(self, top: Ints, bottom: Ints) -> tuple[Ints, Ints]:
        """What a quantile can be when each unsettled row above or below it may count or not.

        With c settled rows and u unsettled ones, a rank r of what is known lies between the
        (r − u)-th of the settled rows and the r-th of them, for c ≤ known ≤ c + u.
        """
        assert self.quantile is not None  # noqa: S101 - the program has one for a quantile
        chosen = kernels()
        window = self.part.window
        rows = self.settled
        tile, n = rows.tile - self.base, self.n
        kept = tile < n
        if not kept.any():
            return top, bottom
        tile = tile[kept]
        values, numbers = numbered(rows.value[kept])
        c = chosen.slide_sum(chosen.tile_sums(tile, None, n), window)
        late = self.late.tile[self.late.tile - self.base < n] - self.base
        u = chosen.slide_sum(chosen.tile_sums(late, None, n), window)
        q = self.quantile
        ranks = -(-c * q.numerator // q.denominator)
        most = -(-(c + u) * q.numerator // q.denominator)
        exact = chosen.slide_rank(tile, numbers, n, window, np.maximum(ranks - u, 0))
        above = chosen.slide_rank(tile, numbers, n, window, np.where(most <= c, most, 0))
        low = np.where(exact == NONE, bottom, values[np.maximum(exact, 0)])
        high = np.where(above == NONE, top, values[np.maximum(above, 0)])
        return high, low

    def _always(self, low: Ints, high: Ints) -> Band:
        yes = np.ones(len(self.grid), np.bool_)
        return Band(self.base + self.grid, low, high, ~yes, yes)

    def _sum(self, rows: Some, value: Ints) -> Ints:
        """Sums over the window at the grid's points."""
        total = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(value, out=total[1:])
        points = self.base + self.grid
        found = total[np.searchsorted(rows.tile, points)]
        if self.part.window is None:
            return found
        return found - total[np.searchsorted(rows.tile, points - self.part.window)]

    def _dense(self, take: Take, rows: Some) -> Ints:
        tile = rows.tile - self.base
        kept = tile < self.n
        found = dense_values(
            take, tile[kept], rows.value[kept], self.n, self.part.window, self.quantile
        )
        return found[self.grid]


def merged(number: Band, under: Band) -> tuple[Band, Band]:
    """Both at the points of either."""
    points = rising(np.concatenate((number.points, under.points)))
    return _at(number, points), _at(under, points)


def _at(found: Band, points: Ints) -> Band:
    place = np.maximum(np.searchsorted(found.points, points, "right") - 1, 0)
    return Band(points, found.low[place], found.high[place], found.none[place], found.some[place])


def rungs_between(rule: Rule, found: Band, under: Band | None) -> tuple[Ints, Ints]:
    """Bit sets at the band's points: conditions that surely hold, and those that may.

    Rungs, `CLEAR_BIT` for the condition to clear, `EMPTY_BIT` for having no value. `under`: what a
    ratio divides by, at the same points.
    """
    none, some = found.none, found.some
    sides: list[tuple[Ints, Ints | None]] = [(found.low, None), (found.high, None)]
    if under is not None:
        sides = [
            (value, divisor)
            for value in (found.low, found.high)
            for divisor in (np.maximum(under.low, 1), np.maximum(under.high, 1))
        ]
        none, some = none | (under.low <= 0), some & (under.high != 0) | (under.low < 0)
    sure = np.zeros(len(found.points), np.int64)
    may = np.zeros(len(found.points), np.int64)
    levels = [(level.rung, level) for level in rule.levels]
    if rule.clear is not None:
        levels.append((CLEAR_BIT, rule.clear))
    for bit, level in levels:
        reached = [_met(level, value, over) for value, over in sides]
        always, sometimes = np.logical_and.reduce(reached), np.logical_or.reduce(reached)
        if under is not None:
            # Of a divisor that may be zero or less nothing is known.
            always, sometimes = always & (under.low > 0), sometimes | (under.low < 0)
        sure |= (always & ~none).astype(np.int64) << bit
        may |= (sometimes & some).astype(np.int64) << bit
    sure |= (none & ~some).astype(np.int64) << EMPTY_BIT
    may |= none.astype(np.int64) << EMPTY_BIT
    return sure, may


def _met(
    level: Level, values: Ints, over: Ints | None
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    given = np.where(values == NONE, 0, values)
    if over is not None:
        return met(level.comparison, given, over, level.bound)
    floor = level.bound.numerator // level.bound.denominator
    ceiling = -(-level.bound.numerator // level.bound.denominator)
    if max(abs(floor), abs(ceiling)) >= _TOP:
        return met(level.comparison, given, 1, level.bound)
    # Of whole numbers, with one pass.
    match level.comparison:
        case Comparison.GT:
            return np.asarray(given > floor, np.bool_)
        case Comparison.GE:
            return np.asarray(given >= ceiling, np.bool_)
        case Comparison.LT:
            return np.asarray(given < ceiling, np.bool_)
        case Comparison.LE:
            return np.asarray(given <= floor, np.bool_)
