"""From a project's rows to what counts towards a measure: filter, field, groups, settled or not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from shidian.core.monitor.engines.columns import Some, numbered, places_among, shortened
from shidian.core.monitor.engines.names import NAMELESS, Names
from shidian.core.monitor.engines.parts import Part
from shidian.core.monitor.engines.rows import FOREVER, lives
from shidian.core.monitor.events import NULL
from shidian.core.monitor.windows import bucket_of
from shidian.core.rulebook.model import Take

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from shidian.core.monitor.engines.rows import Lives, Rows
    from shidian.core.monitor.events import Ints
    from shidian.core.monitor.program import Measure

    Bools = NDArray[np.bool_]


_FOREVER = np.int64(FOREVER)

NEVER_US = -(2**61)
"""Where the watermark stands before there is one."""


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
class Marks:
    """Of all entries, rising: the watermark after each, and the last instant looked at then, µs.

    Open instants are looked at too. Before the first one neither has come anywhere.
    """

    entries: Ints
    watermark_us: Ints
    looked_us: Ints

    @classmethod
    def of(cls, marks: Sequence[tuple[int, int, int]]) -> Marks:
        """From rows of the three."""
        columns = np.array([(-1, NEVER_US, NEVER_US), *marks], np.int64)
        return cls(*(np.ascontiguousarray(column) for column in columns.T))

    def before_us(self, entry: Ints) -> Ints:
        """The watermark before each of the entries."""
        return self.watermark_us[places_among(self.entries, entry) - 1]

    def certainty(self, tile_us: int, until: Ints, before_us: Ints) -> tuple[Ints, Ints]:
        """`sure` and `gone` of unsettled rows, see Group; `before_us`: the watermark before each.

        Who speaks of an instant beyond the watermark before a row's entry knows the row. Once it is
        superseded, nobody who speaks of an instant not looked at before counts it.
        """
        ever = until == FOREVER
        # Of what is not superseded this has no meaning.
        open_us = self.looked_us[np.searchsorted(self.entries, until) - 1]
        sure = np.where(ever, before_us // tile_us + 1, FOREVER)
        gone = np.where(ever, FOREVER, open_us // tile_us + 1)
        return sure, gone


@dataclass(frozen=True, slots=True)
class Base:
    """A project's rows with what settles them, µs.

    `before_us`: the watermark before the entry of each.
    Measures over the same rows share them, and values of the same field.
    """

    rows: Rows
    lives: Lives
    before_us: Ints
    marks: Marks
    selected: dict[object, tuple[Names, _Selected, _Selected]] = field(default_factory=dict)
    values: dict[object, tuple[Some, Some]] = field(default_factory=dict)
    _tiles: dict[int, tuple[Ints, Bools]] = field(default_factory=dict)
    _counting: dict[object, Bools] = field(default_factory=dict)

    def tiles(self, tile_us: int) -> tuple[Ints, Bools]:
        """The tile of each row, and which are settled (see Group)."""
        if tile_us not in self._tiles:
            tile = self.rows.time_us // tile_us
            settled = self.lives.alone & (self.before_us < (tile + 1) * tile_us)
            self._tiles[tile_us] = tile, settled
        return self._tiles[tile_us]

    def counting(self, measure: Measure) -> Bools:
        """Rows of the measure's stream and filter that count at some entry. Not to be changed."""
        key = measure.stream, measure.where
        if key not in self._counting:
            rows, where = self.rows, measure.where
            kept = self.lives.counts & (rows.stream == rows.place_of(measure.stream))
            if where is not None:
                prefix = f"{measure.stream}/"
                columns = {
                    name: rows.fields[prefix + name]
                    for name in where.names
                    if prefix + name in rows.fields
                }
                kept &= where.holds(columns, rows.words, len(rows))
            self._counting[key] = kept
        return self._counting[key]


def based(rows: Rows, marks: Sequence[tuple[int, int, int]]) -> Base:
    """`marks`: entries, the watermark after each, and the last instant looked at then."""
    columns = Marks.of(marks)
    return Base(rows, lives(rows), columns.before_us(rows.entry), columns)


def part_of(measure: Measure, base: Base) -> Part:
    """The contributions of a measure, its ratio apart."""
    kept, value, lacking = chosen(measure, base)
    key = (measure.stream, measure.where, measure.by, measure.tile_us, lacking)
    if key not in base.selected:
        base.selected[key] = _selected(measure, base, kept)
    names, settled, late = base.selected[key]
    short = measure.take if measure.take in (Take.QUANTILE, Take.DISTINCT) else None
    value_key = (key, short, None if value is None else measure.field)
    if value_key not in base.values:
        found = _valued(settled, value)
        if short is not None:
            found = replace(found, value=shortened(found.value))
        base.values[value_key] = found, _valued(late, value)
    window = None if measure.window_us is None else measure.window_us // measure.tile_us
    return Part(
        measure.take,
        measure.tile_us,
        window,
        names,
        *base.values[value_key],
        late.sure,
        late.gone,
        settled.cuts,
        late.cuts,
    )


def _valued(side: _Selected, value: Ints | None) -> Some:
    # One number for all of them takes no room.
    ones = np.broadcast_to(np.int64(1), side.tile.shape)
    found = ones if value is None else value[side.places]
    return Some(side.tile, found, side.entry, side.until)


def _selected(measure: Measure, base: Base, kept: Bools) -> tuple[Names, _Selected, _Selected]:
    rows = base.rows
    tile, settled = base.tiles(measure.tile_us)
    kept = kept.copy()
    group, names = grouped(measure, rows, kept)
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
        # Nothing supersedes what is settled. One number for all of them takes no room.
        until = base.lives.until[places] if late else np.broadcast_to(_FOREVER, places.shape)
        unsure = places if late else places[:0]
        sure, gone = base.marks.certainty(
            measure.tile_us, base.lives.until[unsure], base.before_us[unsure]
        )
        # Of settled rows it is compared alone.
        entry = rows.entry[places] if late else shortened(rows.entry[places])
        sides.append(_Selected(places, tile[places], entry, until, cuts, sure, gone))
    return names, sides[0], sides[1]


def chosen(measure: Measure, base: Base) -> tuple[Bools, Ints | None, str | None]:
    """Rows that count at some entry; what each counts for, None: one; the field that some lack."""
    kept = base.counting(measure)
    if measure.take is Take.COUNT or measure.field is None:
        return kept, None, None
    value = base.rows.field(measure.stream, measure.field)
    given = kept & (value != NULL)
    lacking = None if np.array_equal(given, kept) else measure.field
    return given, bucket_of(value) if measure.take is Take.QUANTILE else value, lacking


def grouped(measure: Measure, rows: Rows, kept: Bools) -> tuple[NDArray[np.int64] | None, Names]:
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
