"""Between which two sets of rungs a rule lies at an instant, whatever part of the log is known.

At instants up to the watermark every settled row counts; an unsettled one (late, corrected) counts
for certain where the watermark came by after it, and may or may not before: so a value lies between
two that need no knowledge of entries. Where both meet the same rungs, no entry can ever have
changed the answer; where no rung is met, nothing is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shidian.core.monitor.engines.columns import Some, joined, numbered_buckets, whole
from shidian.core.monitor.engines.known import dense_values, rising
from shidian.core.monitor.exact import met, met_by_whole
from shidian.core.monitor.kernels import NONE, kernels
from shidian.core.monitor.program import COUNTING
from shidian.core.rulebook.model import Take

if TYPE_CHECKING:
    from fractions import Fraction

    from shidian.core.monitor.engines.parts import Group, Part
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

    def between(self, a: int, b: int) -> Band:
        """At the points in places [a, b)."""
        return Band(self.points[a:b], self.low[a:b], self.high[a:b], self.none[a:b], self.some[a:b])


def band(part: Part, group: Group, quantile: Fraction | None, last: int) -> Band:
    """Bounds of a group's values at instants up to tile `last`, at points where they may change."""
    tiles = [some.tile for some in (group.settled, group.unsettled) if len(some)]
    if not tiles:
        empty = np.array([-_TOP], np.int64)
        no = np.array([part.take not in COUNTING])
        return Band(empty, empty * 0, empty * 0, no, ~no)
    base = min(int(tile[0]) for tile in tiles)
    n = max(last - base, 1)
    steps = [tile - base + 1 for tile in tiles]
    if part.window is not None:
        steps += [step + part.window for step in steps]
    steps += [np.minimum(turn - base, n + 1) for turn in (group.sure, group.gone)]
    grid = rising(np.concatenate([np.zeros(1, np.int64), *steps]))
    grid = grid[(grid >= 0) & (grid <= n)]
    return _Bounding(part, group, quantile, _Grid(base, n, grid, dense=False)).band()


def dense_band(part: Part, group: Group, quantile: Fraction | None, low: int, high: int) -> Band:
    """Bounds of a group's values at each of the instants from tile `low` to tile `high`."""
    if part.window is None:
        tiles = [some.tile for some in (group.settled, group.unsettled) if len(some)]
        base = min([low, *(int(tile[0]) for tile in tiles)])
        grid = np.arange(low - base, high - base + 1)
        # Sums and first times of a few instants are looked up.
        dense = part.take not in COUNTING or low == base
        found = _Grid(base, high - base, grid, dense=dense)
    else:
        base = low - part.window
        group = group.cut(base, high)
        found = _Grid(base, high - base, np.arange(part.window, high - base + 1), dense=True)
    return _Bounding(part, group, quantile, found).band()


@dataclass(frozen=True, slots=True)
class _Grid:
    """`points` of the instants 0 … n from tile `base`; `dense`: they are about all of them."""

    base: int
    n: int
    points: Ints
    dense: bool

    @property
    def at(self) -> Ints | slice:
        """The points among all instants."""
        first, last = int(self.points[0]), int(self.points[-1])
        return slice(first, last + 1) if last - first + 1 == len(self.points) else self.points


class _Bounding:
    """Bounds of one group at the points of a grid; `at` picks these of all its instants."""

    def __init__(self, part: Part, group: Group, quantile: Fraction | None, grid: _Grid) -> None:
        self.part, self.quantile, self.dense = part, quantile, grid.dense
        self.settled, self.late = group.settled, group.unsettled
        self.base, self.n, self.grid, self.at = grid.base, grid.n, grid.points, grid.at
        # Where each unsettled row begins to count for some, for all, and ceases to.
        self.enters = self.late.tile + 1
        leaves = np.full(len(self.late), _TOP)
        if part.window is not None:
            leaves = self.enters + part.window
        self.sure = np.clip(group.sure, self.enters, leaves)
        self.leaves = leaves
        self.ends = np.minimum(self.sure, np.maximum(group.gone, self.enters))

    def band(self) -> Band:
        take = self.part.take
        if take in (Take.COUNT, Take.SUM):
            return self._always(*self._totals())
        if take is Take.DISTINCT:
            return self._always(*self._different())
        if take is Take.QUANTILE:
            return self._ranks()
        surely = self._dense(take, self.settled)
        sure = surely != NONE
        if not len(self.late):
            return Band(self.base + self.grid, surely, surely, ~sure, sure)
        furthest, least = self._furthest(take, surely), surely
        perhaps = furthest != NONE
        if not np.array_equal(sure, perhaps):
            other = Take.MIN if take is Take.MAX else Take.MAX
            least = np.where(sure, surely, self._dense(other, self.late))
        low, high = (least, furthest) if take is Take.MAX else (furthest, least)
        return Band(self.base + self.grid, low, high, ~sure, perhaps)

    def _furthest(self, take: Take, found: Ints) -> Ints:
        """Greatest or least of all rows; `found`: of settled ones."""
        late = self._dense(take, self.late)
        if take is Take.MAX:
            return np.maximum(found, late)
        return np.where(
            (found == NONE) | (late == NONE), np.maximum(found, late), np.minimum(found, late)
        )

    def _totals(self) -> tuple[Ints, Ints]:
        """Least and greatest sum: unsettled rows count for certain, then may lower or raise it."""
        low = self._sum(self.settled)
        if not len(self.late):
            return low, low
        value = self.late.value
        low = low + self._during(self.sure, self.leaves, value)
        less = np.minimum(value, 0)
        if np.any(less):
            low += self._during(self.enters, self.ends, less)
        return low, low + self._during(self.enters, self.ends, np.abs(value))

    def _different(self) -> tuple[Ints, Ints]:
        """Of values that certainly count, and of those that may."""
        windowed = self.part.window is not None
        values, numbers = self.settled.numbers if windowed else self.settled.firsts
        late = self.late.value
        place = np.minimum(np.searchsorted(values, late), max(len(values) - 1, 0))
        seen = values[place] == late if len(values) else np.zeros(len(late), np.bool_)
        others, number = np.unique(late[~seen], return_inverse=True)
        if windowed:
            # Values as numbers from 0: those of settled rows, then others.
            named = _timeless(self.settled.tile, numbers)
            low = both = self._slide_distinct(named)
            if len(self.late):
                place[~seen] = len(values) + number
                both = self._slide_distinct(joined(named, _timeless(self.late.tile, place)))
            return low, both
        tiles = numbers
        bounds = []
        for begins in (self.sure, self.enters):
            firsts = np.concatenate((tiles + 1, np.full(len(others), _TOP)))
            np.minimum.at(firsts, place[seen], begins[seen])
            np.minimum.at(firsts, len(tiles) + number, begins[~seen])
            bounds.append(self._since(firsts, np.ones(len(firsts), np.int64)))
        return bounds[0], bounds[1]

    def _slide_distinct(self, rows: Some) -> Ints:
        found = kernels().slide_distinct(*self._inside(rows), self.n, self.part.window)
        return found[self.at]

    def _ranks(self) -> Band:
        """What a quantile can be when each unsettled row above or below it may count or not.

        With c settled rows and u unsettled ones, a rank r of what is known lies between the
        (r − u)-th of the settled rows and the r-th of them, for c ≤ known ≤ c + u; where there are
        none, beyond the least and the greatest of all.
        """
        assert self.quantile is not None  # noqa: S101 - the program has one for a quantile
        chosen, window, q, n = kernels(), self.part.window, self.quantile, self.n
        tile, value = self._inside(self.settled)
        values, numbers = numbered_buckets(value)
        c = chosen.slide_sum(chosen.tile_sums(tile, None, n), window)
        late, _ = self._inside(self.late)
        u = chosen.slide_sum(chosen.tile_sums(late, None, n), window)
        ranks = -(-c * q.numerator // q.denominator)
        most = -(-(c + u) * q.numerator // q.denominator)
        sure, perhaps = (c > 0)[self.at], (c + u > 0)[self.at]
        # Of settled rows the ranks that there are: beyond them unsettled ones may lie.
        wanted = np.minimum(np.maximum(ranks - u, 1), c), np.minimum(most, c)
        beyond = ranks <= u, most > c
        found = []
        for place, best, lacking in zip(
            chosen.slide_ranks(tile, numbers, n, window, *wanted),
            (Take.MIN, Take.MAX),
            beyond,
            strict=True,
        ):
            exact = place[self.at]
            there = exact != NONE
            side = np.full(len(exact), NONE, np.int64)
            side[there] = values[exact[there]]
            if np.any(lacking[self.at] & perhaps):
                side = np.where(lacking[self.at], self._furthest(best, side), side)
            found.append(side)
        return Band(self.base + self.grid, found[0], found[1], ~sure, perhaps)

    def _always(self, low: Ints, high: Ints) -> Band:
        yes = np.ones(len(self.grid), np.bool_)
        return Band(self.base + self.grid, low, high, ~yes, yes)

    def _sum(self, rows: Some) -> Ints:
        """Sums over the window at the grid's points."""
        if self.dense:
            return self._dense(Take.SUM, rows)
        points = self.base + self.grid
        found = rows.cumulated[np.searchsorted(rows.tile, points)]
        if self.part.window is None:
            return found
        return found - rows.cumulated[np.searchsorted(rows.tile, points - self.part.window)]

    def _during(self, begins: Ints, ends: Ints, value: Ints) -> Ints:
        """At the grid's points, the sum of what holds from `begins` and before `ends`."""
        if not self.dense:
            return self._since(begins, value) - self._since(ends, value)
        change = np.zeros(self.n + 2, np.int64)
        np.add.at(change, np.clip(begins - self.base, 0, self.n + 1), value)
        np.subtract.at(change, np.clip(ends - self.base, 0, self.n + 1), value)
        return np.cumsum(change)[self.at]

    def _since(self, begins: Ints, value: Ints) -> Ints:
        if self.dense:
            change = np.zeros(self.n + 2, np.int64)
            np.add.at(change, np.clip(begins - self.base, 0, self.n + 1), value)
            return np.cumsum(change)[self.at]
        order = np.argsort(begins, kind="stable")
        total = np.append(0, np.cumsum(value[order]))
        return total[np.searchsorted(begins[order], self.base + self.grid, "right")]

    def _dense(self, take: Take, rows: Some) -> Ints:
        tile, value = self._inside(rows)
        take = Take.COUNT if take is Take.SUM and rows.counts else take
        found = dense_values(take, tile, value, self.n, self.part.window, self.quantile)
        return found[self.at]

    def _inside(self, rows: Some) -> tuple[Ints, Ints]:
        """Places on the grid, and values, of rows that some instant of it covers."""
        end = int(np.searchsorted(rows.tile, self.base + self.n))
        return rows.tile[:end] - self.base, whole(rows.value[:end])


def _timeless(tile: Ints, value: Ints) -> Some:
    """Contributions of which nobody asks when they came."""
    never = np.broadcast_to(np.int64(0), tile.shape)
    return Some(tile, value, never, never)


def merged(number: Band, under: Band) -> tuple[Band, Band]:
    """Both at the points of either."""
    points = rising(np.concatenate((number.points, under.points)))
    return _at(number, points), _at(under, points)


def _at(found: Band, points: Ints) -> Band:
    place = np.maximum(np.searchsorted(found.points, points, "right") - 1, 0)
    return Band(points, found.low[place], found.high[place], found.none[place], found.some[place])


def conditions(rule: Rule) -> list[tuple[int, Level]]:
    """The bit and threshold of every rung, and of the condition to clear."""
    found = [(level.rung, level) for level in rule.levels]
    if rule.clear is not None:
        found.append((CLEAR_BIT, rule.clear))
    return found


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
    for bit, level in conditions(rule):
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
    return met_by_whole(level.comparison, given, level.bound)
