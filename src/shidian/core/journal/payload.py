"""Accepted rows into the table of a payload: ordered by what it says, not by how it came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shidian.core.journal.compare import coded
from shidian.core.journal.entry import BASE_COLUMNS, base_fields, typed_field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shidian.core.journal.columns import Columns
    from shidian.core.journal.streams import StreamSpec


def plain_table(columns: Columns, codes: Mapping[str, int]) -> pa.Table:
    """Rows that were accepted in columns."""
    size = columns.size
    kinds = np.zeros(size, np.int32)
    names = [part.stream.id for part in columns.streams]
    fields, arrays = base_fields(), []
    for code, part in enumerate(columns.streams):
        kinds[part.rows] = code
        whole = len(part.rows) == size
        places = None if whole else _places(part.rows, size)
        stored = coded(part, codes, unknown=None)
        for field in stream_fields(part.stream):
            array = stored[field.name]
            array = array if array.type == field.type else array.cast(field.type)
            fields.append(field)
            arrays.append(array if places is None else array.take(places))
    base = [
        pa.array(names, pa.utf8()).take(pa.array(kinds)),
        pa.array(columns.seqno),
        pa.array(np.zeros(size, np.int32)),
        pa.array(["new"], pa.utf8()).take(pa.array(np.zeros(size, np.int32))),
        pa.array(columns.time_us),
    ]
    return pa.Table.from_arrays([*base, *arrays], schema=pa.schema(fields))


def stream_fields(stream: StreamSpec) -> list[pa.Field]:
    """Arrow fields of a stream's columns, in their order."""
    return [typed_field(stream.id, spec.name, spec.type, spec.scale) for spec in stream.fields]


def in_order(tables: Sequence[pa.Table]) -> pa.Table:
    """One table of all rows by (seqno, rev); columns of streams by name."""
    fields = {field.name: field for table in tables for field in table.schema}
    names = [*BASE_COLUMNS, *sorted(fields.keys() - set(BASE_COLUMNS), key=_stream_then_field)]
    schema = pa.schema([fields[name] for name in names])
    table = tables[0].select(names) if len(tables) == 1 else _joined(tables, schema)
    seqno, rev = table["seqno"].to_numpy(), table["rev"].to_numpy()
    if not rev.any() and (np.diff(seqno) > 0).all():
        return table
    return table.take(pa.array(np.lexsort([rev, seqno])))


def _joined(tables: Sequence[pa.Table], schema: pa.Schema) -> pa.Table:
    columns = [
        pa.chunked_array(
            [
                chunk
                for table in tables
                for chunk in (
                    table[field.name].chunks
                    if field.name in table.schema.names
                    else [pa.nulls(table.num_rows, field.type)]
                )
            ],
            field.type,
        )
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _stream_then_field(name: str) -> tuple[str, str]:
    stream, _, field = name.partition("/")
    return stream, field


def _places(rows: np.typing.NDArray[np.int64], size: int) -> pa.Array:
    """For each of `size` rows its place among the part's, null where it is another stream's."""
    places = np.zeros(size, np.int64)
    absent = np.ones(size, np.bool_)
    places[rows] = np.arange(len(rows))
    absent[rows] = False
    return pc.if_else(pa.array(absent), pa.scalar(None, pa.int64()), pa.array(places))
