"""A project's events in columns, every revision, and from which entry until which each counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shidian.core.monitor.engines.columns import places_among
from shidian.core.monitor.events import NULL
from shidian.core.monitor.leases import UNPERMITTED, unpermitted_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from shidian.core.journal.entry import Entry
    from shidian.core.monitor.events import Ints

FOREVER = 2**63 - 1
"""`until` of a revision that nothing supersedes."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows in order of event time.

    `entry` brought the row, `feed` numbers (source, epoch), `stream` is a place in `streams`.
    `fields`: `<stream>/<field>` → int64, NULL where left out; words as numbers of `words`.
    `unpermitted`: finds which rows no permit covered.
    """

    entry: Ints
    feed: Ints
    seqno: Ints
    rev: Ints
    void: NDArray[np.bool_]
    stream: Ints
    time_us: Ints
    streams: tuple[str, ...]
    fields: Mapping[str, Ints]
    words: Mapping[str, int]

    kinds: Mapping[str, str]
    unpermitted: Callable[[], NDArray[np.bool_]]

    def __len__(self) -> int:
        return len(self.entry)

    @property
    def nbytes(self) -> int:
        """Memory held."""
        return (7 + len(self.fields)) * 8 * len(self)

    def place_of(self, stream: str) -> int:
        """The stream's number; −1 where no row is of it."""
        return self.streams.index(stream) if stream in self.streams else -1

    def field(self, stream: str, name: str) -> Ints:
        """Values of a field; NULL in rows of other streams and where left out."""
        if name == UNPERMITTED:
            return np.where(self.unpermitted(), 1, NULL)
        found = self.fields.get(f"{stream}/{name}")
        return np.full(len(self), NULL, np.int64) if found is None else found

    def said(self, stream: str, name: str) -> Callable[[int], object]:
        """From a number of the field to what the event said."""
        kind = self.kinds.get(f"{stream}/{name}", "int")
        if kind == "bool":
            return bool
        if kind == "word":
            words = {number: word for word, number in self.words.items()}
            return words.__getitem__
        return int


def rows_of(
    tables: Iterable[Tagged],
    heads: Sequence[Entry],
    leases: Callable[[], Sequence[Entry]],
    feeds: Mapping[tuple[str, int], int] | None = None,
) -> Rows:
    """Tables of one project → its rows, in order of time.

    `heads`: its entries, who sent each. `leases` reads its leases, where a measure asks for them.
    `feeds`: numbers of sources and epochs; else they are numbered as they come.
    """
    columns = _Columns()
    for table in tables:
        columns.add(table)
    return columns.rows(heads, leases, feeds)


@dataclass(frozen=True, slots=True)
class Tagged:
    """A table with `seqno`, `rev`, `time_us`, `type` and typed fields; the entry of each row, and
    whether it voids."""

    table: pa.Table
    entry: Ints
    void: NDArray[np.bool_]


class _Columns:
    """Gathers columns of tables that need not have the same fields."""

    def __init__(self) -> None:
        self._parts: list[tuple[Tagged, Ints]] = []
        self._streams: dict[str, int] = {}
        self._words: dict[str, int] = {}
        self._kinds: dict[str, str] = {}
        self._fields: dict[str, list[tuple[int, Ints]]] = {}
        self._size = 0

    def add(self, tagged: Tagged) -> None:
        """Take in a table."""
        table = tagged.table
        self._parts.append((tagged, _coded(table.column("type"), self._streams)))
        for name in table.column_names:
            if "/" in name:
                column = table.column(name)
                self._fields.setdefault(name, []).append((self._size, self._numbers(name, column)))
        self._size += table.num_rows

    def rows(
        self,
        heads: Sequence[Entry],
        leases: Callable[[], Sequence[Entry]],
        feeds: Mapping[tuple[str, int], int] | None,
    ) -> Rows:
        """All of them, in order of time."""
        time_us = self._whole(lambda tagged: _ints(tagged.table.column("time_us")))
        order = np.argsort(time_us, kind="stable")
        # Tables are in order, or nearly: few rows lie elsewhere.
        moved = np.flatnonzero(order != np.arange(self._size))
        source = order[moved]

        def sort(column: Any) -> Any:
            column[moved] = column[source]
            return column

        entry = sort(self._whole(lambda tagged: tagged.entry))
        stream = np.concatenate([codes for _, codes in self._parts] or [np.empty(0, np.int64)])
        return Rows(
            entry=entry,
            feed=row_feeds(entry, heads, feeds),
            seqno=sort(self._whole(lambda tagged: _ints(tagged.table.column("seqno")))),
            rev=sort(self._whole(lambda tagged: _ints(tagged.table.column("rev")))),
            void=sort(self._whole(lambda tagged: tagged.void)),
            stream=sort(stream),
            time_us=sort(time_us),
            streams=tuple(self._streams),
            fields={name: sort(self._spread(pieces)) for name, pieces in self._fields.items()},
            words=self._words,
            kinds=self._kinds,
            unpermitted=lambda: unpermitted_rows(entry, time_us, heads, leases()),
        )

    def _spread(self, pieces: Sequence[tuple[int, Ints]]) -> Ints:
        """A field of all rows from what tables have of it; NULL elsewhere."""
        if sum(len(values) for _, values in pieces) == self._size:
            return np.concatenate([values for _, values in pieces])
        found = np.full(self._size, NULL, np.int64)
        for start, values in pieces:
            found[start : start + len(values)] = values
        return found

    def _whole(self, column: Callable[[Tagged], Any]) -> Any:
        parts = [column(tagged) for tagged, _ in self._parts]
        return np.concatenate(parts) if parts else np.empty(0, np.int64)

    def _numbers(self, name: str, column: pa.ChunkedArray) -> Ints:
        kind = column.type
        if pa.types.is_string(kind) or pa.types.is_dictionary(kind):
            self._kinds[name] = "word"
            return _coded(column, self._words)
        self._kinds[name] = "bool" if pa.types.is_boolean(kind) else "int"
        whole = column if kind == pa.int64() else column.cast(pa.int64())
        found: Ints = (pc.fill_null(whole, NULL) if whole.null_count else whole).to_numpy()
        return found


def numbered_feeds(heads: Sequence[Entry]) -> dict[tuple[str, int], int]:
    """A number for each source and epoch."""
    named: dict[tuple[str, int], int] = {}
    for head in heads:
        named.setdefault((head.source, head.epoch), len(named))
    return named


def row_feeds(
    entry: Ints, heads: Sequence[Entry], feeds: Mapping[tuple[str, int], int] | None = None
) -> Ints:
    """The number of the source and epoch of each row's entry."""
    named = numbered_feeds(heads) if feeds is None else feeds
    if len(entry) == 0:
        return np.empty(0, np.int64)
    numbers = np.array([head.entry for head in heads], np.int64)
    found = np.array([named[head.source, head.epoch] for head in heads], np.int64)
    return found[places_among(numbers, entry)]


def _ints(column: pa.ChunkedArray) -> Ints:
    found: Ints = column.to_numpy().astype(np.int64, copy=False)
    return found


def _coded(column: pa.ChunkedArray, codes: dict[str, int]) -> Ints:
    """Words as numbers of `codes`, which grows; NULL for null."""
    encoded = column
    if not pa.types.is_dictionary(column.type):
        encoded = column.dictionary_encode()
    encoded = encoded.unify_dictionaries().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        if encoded.num_chunks == 0:
            return np.empty(0, np.int64)
        encoded = encoded.chunk(0)
    words = encoded.dictionary.to_pylist()
    numbers = np.array([codes.setdefault(w, len(codes)) for w in words] + [NULL], np.int64)
    indices = encoded.indices
    if indices.null_count:
        indices = pc.fill_null(indices.cast(pa.int64()), len(words))
    coded: Ints = numbers[indices.to_numpy(zero_copy_only=False)]
    return coded


@dataclass(frozen=True, slots=True)
class Lives:
    """What counts, and when: a row from its entry on and before entry `until`.

    `counts`: it counts at some entry. `alone`: it is the only revision there ever was.
    """

    counts: NDArray[np.bool_]
    until: Ints
    alone: NDArray[np.bool_]


def lives(rows: Rows) -> Lives:
    """The highest revision of an identity counts, whatever the order of arrival; a void: none."""
    counts = ~rows.void
    until = np.full(len(rows), FOREVER, np.int64)
    alone = np.ones(len(rows), np.bool_)
    places = _with_namesakes(rows)
    if len(places) == 0:
        return Lives(counts, until, alone)
    alone[places] = False
    order = np.lexsort(
        (-rows.rev[places], rows.entry[places], rows.seqno[places], rows.feed[places])
    )
    winner, best = -1, -1
    name: tuple[int, int] | None = None
    for place in places[order].tolist():
        found = (int(rows.feed[place]), int(rows.seqno[place]))
        if found != name:
            name, winner, best = found, -1, -1
        if rows.rev[place] <= best:
            counts[place] = False
            continue
        if winner >= 0:
            until[winner] = rows.entry[place]
        winner, best = place, int(rows.rev[place])
    return Lives(counts, until, alone)


def _with_namesakes(rows: Rows) -> Ints:
    """Places of rows whose identity another row has too."""
    if len(rows) == 0:
        return np.empty(0, np.int64)
    low, high = int(rows.seqno.min()), int(rows.seqno.max())
    span = high - low + 1
    if span * (int(rows.feed.max()) + 1) < FOREVER:
        packed = rows.feed * span + (rows.seqno - low)
    else:
        _, packed = np.unique(np.stack((rows.feed, rows.seqno)), axis=1, return_inverse=True)
    if int(packed.max()) < 8 * len(rows):
        return np.flatnonzero(np.bincount(packed)[packed] > 1)
    ordered = np.sort(packed)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if len(twice) == 0:
        return np.empty(0, np.int64)
    at = np.minimum(np.searchsorted(twice, packed), len(twice) - 1)
    return np.flatnonzero(twice[at] == packed)


def newest_by_entry(rows: Rows) -> dict[int, int]:
    """Highest event time of each entry."""
    if len(rows) == 0:
        return {}
    base = int(rows.entry.min())
    newest = np.full(int(rows.entry.max()) - base + 1, -1, np.int64)
    # Times rise: what is assigned last to an entry is its highest.
    newest[rows.entry - base] = rows.time_us
    there = np.flatnonzero(newest >= 0)
    return dict(zip((there + base).tolist(), newest[there].tolist(), strict=True))
