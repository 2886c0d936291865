"""Values of measures over a project's events: per group, at every instant, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from shidian.core.monitor.cells import Cells, key_of, tile_of
from shidian.core.monitor.distinct import Distinct
from shidian.core.monitor.events import NULL, EventTable, Ints, SumOverflow
from shidian.core.monitor.exact import divided
from shidian.core.monitor.grouping import NEVER, Agenda, Grouping, grouping_key
from shidian.core.monitor.windows import Runs, Window, additive, bucket_of, edge, extreme, ranked
from shidian.core.rulebook.model import Take

if TYPE_CHECKING:
    import pyarrow as pa

    from shidian.core.monitor.grouping import GroupingKey
    from shidian.core.monitor.program import Measure

    Touched: TypeAlias = "dict[GroupingKey, tuple[Ints, Ints]]"
    """Per grouping the (group, tile) of every event that an entry retracted or inserted."""

    Due: TypeAlias = "dict[_AgendaKey, Ints]"
    """Groups whose windows' contents have changed by time alone."""

    _Span: TypeAlias = "tuple[int | None, tuple[int, ...] | None] | None"
    _ContentKey: TypeAlias = "tuple[GroupingKey, str, str | None, _Span]"
    _AgendaKey: TypeAlias = "tuple[GroupingKey, int | None, int]"

SUM_MAX = 2**62
"""Bound on the sum of absolute contributions to one measure: below it no sum leaves int64."""

_ADDITIVE = frozenset({Take.COUNT, Take.SUM, Take.AVG})


class _Content:
    """What lies in the tiles for one way of counting."""

    def __init__(self, kind: str, field: str | None, measure: Measure) -> None:
        self.kind = kind
        self.field = field
        self.cells = Cells()
        self.distinct = Distinct(Window.of(measure)) if kind == "distinct" else None
        self._magnitude = 0

    def change(
        self, events: EventTable, stream: str, found: tuple[Ints, Ints, Ints], sign: int
    ) -> None:
        """Insert or retract (row, group, tile). Raises SumOverflow."""
        rows, groups, tiles = found
        values = np.zeros(len(rows), np.int64)
        if self.field is not None:
            values = events.values(rows, stream, self.field)
            given = values != NULL
            rows, groups, tiles, values = rows[given], groups[given], tiles[given], values[given]
        if self.distinct is not None:
            self.distinct.change(groups, tiles, values, sign)
            return
        parts, totals = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
        if self.kind == "sum":
            self._magnitude += sign * sum(map(abs, values.tolist()))
            if self._magnitude >= SUM_MAX:
                said = f"the values add up to {self._magnitude}, beyond exact sums (2^62)"
                raise SumOverflow(said)
            totals = sign * values
        else:
            parts = {"value": values, "bucket": bucket_of(values), "row": rows}[self.kind]
        counts = np.full(len(rows), sign, np.int64)
        self.cells.add(key_of(groups, tiles), parts, counts, totals)


def _kind(measure: Measure) -> str:
    match measure.take:
        case Take.MIN | Take.MAX:
            return "value"
        case Take.QUANTILE:
            return "bucket"
        case Take.FIRST | Take.LAST:
            return "row"
        case Take.DISTINCT:
            return "distinct"
        case _:
            return "sum"


class Ratio:
    """Groups of a quotient: those of either side, numbered anew. −1: a side lacks it."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.sides: tuple[list[int], list[int]] = ([], [])
        self.numbers: dict[str, int] = {}
        self._places: tuple[list[int], list[int]] = ([], [])

    def sync(self, over: Grouping, under: Grouping) -> None:
        """Take in groups that the sides have got since."""
        for side, grouping in enumerate((over, under)):
            if side and not grouping.by and over.by:
                continue  # one number for all of them
            for group in range(len(self._places[side]), len(grouping.texts)):
                text = grouping.texts[group]
                if text not in self.numbers:
                    self.numbers[text] = len(self.texts)
                    self.texts.append(text)
                    for column in self.sides:
                        column.append(-1)
                number = self.numbers[text]
                self.sides[side][number] = group
                self._places[side].append(number)

    def of(self, side: int, groups: Ints) -> Ints:
        """Numbers of a side's groups; of a side that has but one for all, all."""
        if side and not self._places[1]:
            return np.arange(len(self.texts)) if len(groups) else groups
        return np.array(self._places[side], np.int64)[groups]


class Values:
    """The events of a project and, for each measure asked for, its tiles by group.

    Memory: the events (see EventTable); per measure one cell for each group and tile that holds
    anything, or for each different value in it; per group its name and a few numbers.
    """

    def __init__(self) -> None:
        self._events = EventTable()
        self._groupings: dict[GroupingKey, Grouping] = {}
        self._contents: dict[_ContentKey, _Content] = {}
        self._agendas: dict[_AgendaKey, Agenda] = {}
        self._ratios: dict[Measure, Ratio] = {}

    def watch(self, measure: Measure) -> None:
        """Keep tiles for this measure, from all events there are. Raises SumOverflow."""
        if measure.ratio_to is not None:
            self.watch(measure.ratio_to)
            self._ratios.setdefault(measure, Ratio())
        key = grouping_key(measure)
        fresh = key not in self._groupings
        grouping = self._groupings.setdefault(key, Grouping(measure))
        found = grouping.select(self._events, self._events.live_rows())
        if fresh:
            grouping.change(found[1], found[2], 1)
        content_key = _content_key(measure)
        if content_key not in self._contents:
            kind, field = content_key[1], content_key[2]
            self._contents[content_key] = _Content(kind, field, measure)
            self._contents[content_key].change(self._events, measure.stream, found, 1)
        for part in _parts(measure):
            if part.by and (agenda := _agenda_key(part, measure.step_us)) not in self._agendas:
                self._agendas[agenda] = Agenda()
                rows = self._events.live_rows()
                seen = self._groupings[grouping_key(part)].select(self._events, rows)
                self._note(agenda, seen[1], seen[2])
        self._sync()

    def apply(self, table: pa.Table, source: str, epoch: int) -> Touched:
        """Take in an entry; what it touched. Raises SumOverflow."""
        changed = self._events.apply(table, source, epoch)
        touched: Touched = {}
        for key, grouping in self._groupings.items():
            gone = grouping.select(self._events, changed.retracted)
            come = grouping.select(self._events, changed.inserted)
            for found, sign in ((gone, -1), (come, 1)):
                if len(found[0]):
                    grouping.change(found[1], found[2], sign)
                    for content_key, content in self._contents.items():
                        if content_key[0] == key:
                            content.change(self._events, grouping.stream, found, sign)
            groups, tiles = (np.concatenate((gone[n], come[n])) for n in (1, 2))
            if len(groups):
                touched[key] = (groups, tiles)
            for agenda in self._agendas:
                if agenda[0] == key and len(groups):
                    self._note(agenda, groups, tiles)
        self._sync()
        return touched

    def _sync(self) -> None:
        for measure, ratio in self._ratios.items():
            assert measure.ratio_to is not None  # noqa: S101 - by construction
            ratio.sync(*(self._groupings[grouping_key(part)] for part in _parts(measure)))

    def _note(self, agenda: _AgendaKey, groups: Ints, tiles: Ints) -> None:
        (_, _, _, tile_us), length, step_us = agenda
        window = Window(None if length is None else length // tile_us)
        enters, leaves = window.moves(tiles)
        parts = [enters] if length is None else [enters, leaves]
        for at in parts:
            self._agendas[agenda].put(-(-at * tile_us // step_us) * step_us, groups)

    # --- groups ----------------------------------------------------------------------------

    def texts(self, measure: Measure) -> list[str]:
        """Names of the measure's groups; a group's number is its place."""
        if measure.ratio_to is not None:
            return self._ratios[measure].texts
        return self._groupings[grouping_key(measure)].texts

    def number(self, measure: Measure, text: str) -> int | None:
        """The number of a group; None: the measure has no such group."""
        if measure.ratio_to is not None:
            return self._ratios[measure].numbers.get(text)
        return self._groupings[grouping_key(measure)].numbers.get(text)

    def due(self, through_us: int) -> Due:
        """Groups whose windows' contents have changed by time alone, up to an instant. Once."""
        return {key: agenda.due(through_us) for key, agenda in self._agendas.items()}

    def due_of(self, measure: Measure, due: Due) -> Ints:
        """Those of a measure, by its own numbers."""
        if measure.by and measure.ratio_to is not None and not measure.ratio_to.by:
            return np.arange(len(self.texts(measure)))  # what all are divided by has moved
        found = [np.empty(0, np.int64)]
        for side, part in enumerate(_parts(measure)):
            groups = due.get(_agenda_key(part, measure.step_us))
            if groups is not None and len(groups):
                found.append(self._numbers(measure, side, groups))
        return np.unique(np.concatenate(found))

    def touched_of(self, measure: Measure, touched: Touched) -> tuple[Ints, Ints]:
        """(group by the measure's own number, oldest tile touched of it)."""
        numbers, oldest = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for side, part in enumerate(_parts(measure)):
            groups, tiles = touched.get(grouping_key(part), (numbers[0], oldest[0]))
            if not len(groups):
                continue
            mine = self._numbers(measure, side, groups)
            if side and part.by != measure.by:  # its single group stands for all of them
                tiles = np.full(len(mine), tiles.min())
            numbers.append(mine)
            oldest.append(tiles)
        every, tiles = np.concatenate(numbers), np.concatenate(oldest)
        order = np.lexsort((tiles, every))
        first = np.diff(every[order], prepend=-1) != 0
        return every[order][first], tiles[order][first]

    def touched_tiles(self, measure: Measure, touched: Touched) -> Ints:
        """Tiles touched in any group, rising."""
        keys = map(grouping_key, _parts(measure))
        found = [np.empty(0, np.int64), *(touched[key][1] for key in keys if key in touched)]
        return np.unique(np.concatenate(found))

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
        for side, part in enumerate(_parts(measure)):
            if side and part.by != measure.by:
                continue
            groups = self._side(measure, side, numbers)
            firsts = np.append(self._groupings[grouping_key(part)].firsts, NEVER)
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
        tile = np.array([instant_us // measure.tile_us], np.int64)
        group = np.array([number], np.int64)
        found = self._plain(measure, self._side(measure, 0, group), tile, tile)
        if measure.ratio_to is not None:
            under = self._plain(measure.ratio_to, self._side(measure, 1, group), tile, tile)
            found = _quotient(found, under)
        return int(found.number[-1]), int(found.over[-1])

    def tiles(self, measure: Measure, number: int, instant_us: int) -> list[tuple[int, int, int]]:
        """Non-empty tiles of a group's window: start in µs, events counted, what they come to.

        The latter is a sum, a number of different values, or the tile's own smallest or largest
        value, histogram's top bucket, first or last value.
        """
        group = self._side(measure, 0, np.array([number], np.int64))
        high = np.array([instant_us // measure.tile_us], np.int64)
        low = np.maximum(Window.of(measure).begins(high), 0)
        content = self._contents[_content_key(measure)]
        cells = content.cells if content.distinct is None else content.distinct.in_tile
        found = cells.gather(key_of(group, low), key_of(group, high))
        starts = np.flatnonzero(np.diff(found.key, prepend=-1))
        if not len(starts):
            return []
        counts = np.add.reduceat(found.count, starts)
        values = self._tile_values(measure, found.part, found.total, counts, starts)
        begins = (tile_of(found.key[starts]) * measure.tile_us).tolist()
        return list(zip(begins, counts.tolist(), values.tolist(), strict=True))

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
        content, window = self._contents[_content_key(measure)], Window.of(measure)
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
    pairs = np.stack((np.append(found.owner, under.owner), np.append(found.at, under.at)))
    owner, at = np.unique(pairs, axis=1)
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


def _parts(measure: Measure) -> tuple[Measure, ...]:
    return (measure,) if measure.ratio_to is None else (measure, measure.ratio_to)


def _content_key(measure: Measure) -> _ContentKey:
    kind = _kind(measure)
    # A distinct count keeps when its values enter and leave, which is the window's.
    field = None if measure.take is Take.COUNT else measure.field
    window = (measure.window_us, measure.opens_us) if kind == "distinct" else None
    return grouping_key(measure), kind, field, window


def _agenda_key(part: Measure, step_us: int) -> _AgendaKey:
    return grouping_key(part), part.window_us, step_us
