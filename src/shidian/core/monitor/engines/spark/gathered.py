"""A project's contributions from the tiles of all its files: what counts, settled or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shidian.core.monitor.engines.batch import Unsupported
from shidian.core.monitor.engines.columns import Some, numbered, shortened
from shidian.core.monitor.engines.names import NAMELESS, Names
from shidian.core.monitor.engines.parts import Part
from shidian.core.monitor.engines.rows import FOREVER, Lives, Rows, lives
from shidian.core.monitor.engines.selecting import Marks
from shidian.core.monitor.engines.spark.tiles import shape_of
from shidian.core.rulebook.model import Take

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from shidian.core.monitor.engines.spark.tiles import FileTiles, Shape, Spoken, Tiles
    from shidian.core.monitor.events import Ints
    from shidian.core.monitor.program import Measure

    Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Gathered:
    """Of one shape, rows of all files that count at some entry; `group` numbers `names`."""

    names: Names
    group: Ints
    tile: Ints
    entry: Ints
    until: Ints
    alone: Bools
    events: Ints
    values: Mapping[Take, Ints]


@dataclass(frozen=True, slots=True)
class _Side:
    """Places of the settled rows, or of the others, by group and tile; see Part."""

    places: Ints
    entry: Ints
    until: Ints
    cuts: Ints
    sure: Ints
    gone: Ints


class TilesSource:
    """See `source.Source`. `shapes`: of the tiles of each file, in their order."""

    def __init__(self, shapes: Sequence[Shape], files: Sequence[FileTiles]) -> None:
        self._shapes = list(shapes)
        # Whatever the order in which they came.
        self._files = sorted(files, key=lambda file: file.newest[0].tolist()[:1])
        self._lives = _lives(self._files)
        self._words: dict[str, int] = {}
        self._gathered: dict[Shape, _Gathered] = {}
        self._sides: dict[Shape, tuple[_Side, _Side]] = {}
        self._marks: Sequence[tuple[int, int, int]] | None = None
        self._columns = Marks.of(())

    @property
    def first_us(self) -> int:
        """The earliest event time; 0 without events."""
        return min((file.first_us for file in self._files if file.first_us is not None), default=0)

    def newest(self) -> dict[int, int]:
        """Highest event time of each entry that has rows."""
        found: dict[int, int] = {}
        for file in self._files:
            entries, times = file.newest
            found |= zip(entries.tolist(), times.tolist(), strict=True)
        return found

    def part(self, measure: Measure, marks: Sequence[tuple[int, int, int]]) -> Part:
        """See Source. Raises Unsupported where sums could leave int64."""
        if self._marks is not marks:
            self._marks, self._columns = marks, Marks.of(marks)
            self._sides.clear()
        shape = shape_of(measure)
        if shape not in self._gathered:
            self._gathered[shape] = self._gather(shape)
        rows = self._gathered[shape]
        if shape not in self._sides:
            self._sides[shape] = _sides(rows, shape.tile_us, self._columns)
        settled, late = self._sides[shape]
        window = None if measure.window_us is None else measure.window_us // measure.tile_us
        return Part(
            measure.take,
            measure.tile_us,
            window,
            rows.names,
            _some(measure.take, rows, settled),
            _some(measure.take, rows, late),
            late.sure,
            late.gone,
            settled.cuts,
            late.cuts,
        )

    def forget(self) -> None:
        """Let go of what tiles were put together to."""
        self._gathered.clear()
        self._sides.clear()

    def _gather(self, shape: Shape) -> _Gathered:
        at = self._shapes.index(shape)
        found: list[Tiles] = []
        revision: list[Ints] = []
        before = 0
        for file in self._files:
            tiles = file.tiles[at]
            if tiles is not None:
                if tiles.vast:
                    raise Unsupported("values add up to where exact sums are promised no longer")
                found.append(tiles)
                revision.append(_places(tiles, before))
            before += len(file.revisions.rev)
        if not found:
            return _nothing(shape)
        place = np.concatenate(revision)
        alone, until, counts = self._lot(place)
        names, group = self._grouped(shape, found)
        values = {
            take: self._said([tiles.values[take] for tiles in found]) for take in found[0].values
        }
        tile, entry = _all(found, "tile"), _all(found, "entry")
        events = _all(found, "events")
        # Of a quantile each event is a row: ranks count rows.
        kept = np.repeat(np.arange(len(tile)), events if shape.key == "bucket" else 1)
        kept = kept[counts[kept]]
        return _Gathered(
            names=names,
            group=group[kept],
            tile=tile[kept],
            entry=entry[kept],
            until=until[kept],
            alone=alone[kept],
            events=np.ones(len(kept), np.int64) if shape.key == "bucket" else events[kept],
            values={take: column[kept] for take, column in values.items()},
        )

    def _lot(self, place: Ints) -> tuple[Bools, Ints, Bools]:
        """Of rows by their places among revisions: alone, until when, whether they ever count."""
        if not len(self._lives.until):
            yes = np.ones(len(place), np.bool_)
            return yes, np.full(len(place), FOREVER, np.int64), yes
        single, at = place < 0, np.maximum(place, 0)
        return (
            single | self._lives.alone[at],
            np.where(single, FOREVER, self._lives.until[at]),
            single | self._lives.counts[at],
        )

    def _grouped(self, shape: Shape, found: Sequence[Tiles]) -> tuple[Names, Ints]:
        """Groups of all files together, and each row's among them."""
        if not shape.by:
            return NAMELESS, np.zeros(sum(len(tiles.tile) for tiles in found), np.int64)
        columns = [
            self._said([tiles.by[place] for tiles in found]) for place in range(len(shape.by))
        ]
        said = [self._saying(found[0].by[place].kind) for place in range(len(shape.by))]
        if len(columns) == 1:
            keys, numbers = numbered(columns[0])
            keys = keys[:, None]
        else:
            keys, numbers = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
        begin, parts = 0, []
        for tiles in found:
            size = len(tiles.by[0].values)
            group = np.zeros(len(tiles.tile), np.int64) if tiles.group is None else tiles.group
            parts.append(numbers[begin : begin + size][group])
            begin += size
        return Names(shape.by, keys, said), np.concatenate(parts)

    def _said(self, columns: Sequence[Spoken]) -> Ints:
        """Columns of all files as one; words as numbers that all of them share."""
        found = []
        for column in columns:
            values = column.values.astype(np.int64)
            if column.kind == "word":
                known = [self._words.setdefault(word, len(self._words)) for word in column.words]
                values = np.array(known, np.int64)[values]
            found.append(values)
        return np.concatenate(found)

    def _saying(self, kind: str) -> Callable[[int], object]:
        """From a number to what the event said."""
        if kind == "bool":
            return bool
        if kind == "word":
            return {number: word for word, number in self._words.items()}.__getitem__
        return int


def _lives(files: Sequence[FileTiles]) -> Lives:
    """Of all revisions, file by file: which counts until when."""
    empty = np.empty(0, np.int64)

    def all_of(name: str) -> Ints:
        return np.concatenate([empty, *(getattr(file.revisions, name) for file in files)])

    entry = all_of("entry")
    rows = Rows(
        entry=entry,
        feed=all_of("feed"),
        seqno=all_of("seqno"),
        rev=all_of("rev"),
        void=all_of("void").astype(np.bool_),
        stream=entry,
        time_us=entry,
        streams=(),
        fields={},
        words={},
        kinds={},
        unpermitted=lambda: np.zeros(len(entry), np.bool_),
    )
    return lives(rows)


def _places(tiles: Tiles, before: int) -> Ints:
    """Among the revisions of all files."""
    if tiles.revision is None:
        return np.full(len(tiles.tile), -1, np.int64)
    place = tiles.revision.astype(np.int64)
    return np.where(place < 0, -1, place + before)


def _all(found: Sequence[Tiles], name: str) -> Ints:
    columns = [getattr(tiles, name) for tiles in found]
    return np.concatenate(columns).astype(np.int64, copy=False)


def _nothing(shape: Shape) -> _Gathered:
    empty = np.empty(0, np.int64)
    yes = np.ones(0, np.bool_)
    keys = np.empty((0, len(shape.by)), np.int64)
    names = Names(shape.by, keys, [int] * len(shape.by)) if shape.by else NAMELESS
    values = dict.fromkeys(Take, empty)
    return _Gathered(names, empty, empty, empty, empty, yes, empty, values)


def _sides(rows: _Gathered, tile_us: int, marks: Marks) -> tuple[_Side, _Side]:
    before_us = marks.before_us(rows.entry)
    settled = rows.alone & (before_us < (rows.tile + 1) * tile_us)
    found = []
    for side, late in ((settled, False), (~settled, True)):
        places = np.flatnonzero(side)
        places = places[np.lexsort((rows.tile[places], rows.group[places]))]
        counts = np.bincount(rows.group[places], minlength=len(rows.names))
        entry, until = rows.entry[places], rows.until[places]
        unsure = places if late else places[:0]
        sure, gone = marks.certainty(tile_us, rows.until[unsure], before_us[unsure])
        if not late:
            entry = shortened(entry)
            # Nothing supersedes what is settled. One number for all of them takes no room.
            until = np.broadcast_to(np.int64(FOREVER), places.shape)
        found.append(_Side(places, entry, until, np.append(0, np.cumsum(counts)), sure, gone))
    return found[0], found[1]


def _some(take: Take, rows: _Gathered, side: _Side) -> Some:
    events = rows.events[side.places]
    value = events if take is Take.COUNT else rows.values[take][side.places]
    short = take in (Take.DISTINCT, Take.QUANTILE) and not side.until.strides[0]
    return Some(
        rows.tile[side.places],
        shortened(value) if short else value,
        side.entry,
        side.until,
        events,
    )
