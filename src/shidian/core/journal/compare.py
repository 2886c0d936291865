"""Many rows held against what is stored under their identities: equal, or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shidian.core.journal.entry import BASE_COLUMNS, ColumnType, column_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.journal.columns import Columns, Mask, StreamColumns


def coded(
    part: StreamColumns, codes: Mapping[str, int], unknown: int | None
) -> dict[str, pa.Array]:
    """The part's values as they are stored, by column name; pseudonyms as their codes."""
    stored = {}
    for spec in part.stream.fields:
        array = part.values[spec.name]
        if spec.type is ColumnType.PSEUDONYM and pa.types.is_dictionary(array.type):
            if len(array.dictionary) > len(array):
                array = array.cast(pa.utf8()).dictionary_encode()
            names = array.dictionary.to_pylist()
            numbers = pa.array([codes.get(name, unknown) for name in names], pa.int64())
            array = numbers.take(array.indices)
        stored[column_name(part.stream.id, spec.name)] = array
    return stored


def same(columns: Columns, table: pa.Table, codes: Mapping[str, int]) -> Mask:
    """Which of the rows `table` has as the very same originals.

    False also where the table does not have a row at the place that its order promises (an early
    format kept rows as they came): whoever judges single events then looks for it.
    """
    at = np.searchsorted(table["seqno"].to_numpy(), columns.seqno)
    held = table.take(pa.array(np.minimum(at, table.num_rows - 1)))
    equal: Mask = (held["seqno"].to_numpy() == columns.seqno) & (held["rev"].to_numpy() == 0)
    equal &= held["time_us"].to_numpy() == columns.time_us
    equal &= pc.equal(held["op"], "new").to_numpy()
    for part in columns.streams:
        mine = held.take(pa.array(part.rows))
        equal[part.rows] &= _part_same(part, mine, codes)
    return equal


def _part_same(part: StreamColumns, held: pa.Table, codes: Mapping[str, int]) -> Mask:
    equal: Mask = pc.equal(held["type"], part.stream.id).to_numpy()
    given = coded(part, codes, unknown=-1)
    for name in held.schema.names:
        if name not in BASE_COLUMNS and name not in given:
            equal = equal & held[name].is_null().to_numpy()
    for name, values in given.items():
        if name in held.schema.names:
            equal = equal & _cells_same(values, held[name].combine_chunks())
        else:
            equal = equal & values.is_null().to_numpy(zero_copy_only=False)
    return equal


def _cells_same(one: pa.Array, two: pa.Array) -> Mask:
    absent: Mask = pc.and_(one.is_null(), two.is_null()).to_numpy(zero_copy_only=False)
    if one.type != two.type:
        return absent
    alike: Mask = pc.fill_null(pc.equal(one, two), False).to_numpy(zero_copy_only=False)
    return absent | alike
