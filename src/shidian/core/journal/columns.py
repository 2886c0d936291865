"""A batch in columns: values checked and converted column by column, not event by event.

A row is taken here only if all of its values plainly fit; the others are left to the judge of
single events, who says what is wrong. So both always agree, and only the exception is slow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from shidian.core.journal.entry import ColumnType
from shidian.core.journal.personal import DIGITS_MIN
from shidian.core.journal.streams import CODE_MAX_CHARS, NUMBER_MAX, TEXT_MAX_CHARS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.journal.batch import Incoming
    from shidian.core.journal.streams import FieldSpec, StreamSpec

Mask: TypeAlias = NDArray[np.bool_]
Ints: TypeAlias = NDArray[np.int64]

_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_PSEUDONYM = r"^p_[a-z2-7]{8,64}$"
_INTEGER = r"^-?[0-9]{1,17}$"


@dataclass(slots=True)
class StreamColumns:
    """Rows of one stream: their places among the columns' rows, and a column per field."""

    stream: StreamSpec
    rows: Ints
    values: dict[str, pa.Array] = field(default_factory=dict)


@dataclass(slots=True)
class Columns:
    """The rows of a batch that plainly fit: originals of one epoch, values converted.

    `place`: each row's place in the batch, rising; the places that are absent are for the judge.
    A pseudonym's column is a dictionary of texts.
    """

    epoch: int
    place: Ints
    seqno: Ints
    time_us: Ints
    streams: list[StreamColumns]

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.place)


class Arrivals(Protocol):
    """A batch as it came, with as much of it in columns as plainly fits."""

    @property
    def size(self) -> int:
        """Number of items."""

    def columns(
        self, project: str, source: str, streams: Mapping[str, StreamSpec]
    ) -> Columns | None:
        """The rows that plainly fit these streams; None if there are none."""

    def item(self, place: int) -> Incoming:
        """One item by itself."""


@dataclass(slots=True)
class Listed:
    """Arrivals that are single events already."""

    items: list[Incoming]

    @property
    def size(self) -> int:
        """Number of items."""
        return len(self.items)

    def columns(
        self,
        project: str,  # noqa: ARG002 - Arrivals
        source: str,  # noqa: ARG002
        streams: Mapping[str, StreamSpec],  # noqa: ARG002
    ) -> Columns | None:
        """Nothing is in columns."""
        return None

    def item(self, place: int) -> Incoming:
        """One item by itself."""
        return self.items[place]


def chosen(columns: Columns, keep: Mask) -> Columns:
    """Those rows for which `keep` is true."""
    if keep.all():
        return columns
    position = np.cumsum(keep) - 1
    streams = []
    for part in columns.streams:
        mine = keep[part.rows]
        if mine.any():
            mask = pa.array(mine)
            values = {name: array.filter(mask) for name, array in part.values.items()}
            streams.append(StreamColumns(part.stream, position[part.rows[mine]], values))
    return Columns(
        columns.epoch, columns.place[keep], columns.seqno[keep], columns.time_us[keep], streams
    )


def fit(spec: FieldSpec, given: pa.Array) -> tuple[pa.Array, Mask] | None:
    """Values that travelled → values stored, and which of them plainly fit.

    `given`: text, integers, Booleans or decimals, as this type of field may travel. Where a value
    does not fit, what stands in its place means nothing. None where the whole column does not.
    """
    converted = _converted(spec, given)
    if converted is None:
        return None
    values, good = converted
    if spec.required and values.null_count:
        good &= _flags(values.is_valid())
    return values, good


def _converted(spec: FieldSpec, given: pa.Array) -> tuple[pa.Array, Mask] | None:
    if given.null_count == len(given):
        return pa.nulls(len(given), spec.arrow_type), np.ones(len(given), np.bool_)
    match spec.type:
        case ColumnType.MONEY | ColumnType.DECIMAL:
            return _decimals(spec, given)
        case ColumnType.INT | ColumnType.DURATION:
            return _integers(spec, given)
        case ColumnType.BOOL:
            fits = np.ones(len(given), np.bool_)
            return (given, fits) if pa.types.is_boolean(given.type) else None
        case ColumnType.PSEUDONYM:
            return _pseudonyms(given)
        case ColumnType.CODE | ColumnType.TEXT:
            return _texts(given, guarded=spec.type is ColumnType.TEXT)


def _decimals(spec: FieldSpec, given: pa.Array) -> tuple[pa.Array, Mask] | None:
    if pa.types.is_integer(given.type):
        # Only the fast lane sends these, and only where the scale is the field's own.
        return _bounded(spec, given.cast(pa.int64()), np.ones(len(given), np.bool_))
    if not pa.types.is_string(given.type):
        return None
    form = rf"^-?[0-9]{{1,16}}(\.[0-9]{{1,{spec.scale}}})?$" if spec.scale else r"^-?[0-9]{1,16}$"
    good = _flags(pc.match_substring_regex(given, form))
    if not good.all():
        given = pc.if_else(pa.array(good), given, pa.scalar("0"))
    exact = given.cast(pa.decimal128(38, spec.scale))
    low = np.frombuffer(exact.buffers()[1], np.int64)[::2]
    minor = low[exact.offset : exact.offset + len(exact)]
    missing = _flags(exact.is_null()) if exact.null_count else None
    return _bounded(spec, pa.array(minor, mask=missing), good)


def _integers(spec: FieldSpec, given: pa.Array) -> tuple[pa.Array, Mask] | None:
    good = np.ones(len(given), np.bool_)
    if pa.types.is_string(given.type):
        good = _flags(pc.match_substring_regex(given, _INTEGER))
        if not good.all():
            given = pc.if_else(pa.array(good), given, pa.scalar("0"))
    elif not pa.types.is_integer(given.type) or given.type == pa.uint64():
        return None
    return _bounded(spec, given.cast(pa.int64()), good)


def _bounded(spec: FieldSpec, values: pa.Array, good: Mask) -> tuple[pa.Array, Mask]:
    lowest = 0 if spec.non_negative or spec.type is ColumnType.DURATION else -NUMBER_MAX
    inside = pc.and_(pc.greater_equal(values, lowest), pc.less_equal(values, NUMBER_MAX))
    return values, good & _flags(inside)


def _pseudonyms(given: pa.Array) -> tuple[pa.Array, Mask] | None:
    if pa.types.is_string(given.type):
        given = given.dictionary_encode()
    if not pa.types.is_dictionary(given.type) or not pa.types.is_string(given.type.value_type):
        return None
    if given.dictionary.null_count:
        return None
    known = _flags(pc.match_substring_regex(given.dictionary, _PSEUDONYM))
    good = np.ones(len(given), np.bool_)
    if not known.all():
        good = np.append(known, True)[_indices(given, len(known))]
    return given, good


def _texts(given: pa.Array, *, guarded: bool) -> tuple[pa.Array, Mask] | None:
    if pa.types.is_dictionary(given.type):
        given = given.cast(given.type.value_type)
    if not pa.types.is_string(given.type):
        return None
    chars_max = TEXT_MAX_CHARS if guarded else CODE_MAX_CHARS
    good = _flags(pc.less_equal(pc.utf8_length(given), chars_max))
    good &= ~_flags(pc.match_substring_regex(given, _CONTROL), null=False)
    if guarded:
        digits = pc.count_substring_regex(given, r"[0-9０-９]")
        good &= _flags(pc.less(digits, DIGITS_MIN))
    return given, good


def _indices(array: pa.DictionaryArray, null: int) -> Ints:
    found: Ints = pc.fill_null(array.indices.cast(pa.int64()), null).to_numpy()
    return found


def _flags(array: pa.Array, *, null: bool = True) -> Mask:
    flags: Mask = pc.fill_null(array, null).to_numpy(zero_copy_only=False)
    return flags if flags.flags.writeable else flags.copy()
