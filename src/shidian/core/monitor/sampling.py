"""Limits that are not measured all the time: when their measure is looked at, and what it says.

Between two looks the last answer stands; before the first there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from shidian.core.monitor.events import SumOverflow
from shidian.core.monitor.windows import Runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from shidian.core.monitor.events import Ints
    from shidian.core.monitor.program import Measure

    ValuesAt = Callable[[Ints, Ints], tuple[Ints, Ints]]
    """(owner, tile) of each point → value there as a fraction (number, over)."""


_SUM_MAX = 2**62


@dataclass(frozen=True, slots=True)
class Looks:
    """`at`: instants of looks, rising, µs. Look n takes the mean over the tiles
    `tile[first[n]:first[n + 1]]`: values of windows that end there."""

    at: Ints
    first: Ints
    tile: Ints

    def before(self, instants: Ints) -> Ints:
        """The last look at or before each instant; −1: none."""
        return np.searchsorted(self.at, instants, "right") - 1


def looks(measure: Measure, admitting: Ints) -> Looks:
    """The looks of a sampled measure; `admitting`: tiles with an event that admits something."""
    assert measure.sampling is not None  # noqa: S101 - asked of sampled measures alone
    step_us, tile_us = measure.step_us, measure.tile_us
    if measure.sampling.admissions is not None:
        at = np.unique(-(-(admitting + 1) * tile_us // step_us) * step_us)
        return Looks(at, np.arange(len(at) + 1), at // tile_us)
    # Of two months that open before the same instant the later one counts.
    days = {
        -(-opens_us // step_us) * step_us: [end_us // tile_us for end_us in ends]
        for opens_us, ends in measure.sampling.months
    }
    first = np.cumsum([0, *map(len, days.values())])
    return Looks(np.array([*days], np.int64), first, np.array([*chain(*days.values())], np.int64))


def held(found: Looks, low: Ints, high_us: int, values_at: ValuesAt) -> Runs:
    """Per owner (a place in `low`) its value at instant `low[owner]`, and at every look after it up
    to `high_us`. `at` of the runs is in µs. Raises SumOverflow."""
    before, last = found.before(low), int(found.before(np.array([high_us]))[0])
    counts = np.maximum(last - before, 0) + 1
    owner = np.repeat(np.arange(len(low)), counts)
    starts = np.cumsum(counts) - counts
    look = np.arange(len(owner)) - starts[owner] + before[owner]
    number, over = _means(found, owner, look, values_at)
    at = np.where(look == before[owner], low[owner], found.at[look] if len(found.at) else 0)
    return Runs(owner, at, number, over)


def _means(found: Looks, owner: Ints, look: Ints, values_at: ValuesAt) -> tuple[Ints, Ints]:
    """The mean of each (owner, look); no look: no value."""
    number, over = np.zeros(len(look), np.int64), np.zeros(len(look), np.int64)
    taken = np.flatnonzero(look >= 0)
    if not len(taken):
        return number, over
    first = found.first[look[taken]]
    counts = found.first[look[taken] + 1] - first
    of = np.repeat(np.arange(len(taken)), counts)
    starts = np.cumsum(counts) - counts
    place = np.arange(len(of)) - starts[of] + first[of]
    numbers, overs = values_at(owner[taken][of], found.tile[place])
    # A mean of several is taken of integers alone (see compiling): its divisor is how many.
    single = counts == 1
    if int(np.abs(numbers).max()) * int(counts.max()) >= _SUM_MAX:
        raise SumOverflow("a month's daily values add up beyond exact sums (2^62)")
    number[taken] = np.add.reduceat(numbers, starts)
    over[taken] = np.where(single, overs[starts], counts)
    return number, over
