"""The journal's unit: one accepted batch of events, or one control record.

Events of one entry are simultaneous to everything computed from the log. The order of entries is
the order of the log; `ingest_us` never goes backwards along it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc

from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

BASE_COLUMNS = ("type", "seqno", "rev", "op", "time_us")
"""Columns that every data payload has, none of them null."""

COMPRESS_FROM_ROWS = 64
"""A payload of so many rows or more is compressed inside the Arrow stream."""


class EntryKind(StrEnum):
    """What an entry holds."""

    DATA = "data"
    TICK = "tick"
    KEY = "key"
    ACTIVATION = "activation"
    PLAN = "plan"
    CLOSING = "closing"
    ORDER = "order"
    LAPSE = "lapse"
    LEASE = "lease"
    ACKNOWLEDGEMENT = "acknowledgement"
    DEPARTURE = "departure"
    ARRIVAL = "arrival"
    ROUTE = "route"


RULE_KINDS = frozenset({EntryKind.ACTIVATION, EntryKind.PLAN})
"""Control kinds that monitoring is a function of; it passes over the others."""

CONTROL_KINDS = RULE_KINDS | {
    EntryKind.KEY,
    EntryKind.CLOSING,
    EntryKind.ORDER,
    EntryKind.LAPSE,
    EntryKind.DEPARTURE,
    EntryKind.ARRIVAL,
    EntryKind.ROUTE,
}
"""Kinds that arrive through the outbox; their `seq0` is the outbox id."""


class EventsRemovedError(LookupError):
    """The entry's events were removed, since the time for which they are kept is over."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the journal.

    `entry` counts from 1; an arrival alone may leave numbers out (see `moving`). For data:
    `project`, `source`, `epoch` say who sent it, `seq0` is the lowest `seqno` among its rows and
    `n` their number. For control records `source` is empty, `epoch` 0, `seq0` the outbox id, `n` 1.
    A lease or acknowledgement names project and source, with `epoch` and `seq0` 0 and `n` 1. A tick
    has project "", `seq0` 0 and `n` 0; one that came with a project from another journal names it,
    and is a tick of that project alone.
    `sha256` is the digest of `payload`: an Arrow IPC stream for data, canonical JSON for the rest.
    The payload of a data entry is empty where its events were removed.
    """

    entry: int
    kind: EntryKind
    project: str
    seq0: int
    n: int
    ingest_us: int
    source: str
    epoch: int
    sha256: bytes
    payload: bytes

    @property
    def removed(self) -> bool:
        """Whether it held events that are no part of the log any more: `sha256` alone is left."""
        return self.kind is EntryKind.DATA and not self.payload

    def table(self) -> pa.Table:
        """The rows of a data entry (see `decode_table`). Raises EventsRemovedError."""
        if self.removed:
            raise EventsRemovedError(
                f"the events of entry {self.entry} of {self.project} were removed: the time for"
                " which they are kept is over"
            )
        return decode_table(self.payload)

    def control(self) -> dict[str, Any]:
        """The record of a control entry or tick."""
        return decode_control(self.payload)


def payload_sha256(payload: bytes) -> bytes:
    """Digest that stands in the entry's row, 32 bytes."""
    return hashlib.sha256(payload).digest()


class ColumnType(StrEnum):
    """Type of a typed field, as the field metadata `type` names it."""

    MONEY = "money"
    INT = "int"
    DECIMAL = "decimal"
    PSEUDONYM = "pseudonym"
    CODE = "code"
    BOOL = "bool"
    DURATION = "duration"
    TEXT = "text"


_ARROW_TYPES: Mapping[ColumnType, pa.DataType] = {
    ColumnType.MONEY: pa.int64(),
    ColumnType.INT: pa.int64(),
    ColumnType.DECIMAL: pa.int64(),
    ColumnType.PSEUDONYM: pa.int64(),
    ColumnType.CODE: pa.utf8(),
    ColumnType.BOOL: pa.bool_(),
    ColumnType.DURATION: pa.int64(),
    ColumnType.TEXT: pa.utf8(),
}

_ZEROS: Mapping[pa.DataType, object] = {
    pa.int32(): 0,
    pa.int64(): 0,
    pa.bool_(): False,
    pa.utf8(): "",
}


def arrow_type(kind: ColumnType) -> pa.DataType:
    """Type of the column that stores a typed field."""
    return _ARROW_TYPES[kind]


def column_name(stream: str, field: str) -> str:
    """Name of a typed field's column: `<stream>/<field>`."""
    return f"{stream}/{field}"


def base_fields() -> list[pa.Field]:
    """Arrow fields of `BASE_COLUMNS`. `op` is new, correct or void; `time_us` µs UTC."""
    return [
        pa.field("type", pa.utf8(), nullable=False),
        pa.field("seqno", pa.int64(), nullable=False),
        pa.field("rev", pa.int32(), nullable=False),
        pa.field("op", pa.utf8(), nullable=False),
        pa.field("time_us", pa.int64(), nullable=False),
    ]


def typed_field(stream: str, field: str, kind: ColumnType, scale: int) -> pa.Field:
    """Arrow field of a typed field, null in rows of other streams and where left out.

    Money and decimals are int64 in minor units with metadata `scale` (digits behind the point),
    durations int64 µs, pseudonyms the project's int64 code, codes and texts utf8.
    """
    metadata = {"type": kind.value}
    if kind in (ColumnType.MONEY, ColumnType.DECIMAL):
        metadata["scale"] = str(scale)
    return pa.field(column_name(stream, field), _ARROW_TYPES[kind], metadata=metadata)


def encode_table(table: pa.Table) -> bytes:
    """Rows → Arrow IPC stream, one record batch; equal tables give equal bytes.

    (With one release of Arrow and zstd. Another may compress otherwise, so digests of payloads are
    never made again to be compared: those written stand.)
    """
    table = pa.Table.from_arrays(
        [_canonical(column) for column in table.columns], schema=table.schema
    )
    sink = pa.BufferOutputStream()
    compression = "zstd" if table.num_rows >= COMPRESS_FROM_ROWS else None
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        for batch in table.combine_chunks().to_batches():
            writer.write_batch(batch)
    return bytes(sink.getvalue())


def _canonical(column: pa.ChunkedArray) -> pa.Array:
    """The same values in one fresh array: no slice, zeros under nulls, no bitmap without nulls."""
    array = column.combine_chunks()
    kind, size, nulls = array.type, len(array), array.null_count
    valid = None
    if nulls:
        valid = _bits(array.is_valid().to_numpy(zero_copy_only=False))
        array = pc.fill_null(array, pa.scalar(_ZEROS[kind], kind))
    if pa.types.is_string(kind):
        if array.offset or nulls:
            array = array.take(pa.array(np.arange(size)))
        _, offsets, text = array.buffers()
        return pa.Array.from_buffers(kind, size, [valid, offsets, text], nulls)
    values = array.to_numpy(zero_copy_only=False)
    data = _bits(values) if pa.types.is_boolean(kind) else pa.py_buffer(values.tobytes())
    return pa.Array.from_buffers(kind, size, [valid, data], nulls)


def _bits(flags: NDArray[np.bool_]) -> pa.Buffer:
    return pa.py_buffer(np.packbits(flags, bitorder="little").tobytes())


def decode_table(payload: bytes) -> pa.Table:
    """Arrow IPC stream → rows.

    The table has `BASE_COLUMNS` and one column `<stream>/<field>` per typed field of the streams
    that occur in the entry, streams by name; a stream that does not occur has no columns. Rows
    stand in order of (seqno, rev). Raises pyarrow.ArrowInvalid on a damaged payload.
    """
    return pa.ipc.open_stream(payload).read_all()


def encode_control(record: Mapping[str, Any]) -> bytes:
    """Control record → canonical JSON. Raises ValueError where JSON cannot hold the record."""
    return canonical.dumps(record)


def decode_control(payload: bytes) -> dict[str, Any]:
    """Canonical JSON → control record."""
    record: dict[str, Any] = msgspec.json.decode(payload, type=dict[str, Any])
    return record
