"""A project's events in columns, addressed by identity: which revision counts, and its values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from shidian.core.monitor.leases import UNPERMITTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shidian.core.monitor.past import Batch

Ints: TypeAlias = NDArray[np.int64]

NULL = -(2**63)
"""Stands for a field left out; as a value it lies beyond what exact sums are promised for."""

_ChunkKey: TypeAlias = "tuple[str, int, int]"
"""Source, epoch, seqno // _CHUNK."""

_CHUNK = 1024
_NEVER_CAME = -1
_FORGOTTEN = -2
_FEW = 128
"""A chunk of forgotten identities names the others one by one where there are no more of them."""

_VOID = "void"


class SumOverflow(ArithmeticError):  # noqa: N818 - what happened
    """The values counted add up beyond what exact integer sums are promised for."""


@dataclass(frozen=True, slots=True)
class Changed:
    """Rows of the table that an entry retracted and inserted."""

    retracted: Ints
    inserted: Ints


class EventTable:
    """Columns: time, stream, seqno, revision, whether it counts; one slot per field of its stream.

    A correction is a new row; the old one no longer counts. Memory: about 8 bytes times (5 + the
    widest stream's fields) per revision that is held. A correction may come at any time and a new
    rulebook may ask new questions of the whole history: so an original that was let go of (see
    `forget`) leaves behind that there is one, and since when, to be called back from the log.
    """

    def __init__(self) -> None:
        self.streams: dict[str, int] = {}
        self._size = 0
        self._time: Ints = np.empty(_CHUNK, np.int64)
        self._stream: NDArray[np.int32] = np.empty(_CHUNK, np.int32)
        self._seqno: Ints = np.empty(_CHUNK, np.int64)
        self._rev: NDArray[np.int32] = np.empty(_CHUNK, np.int32)
        self._counts: NDArray[np.bool_] = np.zeros(_CHUNK, np.bool_)
        self._unpermitted: NDArray[np.bool_] = np.zeros(_CHUNK, np.bool_)
        self._slots: list[Ints] = []
        self._slot_of: dict[tuple[int, str], int] = {}
        self._slots_used: dict[int, int] = {}
        self._chunks: dict[_ChunkKey, Ints] = {}
        self._few: dict[_ChunkKey, tuple[Ints, Ints]] = {}
        self._forgotten_us: dict[_ChunkKey, int] = {}
        self.words: dict[str, int] = {}
        self._said: list[str] = []
        self._types: dict[tuple[str, str], pa.DataType] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Without the room beyond the last row."""
        columns = ("_time", "_stream", "_seqno", "_rev", "_counts", "_unpermitted")
        room = max(self._size, 1)
        trimmed: dict[str, Any] = {name: getattr(self, name)[:room] for name in columns}
        trimmed["_slots"] = [slot[:room] for slot in self._slots]
        return vars(self) | trimmed

    def apply(
        self, table: pa.Table, source: str, epoch: int, unpermitted: NDArray[np.bool_] | None = None
    ) -> Changed:
        """Take in an entry's rows. The highest revision of an identity counts, in any order.

        `unpermitted`: of each row, whether no permit covered it (see `leases`); None: of none.
        Raises SumOverflow on a value that no sum could hold.
        """
        seqno: Ints = table.column("seqno").to_numpy()
        rev = table.column("rev").to_numpy()
        # Of one identity in one entry, only the highest revision matters.
        order = np.lexsort((rev, seqno))
        last = np.append(seqno[order][1:] != seqno[order][:-1], np.True_)
        chosen = order[last]
        known = self._rows_of(source, epoch, seqno[chosen])
        assert not (known == _FORGOTTEN).any()  # noqa: S101 - called back before (see Values)
        wins = (known < 0) | (rev[chosen] > self._rev[np.maximum(known, 0)])
        chosen, known = chosen[wins], known[wins]
        old = known[known >= 0]
        retracted = old[self._counts[old]]
        rows = self._append(table, chosen)
        self._unpermitted[rows] = False if unpermitted is None else unpermitted[chosen]
        self._remember(source, epoch, seqno[chosen], rows)
        self._counts[old] = False
        return Changed(retracted, rows[self._counts[rows]])

    # --- what is not held ------------------------------------------------------------------

    def __len__(self) -> int:
        """Rows held."""
        return self._size

    def oldest_us(self, table: pa.Table, source: str, epoch: int) -> int:
        """No event that an entry's rows insert or retract lies before this, held or forgotten."""
        seqno = np.unique(table.column("seqno").to_numpy())
        oldest = int(table.column("time_us").to_numpy().min())
        known = self._rows_of(source, epoch, seqno)
        held = known[known >= 0]
        if len(held):
            oldest = min(oldest, int(self._time[held].min()))
        for number in np.unique(seqno[known == _FORGOTTEN] // _CHUNK).tolist():
            oldest = min(oldest, self._forgotten_us[source, epoch, number])
        return oldest

    def forget(self, before_us: int) -> Ints:
        """Let go of originals before an instant; of each row its new place, −1 where it is gone.

        Whatever has been corrected or voided stays, since the log alone does not say which of its
        revisions counts. What no longer counts and has a later revision goes.
        """
        newest = np.zeros(self._size, np.bool_)
        for rows in (*self._chunks.values(), *(rows for _, rows in self._few.values())):
            newest[rows[rows >= 0]] = True
        columns = (self._time, self._rev, self._counts)
        time_us, rev, counts = (column[: self._size] for column in columns)
        kept = newest & ((time_us >= before_us) | (rev > 0) | ~counts)
        places = np.where(kept, np.cumsum(kept) - 1, -1)
        for key in list(self._few):
            self._renumber_few(key, places)
        for key in list(self._chunks):
            self._renumber(key, places)
        rows = np.flatnonzero(kept)
        self._size = len(rows)
        for name in ("_time", "_stream", "_seqno", "_rev", "_counts", "_unpermitted"):
            setattr(self, name, _taken(getattr(self, name), rows))
        self._slots = [_taken(slot, rows) for slot in self._slots]
        return places

    def recall(self, batch: Batch, low_us: int, high_us: int) -> None:
        """Take in again, from an entry taken in before, what of [low, high) was forgotten."""
        seqno: Ints = batch.table.column("seqno").to_numpy()
        time_us = batch.table.column("time_us").to_numpy()
        original = batch.table.column("rev").to_numpy() == 0
        asked = np.flatnonzero(original & (time_us >= low_us) & (time_us < high_us))
        # An identity that came twice in one entry was the same twice.
        asked = asked[np.unique(seqno[asked], return_index=True)[1]]
        known = self._rows_of(batch.source, batch.epoch, seqno[asked])
        chosen = asked[known == _FORGOTTEN]
        rows = self._append(batch.table, chosen)
        self._unpermitted[rows] = batch.unpermitted[chosen]
        self._remember(batch.source, batch.epoch, seqno[chosen], rows)

    def recalled(self, low_us: int) -> None:
        """All of [low, …) is held again: chunks of which nothing older was forgotten are whole."""
        for key in [key for key, since_us in self._forgotten_us.items() if since_us >= low_us]:
            if (self._chunk(key) == _FORGOTTEN).any():
                raise LookupError(f"what the log held before of {key[0]}, {key[1]} is not there")
            del self._forgotten_us[key]

    def live_between(self, low_us: int, high_us: int) -> Ints:
        """Rows held that count, of times in [low, high)."""
        rows = self.live_rows()
        times_us = self._time[rows]
        return rows[(times_us >= low_us) & (times_us < high_us)]

    def _renumber(self, key: _ChunkKey, places: Ints) -> None:
        """A chunk after rows were moved or let go of."""
        chunk = self._chunks[key]
        held = np.flatnonzero(chunk >= 0)
        moved = places[chunk[held]]
        self._gone(key, chunk[held[moved < 0]])
        chunk[held] = np.where(moved < 0, _FORGOTTEN, moved)
        others = np.flatnonzero(chunk != _FORGOTTEN)
        if len(others) <= _FEW:
            self._few[key] = others, chunk[others]
            del self._chunks[key]

    def _renumber_few(self, key: _ChunkKey, places: Ints) -> None:
        offsets, rows = self._few[key]
        moved = np.where(rows >= 0, places[rows], rows)
        gone = (rows >= 0) & (moved < 0)
        self._gone(key, rows[gone])
        self._few[key] = offsets[~gone], moved[~gone]

    def _gone(self, key: _ChunkKey, rows: Ints) -> None:
        if len(rows):
            since_us = int(self._time[rows].min())
            self._forgotten_us[key] = min(since_us, self._forgotten_us.get(key, since_us))

    def _chunk(self, key: _ChunkKey) -> Ints:
        """The rows of a chunk, to be changed."""
        few = self._few.pop(key, None)
        if few is not None:
            self._chunks[key] = np.full(_CHUNK, _FORGOTTEN, np.int64)
            self._chunks[key][few[0]] = few[1]
        return self._chunks.setdefault(key, np.full(_CHUNK, _NEVER_CAME, np.int64))

    def live_rows(self) -> Ints:
        """Every row that counts."""
        return np.flatnonzero(self._counts[: self._size])

    def of_stream(self, rows: Ints, stream: str) -> Ints:
        """Those of `rows` that belong to the stream."""
        mine: Ints = rows[self._stream[rows] == self.streams.get(stream, -1)]
        return mine

    def times(self, rows: Ints) -> Ints:
        """Event times, µs."""
        return self._time[rows]

    def seqnos(self, rows: Ints) -> Ints:
        """Their senders' numbers."""
        return self._seqno[rows]

    def revision(self, row: int) -> int:
        """Which revision of its event a row is."""
        return int(self._rev[row])

    def data(self, row: int, stream: str) -> dict[str, str | bool | int]:
        """What a row of that stream says, by field; what was left out is not there."""
        code = self.streams[stream]
        own = {field: slot for (of, field), slot in self._slot_of.items() if of == code}
        stored = {field: int(self._slots[slot][row]) for field, slot in own.items()}
        return {
            field: self.said(stream, field, value)
            for field, value in stored.items()
            if value != NULL
        }

    def values(self, rows: Ints, stream: str, field: str) -> Ints:
        """The field's values in rows of that stream; NULL where left out."""
        if field == UNPERMITTED:
            return np.where(self._unpermitted[rows], 1, NULL)
        slot = self._slot_of.get((self.streams.get(stream, -1), field))
        if slot is None:
            return np.full(len(rows), NULL, np.int64)
        return self._slots[slot][rows]

    def said(self, stream: str, field: str, value: int) -> str | bool | int:
        """What a stored value (not NULL) says: a word, a truth, or the number itself."""
        kind = self._types[stream, field]
        if pa.types.is_string(kind):
            return self.word(value)
        return bool(value) if pa.types.is_boolean(kind) else value

    def meant(self, said: object) -> int | None:
        """The number by which a value is stored that was said so; None: no event has said it."""
        if isinstance(said, str):
            return self.words.get(said)
        return int(said) if isinstance(said, int) and abs(said) < -NULL else None

    def word(self, code: int) -> str:
        """The word of a number."""
        if len(self._said) < len(self.words):
            self._said = list(self.words)
        return self._said[code]

    def _rows_of(self, source: str, epoch: int, seqno: Ints) -> Ints:
        """Rows of identities, or why there are none."""
        rows = np.full(len(seqno), _NEVER_CAME, np.int64)
        for number, where in _by_chunk(seqno):
            key = (source, epoch, number)
            if key in self._few or key in self._chunks:
                rows[where] = self._chunk(key)[seqno[where] - number * _CHUNK]
        return rows

    def _remember(self, source: str, epoch: int, seqno: Ints, rows: Ints) -> None:
        for number, where in _by_chunk(seqno):
            self._chunk((source, epoch, number))[seqno[where] - number * _CHUNK] = rows[where]

    def _append(self, table: pa.Table, chosen: Ints) -> Ints:
        """Copy the chosen rows of an entry to the end; their new places."""
        rows = np.arange(self._size, self._size + len(chosen), dtype=np.int64)
        self._reserve(self._size + len(chosen))
        self._size += len(chosen)
        self._seqno[rows] = table.column("seqno").to_numpy()[chosen]
        self._time[rows] = table.column("time_us").to_numpy()[chosen]
        self._rev[rows] = table.column("rev").to_numpy()[chosen]
        counts = pc.not_equal(table.column("op"), _VOID).to_numpy(zero_copy_only=False)
        self._counts[rows] = counts[chosen]
        self._stream[rows] = _coded(table.column("type"), self.streams)[chosen]
        for slot in self._slots:
            slot[rows] = NULL
        for name in table.column_names:
            stream, slash, field = name.partition("/")
            if not slash or stream not in self.streams:
                continue
            self._types[stream, field] = table.schema.field(name).type
            mine = self._stream[rows] == self.streams[stream]
            values = self._integers(table.column(name))[chosen]
            self._slot(self.streams[stream], field)[rows[mine]] = values[mine]
        return rows

    def _integers(self, column: pa.ChunkedArray) -> Ints:
        if pa.types.is_string(column.type):
            return _coded(column, self.words)
        whole = column.cast(pa.int64()) if column.type != pa.int64() else column
        filled: Ints = pc.fill_null(whole, NULL).to_numpy()
        if np.count_nonzero(filled == NULL) != column.null_count:
            raise SumOverflow("a value of -2^63 is beyond exact sums")
        return filled

    def _slot(self, stream: int, field: str) -> Ints:
        place = self._slot_of.get((stream, field))
        if place is None:
            place = self._slots_used.get(stream, 0)
            self._slots_used[stream] = place + 1
            self._slot_of[(stream, field)] = place
            if place == len(self._slots):
                self._slots.append(np.full(len(self._time), NULL, np.int64))
        return self._slots[place]

    def _reserve(self, size: int) -> None:
        if size <= len(self._time):
            return
        room = max(size, 2 * len(self._time))
        self._time = _grown(self._time, room)
        self._seqno = _grown(self._seqno, room)
        self._stream = _grown(self._stream, room)
        self._rev = _grown(self._rev, room)
        self._counts = _grown(self._counts, room)
        self._unpermitted = _grown(self._unpermitted, room)
        self._slots = [_grown(slot, room) for slot in self._slots]


def _taken(column: Any, rows: Ints) -> Any:
    """Some rows of a column, with room for one more at the least."""
    taken = np.empty(max(len(rows), _CHUNK), column.dtype)
    taken[: len(rows)] = column[rows]
    return taken


def _grown(column: Any, room: int) -> Any:
    """A longer column. What lies beyond is written before it is read, and takes no memory yet."""
    grown = np.empty(room, column.dtype)
    grown[: len(column)] = column
    return grown


def _by_chunk(seqno: Ints) -> Sequence[tuple[int, Any]]:
    """Chunk numbers with the places of `seqno` (rising) that fall in them."""
    if len(seqno) == 0:
        return ()
    numbers = seqno // _CHUNK
    cuts = np.flatnonzero(np.diff(numbers)) + 1
    starts = [0, *cuts.tolist()]
    ends = [*cuts.tolist(), len(seqno)]
    return [(int(numbers[a]), slice(a, b)) for a, b in zip(starts, ends, strict=True)]


def _coded(column: pa.ChunkedArray, codes: dict[str, int]) -> Ints:
    """Strings as numbers of `codes`, which grows; NULL for null."""
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    words = encoded.dictionary.to_pylist()
    numbers = np.array([codes.setdefault(w, len(codes)) for w in words] + [NULL], np.int64)
    indices = pc.fill_null(encoded.indices, len(words)).to_numpy(zero_copy_only=False)
    coded: Ints = numbers[indices]
    return coded
