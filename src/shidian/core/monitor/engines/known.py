"""Values of a group as known after an entry: exact, wherever they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shidian.core.monitor.engines.columns import Some, joined, numbered, numbered_buckets, whole
from shidian.core.monitor.kernels import NONE, kernels
from shidian.core.rulebook.model import Take

if TYPE_CHECKING:
    from fractions import Fraction

    from shidian.core.monitor.engines.parts import Group, Part
    from shidian.core.monitor.events import Ints


def known_values(
    part: Part,
    group: Group,
    quantile: Fraction | None,
    *,
    entry: int,
    passed: int,
    low: int,
    high: int,
) -> tuple[Ints, Ints]:
    """For T in [low, high]: points from which a value holds, first `low`; values, NONE: none.

    `passed`: the watermark after the entry has passed the ends of tiles before this one.
    """
    window = part.window
    first = -(2**62) if window is None else low - window
    safe = min(low, passed)
    late = group.unsettled.cut(first, high).known(entry)
    settled = group.settled
    if window is None and part.take is Take.DISTINCT:
        # Of rows beyond passed tiles, those whose value is not in these.
        a, b = np.searchsorted(settled.tile, (safe, high)).tolist()
        values, firsts = settled.firsts
        leads = firsts[np.searchsorted(values, settled.value[a:b])]
        new = settled.at(a + np.flatnonzero(leads >= safe)).known(entry)
        points = _points(new, settled, late, window, low, high)
        return points, _firsts(settled, new, late, points, safe)
    # Settled rows of tiles that the watermark has passed are known: they need not be looked at.
    additive = part.take in (Take.COUNT, Take.SUM)
    fresh = settled.cut(safe if additive else first, high).known(entry)
    points = _points(fresh, settled, late, window, low, high)
    if additive:
        found = _sums(settled, fresh, late, points, safe)
        if window is not None:
            found = found - _sums(settled, fresh, late, points - window, safe)
        return points, found
    return points, _windowed(part.take, joined(fresh, late), points, window, quantile)


def _points(  # noqa: PLR0917 - three sets of rows, three lengths
    fresh: Some, settled: Some, late: Some, window: int | None, low: int, high: int
) -> Ints:
    begins = [np.array([low], np.int64), fresh.tile + 1, late.tile + 1]
    if window is not None:
        leaving = settled.cut(low - window, high - window)
        begins += [leaving.tile + 1 + window, late.tile + 1 + window]
        begins.append(fresh.tile + 1 + window)
    points = np.concatenate(begins)
    return rising(points[(points >= low) & (points <= high)])


def rising(points: Ints) -> Ints:
    """The different ones of them, sorted: a sort beats a hash where there are few."""
    found = np.sort(points)
    return found[np.append(np.True_, found[1:] != found[:-1])] if len(found) else found


def _sums(settled: Some, fresh: Some, late: Some, points: Ints, safe: int) -> Ints:
    """Sum of all before each point: settled rows of passed tiles, then what is known beyond."""
    found = settled.cumulated[np.searchsorted(settled.tile, np.minimum(points, safe))]
    found = found + fresh.cumulated[np.searchsorted(fresh.tile, points)]
    return found + late.cumulated[np.searchsorted(late.tile, points)]


def _firsts(settled: Some, new: Some, late: Some, points: Ints, safe: int) -> Ints:
    """Different values before each point. `new`: settled rows of values that `safe` tiles lack."""
    found = np.searchsorted(settled.first_tiles, np.minimum(points, safe))
    values, firsts = settled.firsts
    seen = np.zeros(len(late), np.bool_)
    if len(values):
        place = np.minimum(np.searchsorted(values, late.value), len(values) - 1)
        seen = (values[place] == late.value) & (firsts[place] < safe)
    tile = np.concatenate((new.tile, late.tile[~seen]))
    value = np.concatenate((new.value, late.value[~seen]))
    if len(tile) == 0:
        return found
    order = np.argsort(tile, kind="stable")
    # Rows rise by tile: the first place of a value has its first tile.
    _, first = np.unique(value[order], return_index=True)
    return found + np.searchsorted(np.sort(tile[order][first]), points)


def _windowed(
    take: Take, rows: Some, points: Ints, window: int | None, quantile: Fraction | None
) -> Ints:
    """Values from rows alone, on a grid that begins with the first of them."""
    if len(rows) == 0:
        return np.full(len(points), 0 if take is Take.DISTINCT else NONE, np.int64)
    base = int(rows.tile[0])
    n = max(int(points[-1]) - base, int(rows.tile[-1]) - base + 1, 1)
    found = dense_values(take, rows.tile - base, whole(rows.value), n, window, quantile)
    places = points - base
    # Before the first row there is nothing.
    empty = 0 if take is Take.DISTINCT else NONE
    return np.where(places >= 0, found[np.maximum(places, 0)], empty)


def dense_values(  # noqa: PLR0917 - columns, then what is taken of them
    take: Take, tile: Ints, value: Ints, n: int, window: int | None, quantile: Fraction | None
) -> Ints:
    """Values at instants 0 … n of a grid of n tiles; NONE where there is none."""
    chosen = kernels()
    match take:
        case Take.COUNT:
            return chosen.slide_sum(chosen.tile_sums(tile, None, n), window)
        case Take.SUM:
            return chosen.slide_sum(chosen.tile_sums(tile, value, n), window)
        case Take.MAX:
            return chosen.slide_max(chosen.tile_max(tile, value, n), window)
        case Take.MIN:
            found = chosen.slide_max(chosen.tile_max(tile, -value, n), window)
            return np.where(found == NONE, NONE, -found)
        case Take.DISTINCT:
            return chosen.slide_distinct(tile, numbered(value)[1], n, window)
        case Take.QUANTILE if quantile is not None:
            counts = chosen.slide_sum(chosen.tile_sums(tile, None, n), window)
            ranks = -(-counts * quantile.numerator // quantile.denominator)
            values, numbers = numbered_buckets(value)
            found = chosen.slide_rank(tile, numbers, n, window, ranks)
            return np.where(found == NONE, NONE, _taken(values, found))
        case _:
            raise ValueError(f"{take} has no dense window")


def _taken(values: Ints, places: Ints) -> Ints:
    """Values at places; anything where the place is NONE."""
    return values[np.maximum(places, 0)] if len(values) else places
