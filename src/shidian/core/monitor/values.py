"""Values of measures over a project's events: per group, at every instant, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shidian.core.monitor.cells import TILE_BITS, key_of, tile_of
from shidian.core.monitor.events import NULL, Ints
from shidian.core.monitor.exact import divided
from shidian.core.monitor.grouping import NEVER, grouping_key
from shidian.core.monitor.holdings import Holdings, agenda_key, content_key, parts_of
from shidian.core.monitor.sampling import Looks, held, looks
from shidian.core.monitor.windows import (
    Runs,
    Window,
    additive,
    different_pairs,
    edge,
    extreme,
    ranked,
)
from shidian.core.rulebook.model import Take

if TYPE_CHECKING:
    from shidian.core.monitor.grouping import Texts
    from shidian.core.monitor.holdings import Due, Touched
    from shidian.core.monitor.program import Measure


class Values(Holdings):
    """What is asked of the events held: which count, which groups there are, and their values."""

    def counted(self, measure: Measure, text: str, from_us: int | None, to_us: int) -> Ints:
        """Rows of the events that count in a group of a watched measure, oldest first.

        Of a quotient, those of what is divided.
        """
        grouping = self._groupings[grouping_key(measure)]
        number = grouping.number(text)
        if number is None:
            return np.empty(0, np.int64)
        rows, groups, _ = grouping.select(self._events, self._events.live_rows())
        times = self._events.times(rows)
        inside = (groups == number) & (times < to_us)
        if measure.field is not None:  # an event without a value adds nothing
            inside &= self._events.values(rows, measure.stream, measure.field) != NULL
        if from_us is not None:
            inside &= times >= from_us
        rows, times = rows[inside], times[inside]
        ordered: Ints = rows[np.lexsort((self._events.seqnos(rows), times))]
        return ordered

    # --- groups ----------------------------------------------------------------------------

    def texts(self, measure: Measure) -> Texts:
        """Names of the measure's groups; a group's number is its place."""
        if measure.ratio_to is not None:
            return self._ratios[measure].texts
        return self._groupings[grouping_key(measure)]

    def number(self, measure: Measure, text: str) -> int | None:
        """The number of a group; None: the measure has no such group."""
        if measure.ratio_to is not None:
            return self._ratios[measure].numbers.get(text)
        return self._groupings[grouping_key(measure)].number(text)

    def due(self, through_us: int) -> Due:
        """Groups whose windows' contents have changed by time alone, up to an instant. Once."""
        return {key: agenda.due(through_us) for key, agenda in self._agendas.items()}

    def due_of(self, measure: Measure, due: Due) -> Ints:
        """Those of a measure, by its own numbers."""
        if measure.by and measure.ratio_to is not None and not measure.ratio_to.by:
            return np.arange(len(self.texts(measure)))  # what all are divided by has moved
        found = [np.empty(0, np.int64)]
        for side, part in enumerate(parts_of(measure)):
            groups = due.get(agenda_key(part, measure.step_us))
            if groups is not None and len(groups):
                found.append(self._numbers(measure, side, groups))
        return np.unique(np.concatenate(found))

    def touched_of(self, measure: Measure, touched: Touched) -> tuple[Ints, Ints]:
        """(group by the measure's own number, oldest tile touched of it)."""
        numbers, oldest = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for side, part in enumerate(parts_of(measure)):
            groups, tiles = touched.get(grouping_key(part), (numbers[0], oldest[0]))
            if not len(groups):
                continue
            mine = self._numbers(measure, side, groups)
            if side and part.by != measure.by:  # its single group stands for all of them
                tiles = np.full(len(mine), tiles.min())
            numbers.append(mine)
            oldest.append(tiles)
        if len(admitting := self._admitting(measure, touched)):
            numbers.append(np.zeros(1, np.int64))
            oldest.append(admitting[:1])
        every, tiles = np.concatenate(numbers), np.concatenate(oldest)
        order = np.lexsort((tiles, every))
        first = np.diff(every[order], prepend=-1) != 0
        return every[order][first], tiles[order][first]

    def touched_tiles(self, measure: Measure, touched: Touched) -> Ints:
        """Tiles touched in any group, rising."""
        keys = map(grouping_key, parts_of(measure))
        found = [touched[key][1] for key in keys if key in touched]
        return np.unique(np.concatenate([self._admitting(measure, touched), *found]))

    def _admitting(self, measure: Measure, touched: Touched) -> Ints:
        """Tiles touched by what admits something, rising; none where that is nothing to it."""
        counted = None if measure.sampling is None else measure.sampling.admissions
        groups_tiles = None if counted is None else touched.get(grouping_key(counted))
        return np.empty(0, np.int64) if groups_tiles is None else np.unique(groups_tiles[1])

    def _numbers(self, measure: Measure, side: int, groups: Ints) -> Ints:
        if measure.ratio_to is None:
            return groups
        return self._ratios[measure].of(side, groups)

    def _side(self, measure: Measure, side: int, numbers: Ints) -> Ints:
        if measure.ratio_to is None:
            return numbers
        if side and not measure.ratio_to.by and measure.by:
            return np.zeros(len(numbers), np.int64)
        return np.array(self._ratios[measure].sides[side], np.int64)[numbers]

    def firsts(self, measure: Measure, numbers: Ints) -> Ints:
        """Tile of each group's first event, on either side of a quotient."""
        found = np.full(len(numbers), NEVER, np.int64)
        for side, part in enumerate(parts_of(measure)):
            if side and part.by != measure.by:
                continue
            groups = self._side(measure, side, numbers)
            firsts = self._groupings[grouping_key(part)].firsts
            if len(firsts):
                found = np.minimum(found, np.where(groups >= 0, firsts[groups], NEVER))
        return found

    # --- values ----------------------------------------------------------------------------

    def runs(self, measure: Measure, numbers: Ints, low_us: Ints, high_us: int) -> Runs:
        """Values of groups at instants in [low, high]: at the first one there is, and on change.

        `owner` is the place in `numbers`. A group that is not there yet by `high` has none.
        """
        step, tile = measure.step_us, measure.tile_us
        appears = np.minimum(self.firsts(measure, numbers) + 1, 2**61 // tile) * tile
        low = -(-np.maximum(low_us, appears) // step) * step // tile
        high = high_us // step * step // tile
        kept = np.flatnonzero(low <= high)
        if not len(kept):
            return Runs(kept, kept, kept, kept)
        if measure.sampling is not None:
            return self._held(measure, numbers[kept], low[kept] * tile, high_us, kept)
        low, highs = low[kept], np.full(len(kept), high, np.int64)
        found = self._plain(measure, self._side(measure, 0, numbers[kept]), low, highs)
        if measure.ratio_to is not None:
            under = self._side(measure, 1, numbers[kept])
            found = _quotient(found, self._plain(measure.ratio_to, under, low, highs))
        instants = -(-found.at * tile // step) * step
        # Several changes may fall between two instants: the last one before an instant counts.
        last = np.ones(len(instants), bool)
        last[:-1] = (instants[1:] != instants[:-1]) | (found.owner[1:] != found.owner[:-1])
        last &= instants <= high_us
        return Runs(kept[found.owner[last]], instants[last], found.number[last], found.over[last])

    def at(self, measure: Measure, number: int, instant_us: int) -> tuple[int, int]:
        """Value of one group at an instant, as a fraction; over 0: none."""
        group = np.array([number], np.int64)
        if measure.sampling is not None:
            low = np.array([instant_us], np.int64)
            found = self._held(measure, group, low, instant_us, np.zeros(1, np.int64))
            return int(found.number[-1]), int(found.over[-1])
        tile = np.array([instant_us // measure.tile_us], np.int64)
        numbers, overs = self._values_at(measure, group, tile)
        return int(numbers[-1]), int(overs[-1])

    def looks(self, measure: Measure) -> Looks:
        """When a sampled measure is looked at."""
        counted = None if measure.sampling is None else measure.sampling.admissions
        if counted is None:
            return looks(measure, np.empty(0, np.int64))
        cells = self._contents[content_key(counted)].cells
        return looks(measure, tile_of(cells.gather(*np.array([[0], [1 << TILE_BITS]])).key))

    def _held(
        self, measure: Measure, numbers: Ints, low_us: Ints, high_us: int, owners: Ints
    ) -> Runs:
        """`runs` of a sampled measure; `owners`: what to call each of `numbers`."""
        found = held(
            self.looks(measure),
            low_us,
            high_us,
            lambda owner, tiles: self._values_at(measure, numbers[owner], tiles),
        )
        return Runs(owners[found.owner], found.at, found.number, found.over)

    def _values_at(self, measure: Measure, numbers: Ints, tiles: Ints) -> tuple[Ints, Ints]:
        """The measure's own values, whenever it is looked at: at tiles' beginnings."""
        found = self._plain(measure, self._side(measure, 0, numbers), tiles, tiles)
        if measure.ratio_to is not None:
            under = self._side(measure, 1, numbers)
            found = _quotient(found, self._plain(measure.ratio_to, under, tiles, tiles))
        return found.number, found.over

    def tiles(self, measure: Measure, number: int, instant_us: int) -> list[tuple[int, int, int]]:
        """Non-empty tiles of a group's window: start in µs, events counted, what they come to.

        The latter is a sum, a number of different values, or the tile's own smallest or largest
        value, histogram's top bucket, first or last value.
        """
        group = self._side(measure, 0, np.array([number], np.int64))
        instant_us = self.looked_at(measure, instant_us)
        high = np.array([instant_us // measure.tile_us], np.int64)
        low = np.maximum(Window.of(measure).begins(high), 0)
        content = self._contents[content_key(measure)]
        cells = content.cells if content.distinct is None else content.distinct.in_tile
        found = cells.gather(key_of(group, low), key_of(group, high))
        starts = np.flatnonzero(np.diff(found.key, prepend=-1))
        if not len(starts):
            return []
        counts = np.add.reduceat(found.count, starts)
        values = self._tile_values(measure, found.part, found.total, counts, starts)
        begins = (tile_of(found.key[starts]) * measure.tile_us).tolist()
        return list(zip(begins, counts.tolist(), values.tolist(), strict=True))

    def looked_at(self, measure: Measure, instant_us: int) -> int:
        """The instant whose value stands at this one: of a sampled measure, its last look."""
        if measure.sampling is None:
            return instant_us
        found = self.looks(measure)
        look = int(found.before(np.array([instant_us], np.int64))[0])
        return int(found.at[look]) if look >= 0 else 0

    def _tile_values(
        self, measure: Measure, part: Ints, total: Ints, counts: Ints, starts: Ints
    ) -> Ints:
        match measure.take:
            case Take.SUM | Take.AVG:
                return np.add.reduceat(total, starts)
            case Take.COUNT | Take.DISTINCT:
                return counts
            case Take.MIN:
                return np.minimum.reduceat(part, starts)
            case Take.MAX | Take.QUANTILE:
                return np.maximum.reduceat(part, starts)
            case _:
                return self._edges(measure, part, starts)

    def _edges(self, measure: Measure, rows: Ints, starts: Ints) -> Ints:
        events, which = self._events, np.zeros(len(rows), np.int64)
        which[starts] = 1
        values = events.values(rows, measure.stream, measure.field or "")
        keys = (values, events.seqnos(rows), events.times(rows), np.cumsum(which))
        order = np.lexsort(keys)
        newest = measure.take is Take.LAST
        places = np.append(starts[1:], len(rows)) - 1 if newest else starts
        edges: Ints = values[order[places]]
        return edges

    def _plain(self, measure: Measure, groups: Ints, low: Ints, high: Ints) -> Runs:
        """Values without what they are divided by, in tiles."""
        content, window = self._contents[content_key(measure)], Window.of(measure)
        if content.distinct is not None:
            steps = content.distinct.steps
            owner, at, count, _ = additive(steps, groups, low, high, Window(None))
            return Runs(owner, at, count, np.ones(len(at), np.int64))
        args = (content.cells, groups, low, high, window)
        if measure.take in (Take.MIN, Take.MAX):
            return extreme(*args, largest=measure.take is Take.MAX)
        if measure.take is Take.QUANTILE:
            assert measure.quantile is not None  # noqa: S101 - the rulebook's analysis sees to it
            return ranked(*args, measure.quantile)
        if measure.take in (Take.FIRST, Take.LAST):
            table = (self._events, measure.stream, measure.field or "")
            return edge(*args, table, newest=measure.take is Take.LAST)
        owner, at, count, total = additive(*args)
        ones = np.ones(len(at), np.int64)
        if measure.take is Take.COUNT:
            return Runs(owner, at, count, ones)
        return Runs(owner, at, total, count if measure.take is Take.AVG else ones)


def _quotient(found: Runs, under: Runs) -> Runs:
    """Where either changes: both hold between their changes."""
    both = np.append(found.owner, under.owner), np.append(found.at, under.at)
    owner, at = different_pairs(*both)
    numbers = []
    for side in (found, under):
        # Each owner's first point is the same on both sides, so there is always one before.
        base = int(at.min()) if len(at) else 0
        span = int(at.max()) - base + 1 if len(at) else 1
        place = np.searchsorted(
            side.owner * span + (side.at - base), owner * span + (at - base), "right"
        )
        numbers += [side.number[place - 1], side.over[place - 1]]
    return Runs(owner, at, *divided(*numbers))
