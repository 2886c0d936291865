"""What counts towards a measure: rows of its stream and filter, as tile and value, by group."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from shidian.core.monitor.engines.rows import FOREVER
from shidian.core.monitor.events import NULL
from shidian.core.monitor.windows import bucket_of
from shidian.core.rulebook.model import Take

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from shidian.core.monitor.engines.rows import Lives, Rows
    from shidian.core.monitor.events import Ints
    from shidian.core.monitor.program import Measure

    Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Some:
    """Contributions in order of tile. `entry` brought each; from `until` on it counts no more."""

    tile: Ints
    value: Ints
    entry: Ints
    until: Ints

    def __len__(self) -> int:
        return len(self.tile)

    @cached_property
    def cumulated(self) -> Ints:
        """Sums of values before each place, and of all."""
        found = np.zeros(len(self) + 1, np.int64)
        np.cumsum(self.value, out=found[1:])
        return found

    @cached_property
    def firsts(self) -> tuple[Ints, Ints]:
        """The different values, rising, and the first tile of each."""
        values, numbers = numbered(self.value)
        first = np.empty(len(values), np.int64)
        # Of several rows the one written last stays: the first, from behind.
        first[numbers[::-1]] = self.tile[::-1]
        return values, first

    @cached_property
    def first_tiles(self) -> Ints:
        """First tiles of the values, rising."""
        return np.sort(self.firsts[1])

    def cut(self, low: int, high: int) -> Some:
        """Those with tiles in [low, high)."""
        a, b = np.searchsorted(self.tile, (low, high)).tolist()
        return Some(self.tile[a:b], self.value[a:b], self.entry[a:b], self.until[a:b])

    def known(self, entry: int) -> Some:
        """Those that count after an entry."""
        kept = (self.entry <= entry) & (self.until > entry)
        return Some(self.tile[kept], self.value[kept], self.entry[kept], self.until[kept])

    def between(self, a: int, b: int) -> Some:
        """Those at places [a, b)."""
        return Some(self.tile[a:b], self.value[a:b], self.entry[a:b], self.until[a:b])


def joined(one: Some, other: Some) -> Some:
    """Both, in order of tile."""
    if len(other) == 0:
        return one
    tile = np.concatenate((one.tile, other.tile))
    order = np.argsort(tile, kind="stable")
    return Some(
        tile[order],
        np.concatenate((one.value, other.value))[order],
        np.concatenate((one.entry, other.entry))[order],
        np.concatenate((one.until, other.until))[order],
    )


@dataclass(frozen=True, slots=True)
class Group:
    """One group's contributions.

    `settled`: rows that are the only revision of their event and were there before the watermark
    passed the end of their tile: whatever is known, at instants up to the watermark they count.
    `unsettled`: all others. Each counts whenever anything is said of instants from `sure` on (in
    tiles), and never of those from `gone` on.
    """

    settled: Some
    unsettled: Some
    sure: Ints
    gone: Ints


class Names:
    """Names of groups by place, made when asked for: of most groups nothing is ever said."""

    def __init__(
        self, by: tuple[str, ...], keys: Ints, said: Sequence[Callable[[int], object]]
    ) -> None:
        self._by, self._keys, self._said = by, keys, said
        self._places: dict[str, int] = {}
        self._all = False

    def __len__(self) -> int:
        return len(self._keys)

    def name(self, place: int) -> str:
        """Of the group at a place."""
        if not self._by:
            return ""
        values = zip(self._said, self._keys[place].tolist(), strict=True)
        spoken = {name: say(value) for name, (say, value) in zip(self._by, values, strict=True)}
        text = json.dumps(spoken, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        self._places[text] = place
        return text

    def place(self, text: str) -> int | None:
        """Of the group of that name; None where there is none."""
        if not self._by:
            return None if text else 0
        if text not in self._places and not self._all:
            for place in range(len(self)):
                self.name(place)
            self._all = True
        return self._places.get(text)


NAMELESS = Names((), np.zeros((1, 0), np.int64), ())


@dataclass(frozen=True)
class Part:
    """A measure's contributions by group (`names`; one group without `by`).

    `settled_cuts`, `unsettled_cuts`: where each group's rows begin, and the end of the last.
    """

    take: Take
    window: int | None
    names: Names
    settled: Some
    unsettled: Some
    sure: Ints
    gone: Ints
    settled_cuts: Ints
    unsettled_cuts: Ints

    def group(self, place: int) -> Group:
        """The group at a place of `names`."""
        a, b = self.settled_cuts[place : place + 2].tolist()
        c, d = self.unsettled_cuts[place : place + 2].tolist()
        late = self.unsettled.between(c, d)
        return Group(self.settled.between(a, b), late, self.sure[c:d], self.gone[c:d])

    def group_named(self, name: str) -> Group:
        """The group of that name; empty where there is none."""
        place = self.names.place(name)
        if place is None:
            nothing = self.unsettled.between(0, 0)
            return Group(self.settled.between(0, 0), nothing, self.sure[:0], self.gone[:0])
        return self.group(place)

    def reaching(self, bound: int) -> list[int]:
        """Places of groups of whose count, sum or maximum nothing is known that rules out `bound`.

        A group's greatest value is at most the greatest of its settled rows with all others.
        """
        hot = np.flatnonzero(self._wholes >= bound)
        if self.window is not None and self.take is not Take.MAX:
            hot = hot[self._peaks(hot) >= bound]
        return hot.tolist()

    @cached_property
    def _extras(self) -> Ints:
        """Of unsettled rows, per group."""
        return self._by_group(self.unsettled, self.unsettled_cuts)

    @cached_property
    def _wholes(self) -> Ints:
        """Of all rows together, per group."""
        settled = self._by_group(self.settled, self.settled_cuts)
        if self.take is Take.MAX:
            return np.maximum(settled, self._extras)
        return settled + self._extras

    def _by_group(self, rows: Some, cuts: Ints) -> Ints:
        top = self.take is Take.MAX
        found = np.full(len(self.names), NULL if top else 0, np.int64)
        there = np.flatnonzero(np.diff(cuts))
        if len(there):
            reduce = np.maximum if top else np.add
            value = rows.value if top else np.maximum(rows.value, 0)
            found[there] = reduce.reduceat(value, cuts[there])
        return found

    def _peaks(self, places: Ints) -> Ints:
        """Greatest sum over a window, of settled rows, and all of the others, of some groups."""
        starts, ends = self.settled_cuts[places], self.settled_cuts[places + 1]
        sizes = ends - starts
        begins = np.cumsum(sizes) - sizes
        chosen = np.repeat(starts - begins, sizes) + np.arange(int(sizes.sum()))
        found = self._extras[places].copy()
        if len(chosen) == 0:
            return found
        tile, value = self.settled.tile[chosen], np.maximum(self.settled.value[chosen], 0)
        base = int(tile.min())
        span = int(tile.max()) - base + 1
        group = np.repeat(np.arange(len(places)), sizes)
        key = group * span + (tile - base)
        total = np.zeros(len(value) + 1, np.int64)
        np.cumsum(value, out=total[1:])
        oldest = np.maximum(group * span, key - (self.window or span) + 1)
        # Rows of one tile count together, the last of them with all.
        reached = total[1:] - total[np.searchsorted(key, oldest)]
        there = sizes > 0
        found[there] += np.maximum.reduceat(reached, begins[there])
        return found


@dataclass(frozen=True, slots=True)
class _Selected:
    """Rows that count towards some measures: places in the project's rows, and what they share."""

    places: Ints
    tile: Ints
    entry: Ints
    until: Ints
    cuts: Ints
    sure: Ints
    gone: Ints


@dataclass(frozen=True, slots=True)
class Base:
    """A project's rows with what settles them, µs.

    `before_us`: the watermark before the entry of each. `open_us`: of one that is superseded, the
    last instant looked at, open ones included, before that; of others without meaning.
    Measures over the same rows share them, and values of the same field.
    """

    rows: Rows
    lives: Lives
    before_us: Ints
    open_us: Ints
    selected: dict[object, tuple[Names, _Selected, _Selected]] = field(
        default_factory=dict
    )
    values: dict[object, tuple[Ints, Ints]] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        """Memory held beside the rows."""
        shared = sum(32 * len(side.places) for one in self.selected.values() for side in one[1:])
        return shared + sum(8 * len(column) for pair in self.values.values() for column in pair)


def part_of(measure: Measure, base: Base) -> Part:
    """The contributions of a measure, its ratio apart."""
    kept, value, lacking = _chosen(measure, base)
    key = (measure.stream, measure.where, measure.by, measure.tile_us, lacking)
    if key not in base.selected:
        base.selected[key] = _selected(measure, base, kept)
    names, settled, late = base.selected[key]
    value_key = (key, measure.take is Take.QUANTILE, None if value is None else measure.field)
    if value_key not in base.values:
        ones = np.broadcast_to(np.int64(1), (max(len(settled.places), len(late.places)),))
        base.values[value_key] = (
            (ones[: len(settled.places)], ones[: len(late.places)])
            if value is None
            else (value[settled.places], value[late.places])
        )
    on_time, others = base.values[value_key]
    window = None if measure.window_us is None else measure.window_us // measure.tile_us
    return Part(
        measure.take,
        window,
        names,
        Some(settled.tile, on_time, settled.entry, settled.until),
        Some(late.tile, others, late.entry, late.until),
        late.sure,
        late.gone,
        settled.cuts,
        late.cuts,
    )


def _selected(measure: Measure, base: Base, kept: Bools) -> tuple[Names, _Selected, _Selected]:
    rows = base.rows
    tile = rows.time_us // measure.tile_us
    settled = base.lives.alone & (base.before_us < (tile + 1) * measure.tile_us)
    group, names = _grouped(measure, rows, kept)
    sides = []
    for side, late in ((kept & settled, False), (kept & ~settled, True)):
        places = np.flatnonzero(side)
        cuts = np.array([0, len(places)], np.int64)
        if group is not None:
            # Rows stand in order of time: a stable order by group leaves tiles rising in each.
            # (A stable order of short integers takes one pass for each of their bytes.)
            numbers = group[places]
            short = numbers.astype(np.uint16) if len(names) < 2**16 else numbers
            places = places[np.argsort(short, kind="stable")]
            cuts = np.append(0, np.cumsum(np.bincount(numbers, minlength=len(names))))
        until = base.lives.until[places]
        if len(until) and bool((until == FOREVER).all()):
            # One number for all of them takes no room.
            until = np.broadcast_to(np.int64(FOREVER), until.shape)
        sure, gone = _certainty(measure, base, places[: None if late else 0])
        sides.append(_Selected(places, tile[places], rows.entry[places], until, cuts, sure, gone))
    return names, sides[0], sides[1]


def _certainty(measure: Measure, base: Base, places: Ints) -> tuple[Ints, Ints]:
    """`sure` and `gone` of unsettled rows, see Group.

    Who speaks of an instant beyond the watermark before a row's entry knows the row. Once it is
    superseded, nobody who speaks of an instant not looked at before counts it.
    """
    ever = base.lives.until[places] == FOREVER
    sure = np.where(ever, base.before_us[places] // measure.tile_us + 1, FOREVER)
    gone = np.where(ever, FOREVER, base.open_us[places] // measure.tile_us + 1)
    return sure, gone


def _chosen(measure: Measure, base: Base) -> tuple[Bools, Ints | None, str | None]:
    """Rows that count at some entry; what each counts for, None: one; the field that some lack."""
    rows = base.rows
    kept = base.lives.counts & (rows.stream == rows.place_of(measure.stream))
    if measure.where is not None:
        prefix = f"{measure.stream}/"
        columns = {
            name: rows.fields[prefix + name]
            for name in measure.where.names
            if prefix + name in rows.fields
        }
        kept &= measure.where.holds(columns, rows.words, len(rows))
    if measure.take is Take.COUNT or measure.field is None:
        return kept, None, None
    value = rows.field(measure.stream, measure.field)
    given = kept & (value != NULL)
    lacking = None if np.array_equal(given, kept) else measure.field
    return given, bucket_of(value) if measure.take is Take.QUANTILE else value, lacking


def _grouped(
    measure: Measure, rows: Rows, kept: Bools
) -> tuple[NDArray[np.int64] | None, Names]:
    """A number for each row's group, names of the groups; rows without a group leave `kept`."""
    if not measure.by:
        return None, NAMELESS
    columns = [rows.field(measure.stream, name) for name in measure.by]
    for column in columns:
        kept &= column != NULL
    places = np.flatnonzero(kept)
    found = np.zeros(len(rows), np.int64)
    if len(columns) == 1:
        keys, numbers = numbered(columns[0][places])
        combined = keys[:, None]
    else:
        stacked = np.stack([column[places] for column in columns], axis=1)
        combined, numbers = np.unique(stacked, axis=0, return_inverse=True)
    found[places] = numbers
    said = [rows.said(measure.stream, name) for name in measure.by]
    return found, Names(measure.by, combined, said)


def numbered(values: Ints) -> tuple[Ints, Ints]:
    """Different values, rising, and for each of `values` its place among them."""
    if len(values) == 0:
        return values, values
    low, high = int(values.min()), int(values.max())
    if high - low > 4 * len(values) + 1024:
        keys, numbers = np.unique(values, return_inverse=True)
        return keys, numbers
    present = np.zeros(high - low + 1, np.bool_)
    present[values - low] = True
    keys = np.flatnonzero(present)
    place = np.zeros(high - low + 1, np.int64)
    place[keys] = np.arange(len(keys))
    return keys + low, place[values - low]
