"""Windows over cells: values of many groups at every instant, as runs between changes.

Time is counted in tiles: instant T is the start of tile T; a window at T covers `[begin(T), T)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shidian.core.monitor.cells import key_of, tile_of

if TYPE_CHECKING:
    from fractions import Fraction

    from shidian.core.monitor.cells import Cells
    from shidian.core.monitor.events import EventTable, Ints
    from shidian.core.monitor.program import Measure


_FLOAT_EXACT = 2**53


@dataclass(frozen=True, slots=True)
class Runs:
    """Per owner (the place of its group in what was asked) points, rising, and values from each on.

    A value is `number / over`; there is none where `over` is 0.
    """

    owner: Ints
    at: Ints
    number: Ints
    over: Ints


@dataclass(frozen=True, slots=True)
class Window:
    """`length` tiles; or from the last of `opens` (first tiles) on; or, both None, everything.

    `switches[i]` is the first T whose window begins at `opens[i]`.
    """

    length: int | None
    opens: Ints | None = None
    switches: Ints | None = None

    @classmethod
    def of(cls, measure: Measure) -> Window:
        """A measure's window in tiles."""
        tile_us = measure.tile_us
        if measure.window_us is not None:
            return cls(measure.window_us // tile_us)
        if measure.opens_us is None:
            return cls(None)
        opens_us = np.array(measure.opens_us, np.int64)
        return cls(None, -(-opens_us // tile_us), opens_us // tile_us + 1)

    def begins(self, at: Ints) -> Ints:
        """First tile of the window at each T; T itself before the first opening."""
        if self.length is not None:
            return at - self.length
        if self.opens is None or self.switches is None:
            return np.zeros(len(at), np.int64)
        place = np.searchsorted(self.switches, at, "right") - 1
        return np.where(place >= 0, self.opens[np.maximum(place, 0)], at)

    @property
    def endless(self) -> bool:
        """Whether no tile ever leaves."""
        return self.length is None and self.opens is None

    def moves(self, tiles: Ints) -> tuple[Ints, Ints]:
        """(T from which a tile is covered, T from which it no longer is; 2^62: for ever).

        A tile that no window ever covers leaves as it enters.
        """
        enters = tiles + 1
        if self.length is not None:
            return enters, enters + self.length
        if self.opens is None or self.switches is None:
            return enters, np.full(len(tiles), 2**62, np.int64)
        place = np.searchsorted(self.opens, tiles, "right") - 1
        following = np.append(self.switches, 2**62)[place + 1]
        return enters, np.where(place >= 0, following, enters)


def additive(
    cells: Cells, groups: Ints, low: Ints, high: Ints, window: Window
) -> tuple[Ints, Ints, Ints, Ints]:
    """(owner, T, count, total) at `low` and wherever they change up to `high`."""
    begins = window.begins(low)
    owner, tile, count, total = _moving(cells, groups, low, high, window)
    first_count, first_total = cells.totals(key_of(groups, begins), key_of(groups, low))
    enters, leaves = window.moves(tile)
    # What leaves by `low` is not there any more, and what enters by then is in the first value.
    fresh = (enters > low[owner]) & (leaves > enters)
    goes = (leaves <= high[owner]) & (leaves > low[owner]) & (leaves > enters)
    every = np.arange(len(groups))
    return _accumulated(
        np.concatenate((every, owner[fresh], owner[goes])),
        np.concatenate((low, enters[fresh], leaves[goes])),
        np.concatenate((first_count, count[fresh], -count[goes])),
        np.concatenate((first_total, total[fresh], -total[goes])),
    )


def points(cells: Cells, groups: Ints, low: Ints, high: Ints, window: Window) -> tuple[Ints, Ints]:
    """(owner, T) at `low` and wherever the window's contents change up to `high`, sorted."""
    owner, tile, _, _ = _moving(cells, groups, low, high, window)
    enters, leaves = window.moves(tile)
    at = np.concatenate((low, enters, leaves))
    owners = np.concatenate((np.arange(len(groups)), owner, owner))
    kept = (at >= low[owners]) & (at <= high[owners])
    return different_pairs(owners[kept], at[kept])


def different_pairs(owner: Ints, at: Ints) -> tuple[Ints, Ints]:
    """Each pair (owner, T) once, sorted."""
    if not len(at):
        return owner, at
    base = int(at.min())
    span = int(at.max()) - base + 1
    packed = np.unique(owner * span + (at - base))
    owners, places = np.divmod(packed, span)
    return owners, places + base


def _moving(
    cells: Cells, groups: Ints, low: Ints, high: Ints, window: Window
) -> tuple[Ints, Ints, Ints, Ints]:
    """(owner, tile, count, total) of cells that may enter or leave windows in (low, high].

    What lies between the oldest that leaves and the first that enters is not looked at.
    """
    come = cells.gather(key_of(groups, low), key_of(groups, high))
    if window.endless:
        return come.owner, tile_of(come.key), come.count, come.total
    first = np.minimum(window.begins(low), low)
    gone = cells.gather(key_of(groups, first), key_of(groups, np.minimum(window.begins(high), low)))
    return (
        np.concatenate((come.owner, gone.owner)),
        tile_of(np.concatenate((come.key, gone.key))),
        np.concatenate((come.count, gone.count)),
        np.concatenate((come.total, gone.total)),
    )


def _accumulated(owner: Ints, at: Ints, count: Ints, total: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    order = np.lexsort((at, owner))
    owner, at = owner[order], at[order]
    counts, totals = np.cumsum(count[order]), np.cumsum(total[order])
    first = np.ones(len(owner), bool)
    first[1:] = owner[1:] != owner[:-1]
    starts = np.flatnonzero(first)
    which = np.cumsum(first) - 1
    counts -= np.append(0, counts)[starts][which]
    totals -= np.append(0, totals)[starts][which]
    last = np.ones(len(owner), bool)
    last[:-1] = first[1:] | (at[1:] != at[:-1])
    return owner[last], at[last], counts[last], totals[last]


def extreme(
    cells: Cells, groups: Ints, low: Ints, high: Ints, window: Window, *, largest: bool
) -> Runs:
    """Smallest or largest part in each window."""
    owner, at = points(cells, groups, low, high, window)
    begins = key_of(groups[owner], window.begins(at))
    ends = key_of(groups[owner], at)
    edges = cells.edges(begins, ends, largest=largest) if len(at) else None
    if edges is not None:
        return Runs(owner, at, *edges)
    found, starts, there = _inside(cells, groups, owner, at, window)
    number = np.zeros(len(at), np.int64)
    if len(starts):
        reduce = np.maximum if largest else np.minimum
        number[there] = reduce.reduceat(found, starts)
    over = np.zeros(len(at), np.int64)
    over[there] = 1
    return Runs(owner, at, number, over)


def _inside(
    cells: Cells, groups: Ints, owner: Ints, at: Ints, window: Window
) -> tuple[Ints, Ints, Ints]:
    """Parts in the window of each point in a row; where each begins; which points have any."""
    found = cells.gather(key_of(groups[owner], window.begins(at)), key_of(groups[owner], at))
    starts = np.flatnonzero(np.diff(found.owner, prepend=-1))
    return found.part, starts, found.owner[starts]


def ranked(  # noqa: PLR0917 - as the others
    cells: Cells, groups: Ints, low: Ints, high: Ints, window: Window, quantile: Fraction
) -> Runs:
    """The smallest part such that a share `quantile` of all counts lies at or below it."""
    owner, at = points(cells, groups, low, high, window)
    found = cells.gather(key_of(groups[owner], window.begins(at)), key_of(groups[owner], at))
    order = np.lexsort((found.part, found.owner))
    which, part, count = found.owner[order], found.part[order], found.count[order]
    starts = np.flatnonzero(np.diff(which, prepend=-1))
    reached = np.cumsum(count)
    before = np.append(0, reached)[starts]
    ends = np.append(starts[1:], len(which))
    sizes = reached[ends - 1] - before if len(starts) else before
    # rank = ⌈quantile · size⌉, in integers
    rank = -(-sizes * quantile.numerator // quantile.denominator)
    place = np.searchsorted(reached, before + rank)
    number, over = np.zeros(len(at), np.int64), np.zeros(len(at), np.int64)
    number[which[starts]] = part[place]
    over[which[starts]] = 1
    return Runs(owner, at, number, over)


def edge(  # noqa: PLR0917 - as the others
    cells: Cells,
    groups: Ints,
    low: Ints,
    high: Ints,
    window: Window,
    table: tuple[EventTable, str, str],
    *,
    newest: bool,
) -> Runs:
    """The field's value of the first or last event in each window; parts are rows of the table.

    Ties of time are broken by seqno, then by value.
    """
    owner, at = points(cells, groups, low, high, window)
    rows, starts, there = _inside(cells, groups, owner, at, window)
    events, stream, field = table
    which = np.repeat(there, np.diff(np.append(starts, len(rows))))
    values = events.values(rows, stream, field)
    order = np.lexsort((values, events.seqnos(rows), events.times(rows), which))
    number, over = np.zeros(len(at), np.int64), np.zeros(len(at), np.int64)
    if not len(rows):
        return Runs(owner, at, number, over)
    places = np.append(starts[1:], len(rows)) - 1 if newest else starts
    number[there] = values[order[places]]
    over[there] = 1
    return Runs(owner, at, number, over)


def bucket_of(values: Ints) -> Ints:
    """The number by which a quantile's histogram knows a value: upwards to 6 significant bits.

    Buckets double every 32: a quantile is at most 1/32 above the exact one, and depends on integer
    counts alone.
    """
    magnitude = np.abs(values)
    if len(values) == 0 or int(magnitude.max()) < _FLOAT_EXACT:
        # A float's exponent, for a bit set at its place counted from 1; far below 0 for 0.
        bits = (magnitude.astype(np.float64).view(np.int64) >> 52) - 1022
    else:
        bits = (magnitude > 0).astype(np.int64)
        for shift in (32, 16, 8, 4, 2, 1):
            bits += np.where(magnitude >> (bits - 1 + shift) > 0, shift, 0)
    dropped = np.maximum(bits - 6, 0)
    found: Ints = (values >> dropped << dropped) + ((np.int64(1) << dropped) - 1)
    return found
