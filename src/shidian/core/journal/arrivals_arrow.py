"""Events that came as an Arrow IPC stream: columns already, checked as strictly as any other.

The schema's metadata names the `epoch`; columns are `seqno` (int64), `time_us` (int64), `type`
(text), `rev` (int32) and `op` (text) where revisions are among them, and `<stream>/<field>`.
"""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc

from shidian.core.journal.batch import Incoming, TooManyError, malformed
from shidian.core.journal.columns import Columns, StreamColumns, chosen, fit
from shidian.core.journal.entry import ColumnType
from shidian_kit.wire import envelope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.journal.columns import Ints, Mask
    from shidian.core.journal.streams import FieldSpec, StreamSpec

COLUMNS_MAX = 1_024
_FIXED: Mapping[str, pa.DataType] = {
    "seqno": pa.int64(),
    "time_us": pa.int64(),
    "type": pa.utf8(),
    "rev": pa.int32(),
    "op": pa.utf8(),
}
_REQUIRED = ("seqno", "time_us", "type")


class ArrowError(ValueError):
    """A stream that cannot be read as events at all; the message says what is right."""


@dataclass(slots=True)
class ArrowArrivals:
    """A table of events of one epoch."""

    project: str
    source: str
    epoch: int
    table: pa.Table

    @property
    def size(self) -> int:
        """Number of items."""
        return int(self.table.num_rows)

    def columns(
        self, project: str, source: str, streams: Mapping[str, StreamSpec]
    ) -> Columns | None:
        """The rows that plainly fit these streams; None if there are none."""
        if (project, source) != (self.project, self.source):
            return None
        table = self.table
        seqno: Ints = table["seqno"].to_numpy()
        time_us: Ints = table["time_us"].to_numpy()
        good = seqno > 0
        good &= (time_us >= envelope.TIME_MIN_US) & (time_us <= envelope.TIME_MAX_US)
        if "rev" in table.schema.names:
            good &= table["rev"].to_numpy() == 0
        if "op" in table.schema.names:
            good &= pc.equal(table["op"].cast(pa.utf8()), "new").to_numpy()
        parts = self._parts(streams, good)
        return chosen(Columns(self.epoch, np.arange(len(seqno)), seqno, time_us, parts), good)

    def _parts(self, streams: Mapping[str, StreamSpec], good: Mask) -> list[StreamColumns]:
        table = self.table
        types = _combined(table["type"]).cast(pa.utf8()).dictionary_encode()
        codes = types.indices.to_numpy()
        named = {
            f"{stream.id}/{spec.name}" for stream in streams.values() for spec in stream.fields
        }
        for name in table.schema.names:
            if name not in _FIXED and name not in named:
                good &= table[name].is_null().to_numpy()
        parts = []
        for code, name in enumerate(types.dictionary.to_pylist()):
            mask = codes == code
            stream = streams.get(name)
            if stream is None:
                good &= ~mask
                continue
            part = StreamColumns(stream, np.flatnonzero(mask))
            fits = self._fill(part, whole=bool(mask.all()))
            good[part.rows] &= fits
            for other in named:
                if not other.startswith(f"{name}/") and other in table.schema.names:
                    good[part.rows] &= table[other].is_null().to_numpy()[part.rows]
            parts.append(part)
        return parts

    def _fill(self, part: StreamColumns, *, whole: bool) -> Mask:
        """Values of the part's columns, and which of its rows fit."""
        fits = np.ones(len(part.rows), np.bool_)
        for spec in part.stream.fields:
            name = f"{part.stream.id}/{spec.name}"
            array: pa.Array = pa.nulls(len(part.rows))
            if name in self.table.schema.names:
                array = _combined(self.table[name])
                array = array if whole else array.take(pa.array(part.rows))
                field = self.table.schema.field(name)
                if not _is_null(array) and not _travels(spec, field):
                    fits[:] = False
                    return fits
                if pa.types.is_decimal(array.type):
                    array = array.cast(pa.utf8())
            fitted = fit(spec, array)
            if fitted is None:
                fits[:] = False
                return fits
            part.values[spec.name], mine = fitted
            fits &= mine
        return fits

    def item(self, place: int) -> Incoming:
        """One item by itself, as the same event in JSON would be."""
        row = self.table.slice(place, 1)
        first = {name: row[name][0].as_py() for name in row.schema.names if name in _FIXED}
        type_ = first["type"]
        data = {}
        for field in row.schema:
            value = row[field.name][0].as_py()
            if field.name in _FIXED or value is None:
                continue
            stream, _, name = field.name.partition("/")
            data[name if stream == type_ else field.name] = _shown(value, field)
        rev, op = first.get("rev", 0), first.get("op", "new")
        wire: dict[str, Any] = {
            "specversion": "1.0",
            "id": f"{self.source}/{self.epoch}/{first['seqno']}/{rev}",
            "project": self.project,
            "source": self.source,
            "epoch": self.epoch,
            "seqno": str(first["seqno"]),
            "rev": rev,
            "op": op,
            "type": type_,
            "data": data,
        }
        try:
            wire["time"] = envelope.format_time(first["time_us"])
        except OverflowError:
            wire["time"] = "out of range"
        try:
            return envelope.from_dict(wire)
        except envelope.EnvelopeError as error:
            raw = json.dumps(wire, sort_keys=True, default=str).encode()
            return malformed(wire, hashlib.sha256(raw).digest(), error)


def read_stream(body: bytes, project: str, source: str, items_max: int) -> ArrowArrivals:
    """An Arrow IPC stream of events. Raises ArrowError, TooManyError past `items_max` rows."""
    try:
        if _compressed(body):
            raise ArrowError(
                "compress the whole body by Content-Encoding, not the stream's buffers"
            )
        with pa.ipc.open_stream(body) as reader:
            batches = []
            rows = 0
            for batch in reader:
                rows += batch.num_rows
                if rows > items_max:
                    raise TooManyError(f"at most {items_max} events a request")
                batches.append(batch)
            table = pa.Table.from_batches(batches, reader.schema)
        _check(table)
        # Offsets, texts and dictionary indices come from outside: none may be trusted.
        table.validate(full=True)
        about = table.schema.metadata or {}
        epoch = int(about.get(b"epoch", b""))
    except (pa.ArrowException, struct.error, ValueError, IndexError, OSError) as error:
        if isinstance(error, ArrowError | TooManyError):
            raise
        raise ArrowError(f"not a whole Arrow IPC stream of events: {error}") from error
    if not 1 <= epoch <= envelope.EPOCH_MAX:
        raise ArrowError(f"metadata epoch must be 1 to {envelope.EPOCH_MAX}")
    return ArrowArrivals(project, source, epoch, table)


def _check(table: pa.Table) -> None:
    names = table.schema.names
    if len(set(names)) != len(names) or len(names) > COLUMNS_MAX:
        raise ArrowError(f"at most {COLUMNS_MAX} columns, each name once")
    if missing := [name for name in _REQUIRED if name not in names]:
        raise ArrowError(f"column {missing[0]} is missing")
    for name, kind in _FIXED.items():
        if name in names:
            given = table.schema.field(name).type
            if pa.types.is_dictionary(given):
                given = given.value_type
            if given != kind:
                raise ArrowError(f"column {name} must be {kind}")
            if table[name].null_count:
                raise ArrowError(f"column {name} has a null")


def _compressed(body: bytes) -> bool:
    """Whether a record batch has compressed buffers, whose size nobody knows before it is spent."""
    messages = pa.ipc.MessageReader.open_stream(body)
    while True:
        try:
            message = messages.read_next_message()
        except StopIteration:
            return False
        metadata = message.metadata.to_pybytes()
        header_type, at = _header(metadata)
        if header_type == _DICTIONARY_BATCH:
            inner = _field(metadata, at, 1)
            at = at if inner is None else inner + struct.unpack_from("<I", metadata, inner)[0]
        elif header_type != _RECORD_BATCH:
            continue
        if _field(metadata, at, 3) is not None:
            return True


_DICTIONARY_BATCH, _RECORD_BATCH = 2, 3


def _header(metadata: bytes) -> tuple[int, int]:
    """Type and place of the header table of a Message (Arrow's Message.fbs); 0 where none."""
    root = struct.unpack_from("<I", metadata, 0)[0]
    kind = _field(metadata, root, 1)
    place = _field(metadata, root, 2)
    if kind is None or place is None:
        return 0, 0
    return metadata[kind], place + int(struct.unpack_from("<I", metadata, place)[0])


def _field(metadata: bytes, table: int, number: int) -> int | None:
    """Place of a field of a flatbuffers table, None where it is left out."""
    vtable = table - struct.unpack_from("<i", metadata, table)[0]
    size = struct.unpack_from("<H", metadata, vtable)[0]
    slot = 4 + 2 * number
    if slot + 2 > size:
        return None
    offset = struct.unpack_from("<H", metadata, vtable + slot)[0]
    return None if offset == 0 else table + int(offset)


def _travels(spec: FieldSpec, field: pa.Field) -> bool:
    """Whether a column's type is one in which this field may come."""
    if spec.type in (ColumnType.MONEY, ColumnType.DECIMAL) and pa.types.is_integer(field.type):
        # Minor units, of this many digits behind the point.
        return (field.metadata or {}).get(b"scale") == str(spec.scale).encode()
    return not pa.types.is_floating(field.type)


def _shown(value: object, field: pa.Field) -> object:
    """A cell as JSON would have carried it."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    scale = (field.metadata or {}).get(b"scale")
    if isinstance(value, int) and not isinstance(value, bool) and scale is not None:
        return f"{Decimal(value).scaleb(-int(scale)):f}"
    if isinstance(value, str | int | bool | float):
        return value
    return [str(value)]  # no JSON event has such a value: refused with its field's name


def _is_null(array: pa.Array) -> bool:
    return bool(array.null_count == len(array))


def _combined(column: pa.ChunkedArray) -> pa.Array:
    combined = column.unify_dictionaries().combine_chunks()
    return combined.combine_chunks() if isinstance(combined, pa.ChunkedArray) else combined
