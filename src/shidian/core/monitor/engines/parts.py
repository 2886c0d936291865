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
    def topped(self) -> Ints:
        """Greatest value up to each place."""
        return np.maximum.accumulate(self.value)

    @cached_property
    def firsts(self) -> tuple[Ints, Ints]:
        """The different values, rising, and the first tile of each."""
        values, places = np.unique(self.value, return_index=True)
        return values, self.tile[places]

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


@dataclass(frozen=True)
class Part:
    """A measure's contributions by group (`names`; one group without `by`).

    `settled_cuts`, `unsettled_cuts`: where each group's rows begin, and the end of the last.
    """

    take: Take
    window: int | None
    names: tuple[str, ...]
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
        place = self.places.get(name)
        if place is None:
            nothing = self.unsettled.between(0, 0)
            return Group(self.settled.between(0, 0), nothing, self.sure[:0], self.gone[:0])
        return self.group(place)

    @cached_property
    def places(self) -> dict[str, int]:
        """Name of a group → its place."""
        return {name: place for place, name in enumerate(self.names)}

    @cached_property
    def peaks(self) -> Ints:
        """Per group a bound that no value of a count, sum or maximum exceeds, whatever is known."""
        sides = ((self.settled, self.settled_cuts), (self.unsettled, self.unsettled_cuts))
        group = np.concatenate(
            [np.repeat(np.arange(len(cuts) - 1), np.diff(cuts)) for _, cuts in sides]
        )
        tile = np.concatenate([rows.tile for rows, _ in sides])
        value = np.concatenate([rows.value for rows, _ in sides])
        found = np.full(len(self.names), NULL, np.int64)
        if len(tile) == 0:
            return found
        base = int(tile.min())
        span = int(tile.max()) - base + 1
        key = group * span + (tile - base)
        order = np.argsort(key, kind="stable")
        key, group, value = key[order], group[order], value[order]
        starts = np.flatnonzero(np.append(np.True_, group[1:] != group[:-1]))
        if self.take is Take.MAX:
            reached = value
        else:
            total = np.zeros(len(value) + 1, np.int64)
            np.cumsum(np.maximum(value, 0), out=total[1:])
            oldest = group * span
            if self.window is not None:
                oldest = np.maximum(oldest, key - self.window + 1)
            reached = total[1:] - total[np.searchsorted(key, oldest)]
            # Rows of one tile count together, the last of them with all.
        found[group[starts]] = np.maximum.reduceat(reached, starts)
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
    selected: dict[object, tuple[tuple[str, ...], _Selected, _Selected]] = field(
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


def _selected(
    measure: Measure, base: Base, kept: Bools
) -> tuple[tuple[str, ...], _Selected, _Selected]:
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
            places = places[np.argsort(group[places], kind="stable")]
            cuts = np.searchsorted(group[places], np.arange(len(names) + 1))
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
) -> tuple[NDArray[np.int64] | None, tuple[str, ...]]:
    """A number for each row's group, names of the groups; rows without a group leave `kept`."""
    if not measure.by:
        return None, ("",)
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
    names = [
        _text(measure.by, [say(value) for say, value in zip(said, key, strict=True)])
        for key in combined.tolist()
    ]
    return found, tuple(names)


def _text(by: tuple[str, ...], values: list[object]) -> str:
    said = dict(zip(by, values, strict=True))
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


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
