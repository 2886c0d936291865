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
            names = array.dictionary.to_pylist()
            numbers = pa.array([codes.get(name, unknown) for name in names], pa.int64())
            array = numbers.take(array.indices)
        stored[column_name(part.stream.id, spec.name)] = array
    return stored


def same(columns: Columns, asked: Mask, table: pa.Table, codes: Mapping[str, int]) -> Mask | None:
    """Of the rows `asked`, which have in `table` the very same original.

    The result is as long as the columns, False where not asked. None where the table does not have
    all of them at the places its order promises (an early format kept rows as they came).
    """
    at = np.searchsorted(table["seqno"].to_numpy(), columns.seqno[asked])
    if (at >= table.num_rows).any():
        return None
    held = table.take(pa.array(at))
    found = (held["seqno"].to_numpy() == columns.seqno[asked]) & (held["rev"].to_numpy() == 0)
    if not found.all():
        return None
    equal = held["time_us"].to_numpy() == columns.time_us[asked]
    equal &= pc.equal(held["op"], "new").to_numpy()
    result = np.zeros(columns.size, np.bool_)
    result[asked] = equal
    position = np.cumsum(asked) - 1
    for part in columns.streams:
        mine = asked[part.rows]
        if mine.any():
            rows = part.rows[mine]
            result[rows] &= _part_same(part, mine, held.take(pa.array(position[rows])), codes)
    return result


def _part_same(part: StreamColumns, mine: Mask, held: pa.Table, codes: Mapping[str, int]) -> Mask:
    equal: Mask = pc.equal(held["type"], part.stream.id).to_numpy()
    given = coded(part, codes, unknown=-1)
    mask = pa.array(mine)
    for name in held.schema.names:
        if name not in BASE_COLUMNS and name not in given:
            equal = equal & held[name].is_null().to_numpy()
    for name, array in given.items():
        values = array.filter(mask)
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
