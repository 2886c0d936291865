"""A file's events grouped by tile, in integers: what of them counts towards measures.

The GROUP BY of a replay on a cluster. An entry is part of its key, since what is known depends on
entries, and all rows of an entry lie in one file: so it is complete where the file is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from shidian.core.monitor.engines.rows import FOREVER, Lives, newest_by_entry
from shidian.core.monitor.engines.selecting import Base, Marks, chosen, grouped
from shidian.core.rulebook.model import Take

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shidian.core.monitor.engines.rows import Rows
    from shidian.core.monitor.events import Ints
    from shidian.core.monitor.predicate import Predicate
    from shidian.core.monitor.program import Measure

Identities: TypeAlias = "tuple[Ints, Ints]"
"""Numbers of feeds, and of events in them."""

NO_IDENTITIES: Identities = (np.empty(0, np.int64), np.empty(0, np.int64))

_EXACT = 2.0**61
_KEYED = frozenset({Take.DISTINCT, Take.QUANTILE})
"""Of these a value is part of the key, since they need each different one."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What measures have in common that are made of the same groups of events."""

    stream: str
    where: Predicate | None
    by: tuple[str, ...]
    tile_us: int
    field: str | None
    key: Literal["", "value", "bucket"]


def shape_of(measure: Measure) -> Shape:
    """The shape that a measure is made of; its window and what divides it play no part."""
    take = measure.take
    key: Literal["", "value", "bucket"] = ""
    if take in _KEYED:
        key = "value" if take is Take.DISTINCT else "bucket"
    name = None if take is Take.COUNT else measure.field
    return Shape(measure.stream, measure.where, measure.by, measure.tile_us, name, key)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A shape, a measure of it, and what any measure of it takes."""

    shape: Shape
    measure: Measure
    takes: frozenset[Take]

    @property
    def columns(self) -> frozenset[str]:
        """Names of the columns that it reads beside those that every file has."""
        where = self.shape.where
        names = {*self.shape.by, *(where.names if where else ()), *filter(None, [self.shape.field])}
        return frozenset(f"{self.shape.stream}/{name}" for name in names)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A column of values; of words, each is a place in `words`, which are this column's own."""

    values: Ints
    kind: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tiles:
    """A row for each tile, entry and group, with value where that is part of the key.

    `by`: the groups, a column a field. `revision`: the place among the file's revisions of an event
    that stands alone since it has some, −1 elsewhere; None: there are none. `values`: by what is
    taken; of a count they are `events`. `vast`: sums may be none that integers hold.
    """

    by: tuple[Spoken, ...]
    group: Ints | None
    tile: Ints
    entry: Ints
    events: Ints
    revision: Ints | None
    values: dict[Take, Spoken]
    vast: bool


@dataclass(frozen=True, slots=True)
class Revisions:
    """All rows of events that have more than one revision, in the columns of `Rows`."""

    feed: Ints
    seqno: Ints
    rev: Ints
    void: Any
    entry: Ints


@dataclass(frozen=True, slots=True)
class FileTiles:
    """What of a file is sent on. `newest`: entries with rows, and the highest event time of each.

    `first_us`: the earliest event time, None without rows. `tiles`: one a shape asked for; None
    where nothing counts towards it.
    """

    newest: tuple[Ints, Ints]
    first_us: int | None
    revisions: Revisions
    tiles: tuple[Tiles | None, ...]


def file_tiles(rows: Rows, wanted: Sequence[Wanted], revised: Identities) -> FileTiles:
    """Rows of some entries of one project → what counts towards the shapes.

    `revised`: at least all events of which the project has more than one revision.
    """
    mark = _marked(rows, revised)
    places = np.flatnonzero(mark >= 0)
    newest = newest_by_entry(rows)
    never = np.broadcast_to(np.int64(FOREVER), rows.entry.shape)
    base = Base(rows, Lives(~rows.void, never, ~rows.void), rows.entry[:0], Marks.of(()))
    return FileTiles(
        newest=(_short(np.array([*newest], np.int64)), np.array([*newest.values()], np.int64)),
        first_us=int(rows.time_us[0]) if len(rows) else None,
        revisions=Revisions(
            feed=rows.feed[places],
            seqno=rows.seqno[places],
            rev=rows.rev[places],
            void=rows.void[places],
            entry=rows.entry[places],
        ),
        tiles=tuple(_tiles(one, base, mark) for one in wanted),
    )


def _marked(rows: Rows, revised: Identities) -> Ints:
    """Of rows of revised events their place among these, −1 of others."""
    found = np.zeros(len(rows), np.bool_)
    feeds, seqnos = revised
    for feed in np.unique(feeds).tolist():
        found |= (rows.feed == feed) & np.isin(rows.seqno, seqnos[feeds == feed])
    mark = np.full(len(rows), -1, np.int64)
    mark[found] = np.arange(np.count_nonzero(found))
    return mark


def _tiles(wanted: Wanted, base: Base, mark: Ints) -> Tiles | None:
    measure, rows = wanted.measure, base.rows
    kept, value, _ = chosen(measure, base)
    kept = kept.copy()
    group, names = grouped(measure, rows, kept)
    places = np.flatnonzero(kept)
    if not len(places):
        return None
    columns = [] if group is None else [group[places]]
    columns += [rows.time_us[places] // measure.tile_us, rows.entry[places]]
    if wanted.shape.key and value is not None:
        columns.append(value[places])
    revision = mark[places]
    if revised := bool(np.any(revision >= 0)):
        columns.append(revision)
    order, starts = runs(columns)
    first = order[starts]
    columns = [column[first] for column in columns]
    keys = _keys(measure, rows, names.keys)
    return Tiles(
        by=keys,
        group=None if group is None else _short(columns[0]),
        tile=_short(columns[0 if group is None else 1]),
        entry=_short(columns[1 if group is None else 2]),
        events=_short(np.diff(np.append(starts, len(places)))),
        revision=_short(columns[-1]) if revised else None,
        values=_values(wanted, rows, value, places, order, starts),
        vast=value is not None and float(np.abs(value[places]).sum(dtype=np.float64)) >= _EXACT,
    )


def _values(  # noqa: PLR0917 - a column, and how its rows are put together
    wanted: Wanted, rows: Rows, value: Ints | None, places: Ints, order: Ints, starts: Ints
) -> dict[Take, Spoken]:
    if value is None:
        return {}
    found = value[places][order]
    if wanted.shape.key:
        name = wanted.shape.field or ""
        said = found[starts]
        if wanted.shape.key == "bucket":
            return {Take.QUANTILE: Spoken(_short(said), "int")}
        return {Take.DISTINCT: _spoken(rows, wanted.shape.stream, name, said)}
    reduced = {Take.SUM: np.add, Take.MAX: np.maximum, Take.MIN: np.minimum}
    return {
        take: Spoken(_short(reduce.reduceat(found, starts)), "int")
        for take, reduce in reduced.items()
        if take in wanted.takes
    }


def _keys(measure: Measure, rows: Rows, keys: Ints) -> tuple[Spoken, ...]:
    return tuple(
        _spoken(rows, measure.stream, name, keys[:, place]) for place, name in enumerate(measure.by)
    )


def _spoken(rows: Rows, stream: str, name: str, values: Ints) -> Spoken:
    """Values of a field; words by what they say, since another file numbers them otherwise."""
    kind = rows.kinds.get(f"{stream}/{name}", "int")
    if kind != "word":
        return Spoken(_short(values), kind)
    numbers, places = np.unique(values, return_inverse=True)
    said = list(rows.words)
    return Spoken(_short(places), kind, tuple(said[number] for number in numbers.tolist()))


def runs(columns: Sequence[Ints]) -> tuple[Ints, Ints]:
    """An order in which rows alike stand together, sorted; the places in it at which each begins.

    At least one column, the first the most significant, and at least one row.
    """
    packed: Any = 0
    room = 1
    for column in columns:
        low, high = int(column.min()), int(column.max())
        span = high - low + 1
        room *= span
        if room >= 2**62:
            break
        packed = packed * span + (column - low)
    else:
        order = np.argsort(packed, kind="stable")
        there = packed[order]
        return order, np.flatnonzero(np.append(np.True_, there[1:] != there[:-1]))
    order = np.lexsort(tuple(reversed(columns)))
    begins = np.zeros(len(order), np.bool_)
    begins[0] = True
    for column in columns:
        there = column[order]
        begins[1:] |= there[1:] != there[:-1]
    return order, np.flatnonzero(begins)


def _short(values: Ints) -> Any:
    """In the shortest integers that hold them: it travels."""
    if not len(values):
        return values.astype(np.int8)
    low, high = int(values.min()), int(values.max())
    for kind in (np.int8, np.int16, np.int32):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return values.astype(kind)
    return values
