"""Payloads of entries into rows of segments, and back: what is sealed can be read as it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shidian.core.journal.entry import base_fields
from shidian.core.journal.sealed.segment_row import OPS, TILE_US, layout_of, segment_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

_NO_HIGH = -(2**62)
"""Below any event time: the source had no entry before."""


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """A data entry on its way into a segment. `rows`: its payload's table."""

    entry: int
    feed: int
    source: str
    epoch: int
    rows: pa.Table


Layout = dict[str, tuple[pa.Field, ...]]


def joined(layout: Layout, other: Layout) -> Layout | None:
    """Both layouts in one, or None where a stream has other fields in the one than in the other."""
    for stream in layout.keys() & other.keys():
        one, two = layout[stream], other[stream]
        if len(one) != len(two) or not all(
            a.equals(b, check_metadata=True) for a, b in zip(one, two, strict=True)
        ):
            return None
    return layout | other


def typed_fields(layout: Layout) -> list[pa.Field]:
    """The layout's fields, streams in the order of their names."""
    return [field for stream in sorted(layout) for field in layout[stream]]


def segment_rows(entries: Sequence[SealedEntry], layout: Layout, highs: dict[str, int]) -> pa.Table:
    """Rows of `segment_schema` for consecutive entries of one project.

    `layout` is that of all of them. `highs`: source → highest event time in entries before, µs; it
    is brought forward.
    """
    high_before: list[int] = []
    for each in entries:
        high_before.append(highs.get(each.source, _NO_HIGH))
        newest = pc.max(each.rows["time_us"]).as_py()
        highs[each.source] = max(high_before[-1], newest)
    counts = [each.rows.num_rows for each in entries]
    times = np.concatenate([each.rows["time_us"].to_numpy() for each in entries])
    behind = np.maximum(np.repeat(np.array(high_before, np.int64), counts) - times, 0)
    schema = segment_schema(typed_fields(layout))
    types = pa.chunked_array(_chunks(entries, "type", pa.utf8())).combine_chunks()
    columns = [
        pa.array(np.repeat(np.array([each.entry for each in entries], np.int64), counts)),
        pa.array(np.repeat(np.array([each.feed for each in entries], np.int32), counts)),
        pa.chunked_array(_chunks(entries, "seqno", pa.int64())),
        pa.chunked_array(_chunks(entries, "rev", pa.int32())),
        _op_codes(pa.chunked_array(_chunks(entries, "op", pa.utf8()))),
        pc.dictionary_encode(types),
        pa.array(times),
        pa.array(times // TILE_US),
        pa.array(behind),
        *(
            pa.chunked_array(_chunks(entries, field.name, field.type), field.type)
            for field in schema
            if "/" in field.name
        ),
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def payload_tables(rows: pa.Table) -> dict[int, pa.Table]:
    """Rows of one or more segments of one layout → entry → the table that its payload held.

    In order of (seqno, rev), as payloads are; columns of streams that do not occur are absent.
    """
    if rows.num_rows == 0:
        return {}
    keys = [rows[name].to_numpy() for name in ("rev", "seqno", "entry")]
    rows = rows.take(pa.array(np.lexsort(keys))).combine_chunks()
    numbers = rows["entry"].to_numpy()
    starts = np.flatnonzero(np.append(True, numbers[1:] != numbers[:-1]))
    ends = np.append(starts[1:], len(numbers))
    layout = layout_of(rows.schema)
    base = pa.Table.from_arrays(
        [
            rows["type"].cast(pa.utf8()),
            rows["seqno"],
            rows["rev"],
            pa.array(OPS, pa.utf8()).take(rows["op"].combine_chunks()),
            rows["time_us"],
        ],
        schema=pa.schema(base_fields()),
    )
    return {
        int(numbers[start]): _payload_table(base, rows, layout, int(start), int(end - start))
        for start, end in zip(starts, ends, strict=True)
    }


def _payload_table(
    base: pa.Table, rows: pa.Table, layout: Layout, start: int, count: int
) -> pa.Table:
    part, typed = base.slice(start, count), rows.slice(start, count)
    streams = set(pc.unique(part["type"]).to_pylist())
    fields = [field for stream in sorted(streams) for field in layout.get(stream, ())]
    columns = [*part.columns, *(typed[field.name] for field in fields)]
    return pa.Table.from_arrays(columns, schema=pa.schema([*base_fields(), *fields]))


def _chunks(entries: Sequence[SealedEntry], name: str, kind: pa.DataType) -> list[pa.Array]:
    return [
        chunk
        for each in entries
        for chunk in (
            each.rows[name].chunks
            if name in each.rows.schema.names
            else [pa.nulls(each.rows.num_rows, kind)]
        )
    ]


def _op_codes(ops: pa.ChunkedArray) -> pa.Array:
    return pc.index_in(ops.combine_chunks(), pa.array(OPS, pa.utf8())).cast(pa.int8())
