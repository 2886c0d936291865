"""Events that came as JSON: decoded into typed structs at once, then turned into columns."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shidian.core.journal.batch import Incoming, TooManyError, malformed
from shidian.core.journal.columns import Columns, Ints, Mask, StreamColumns, chosen, fit
from shidian.core.journal.entry import ColumnType
from shidian_kit.wire import envelope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shidian.core.journal.streams import FieldSpec, StreamSpec

Value: TypeAlias = str | int | bool | None

_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$"
_TIME_BYTES = len("2023-01-01T09:30:00.000000Z")
_SEQNO = r"^[1-9][0-9]{0,17}$"


class Wire(msgspec.Struct, forbid_unknown_fields=True, gc=False, omit_defaults=True):
    """An event's JSON object, typed but not yet checked further (see `envelope`)."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    time: str
    project: str
    epoch: int
    seqno: str
    rev: int = 0
    op: Literal["new", "correct", "void"] = "new"
    data: dict[str, Value] = {}
    subject: str | None = None
    datacontenttype: Literal["application/json"] | None = None


_batch = msgspec.json.Decoder(list[Wire])
_raw_batch = msgspec.json.Decoder(list[msgspec.Raw])
_one = msgspec.json.Decoder(Wire)
_any = msgspec.json.Decoder()
_JSON_ERRORS = (ValueError, RecursionError)


@dataclass(slots=True)
class JsonArrivals:
    """A batch of JSON events; those that are not even typed rightly are items by themselves.

    `wires`: the others, in order; `place`: where each stood. `odd`: place → item.
    """

    wires: Sequence[Wire]
    place: Ints
    odd: dict[int, Incoming] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Number of items."""
        return len(self.wires) + len(self.odd)

    def item(self, place: int) -> Incoming:
        """One item by itself."""
        if place in self.odd:
            return self.odd[place]
        wire = self.wires[int(np.searchsorted(self.place, place))]
        return _item(msgspec.to_builtins(wire), None)

    def columns(
        self, project: str, source: str, streams: Mapping[str, StreamSpec]
    ) -> Columns | None:
        """The rows that plainly fit these streams; None if there are none."""
        wires = self.wires
        if not wires:
            return None
        epoch = wires[0].epoch
        good = np.ones(len(wires), np.bool_)
        good &= _equal([wire.project for wire in wires], project)
        good &= _equal([wire.source for wire in wires], source)
        good &= _equal([wire.epoch for wire in wires], epoch)
        good &= _equal([wire.rev for wire in wires], 0)
        good &= _equal([wire.op for wire in wires], "new")
        good &= _equal([wire.subject for wire in wires], None)
        if not 1 <= epoch <= envelope.EPOCH_MAX:
            return None
        seqno = _seqnos(wires, f"{source}/{epoch}/", good)
        time_us = _times(wires, good)
        if time_us is None:
            return None
        parts = _parts(wires, streams, good)
        return chosen(Columns(epoch, self.place, seqno, time_us, parts), good)


def read_batch(text: bytes, items_max: int) -> JsonArrivals:
    """A JSON array of events.

    Raises ValueError or TypeError if it is none, TooManyError past `items_max`.
    """
    try:
        wires = _batch.decode(text)
    except _JSON_ERRORS:
        return _read_apart(text, items_max)
    _limit(len(wires), items_max)
    return JsonArrivals(wires, np.arange(len(wires)))


def read_lines(text: bytes, items_max: int) -> JsonArrivals:
    """One event a line; a line that is no JSON is an item by itself. Raises TooManyError."""
    lines = [line for line in text.split(b"\n") if line.strip()]
    _limit(len(lines), items_max)
    return _apart(lines)


def _read_apart(text: bytes, items_max: int) -> JsonArrivals:
    """The batch again where it is not all typed rightly, so that one item spoils no other."""
    try:
        raw = _raw_batch.decode(text)
    except msgspec.DecodeError:
        # NaN and lone surrogates: only the second parser takes them; they are refused by item.
        batch = json.loads(text)
        if not isinstance(batch, list):
            raise TypeError("a batch is a JSON array of events") from None
        _limit(len(batch), items_max)
        # What was read with the last of the stack cannot be written again for its hash.
        odd = {place: _item(wire, None) for place, wire in enumerate(batch)}
        return JsonArrivals((), np.empty(0, np.int64), odd)
    _limit(len(raw), items_max)
    return _apart([bytes(one) for one in raw])


def _apart(texts: Sequence[bytes]) -> JsonArrivals:
    wires: list[Wire] = []
    place: list[int] = []
    odd: dict[int, Incoming] = {}
    for at, text in enumerate(texts):
        try:
            wires.append(_one.decode(text))
        except _JSON_ERRORS:
            odd[at] = _odd(text)
        else:
            place.append(at)
    return JsonArrivals(wires, np.array(place, np.int64), odd)


def _odd(text: bytes) -> Incoming:
    try:
        try:
            wire = _any.decode(text)
        except _JSON_ERRORS:
            wire = json.loads(text)
    except _JSON_ERRORS:
        return malformed(None, text, envelope.EnvelopeError("", "this is not JSON"))
    return _item(wire, text)


def _item(wire: Any, raw: bytes | None) -> Incoming:
    try:
        return envelope.from_dict(wire)
    except envelope.EnvelopeError as error:
        return malformed(wire, json.dumps(wire).encode() if raw is None else raw, error)


def _limit(items: int, items_max: int) -> None:
    if items > items_max:
        raise TooManyError(f"at most {items_max} events a request")


def _equal(values: list[Any], wanted: object) -> Mask | bool:
    if values.count(wanted) == len(values):
        return True
    return np.array([value == wanted for value in values])


def _seqnos(wires: Sequence[Wire], prefix: str, good: Mask) -> Ints:
    texts = pa.array([wire.seqno for wire in wires], pa.utf8())
    plain = _mask(pc.match_substring_regex(texts, _SEQNO))
    ids = pa.array([wire.id for wire in wires], pa.utf8())
    named = pc.binary_join_element_wise(pa.scalar(prefix), texts, pa.scalar("/0"), pa.scalar(""))
    good &= plain & _mask(pc.equal(ids, named))
    if not plain.all():
        texts = pc.if_else(pa.array(plain), texts, pa.scalar("1"))
    numbers: Ints = texts.cast(pa.int64()).to_numpy()
    return numbers


def _times(wires: Sequence[Wire], good: Mask) -> Ints | None:
    """µs UTC; None where one of them is no time, which the judge of single events then finds."""
    texts = pa.array([wire.time for wire in wires], pa.utf8())
    if not _all_of_usual_form(texts):
        plain = _mask(pc.match_substring_regex(texts, _TIME))
        good &= plain
        if not plain.all():
            texts = pc.if_else(pa.array(plain), texts, pa.scalar("2000-01-01T00:00:00Z"))
    try:
        moments = texts.cast(pa.timestamp("us", "UTC"))
    except pa.ArrowInvalid:
        return None
    times: Ints = moments.cast(pa.int64()).to_numpy()
    good &= (times >= envelope.TIME_MIN_US) & (times <= envelope.TIME_MAX_US)
    return times


def _all_of_usual_form(texts: pa.Array) -> bool:
    """Whether all are as our own kit writes them; Arrow's parser checks their digits."""
    _, offsets, content = texts.buffers()
    ends = np.frombuffer(offsets, np.int32)[: len(texts) + 1]
    if content is None or not (np.diff(ends) == _TIME_BYTES).all():
        return False
    letters = np.frombuffer(content, np.uint8)[: len(texts) * _TIME_BYTES]
    letters = letters.reshape(len(texts), _TIME_BYTES)
    return bool((letters[:, 10] == ord("T")).all() and (letters[:, 26] == ord("Z")).all())


def _parts(
    wires: Sequence[Wire], streams: Mapping[str, StreamSpec], good: Mask
) -> list[StreamColumns]:
    types = [wire.type for wire in wires]
    parts = []
    for name in sorted(set(types)):
        rows = _rows_of(types, name)
        stream = streams.get(name)
        if stream is None:
            good[rows] = False
            continue
        datas = [wires[row].data for row in rows.tolist()]
        mine = np.ones(len(rows), np.bool_)
        left = np.array([len(data) for data in datas])
        part = StreamColumns(stream, rows)
        for spec in stream.fields:
            array = _array(spec, [data.get(spec.name) for data in datas])
            fitted = None if array is None else fit(spec, array)
            if fitted is None:
                mine[:] = False
                break
            part.values[spec.name], fits = fitted
            mine &= fits
            left -= _mask(part.values[spec.name].is_valid())
        good[rows] &= mine & (left == 0)
        if mine.any():
            parts.append(part)
    return parts


def _rows_of(types: list[str], name: str) -> Ints:
    if types.count(name) == len(types):
        return np.arange(len(types))
    return np.array([at for at, type_ in enumerate(types) if type_ == name], np.int64)


def _array(spec: FieldSpec, values: list[Value]) -> pa.Array | None:
    """The values as one Arrow array, None where they are of several types."""
    kinds = set(map(type, values)) - {type(None)}
    if not kinds:
        return pa.nulls(len(values))
    if len(kinds) > 1:
        return None
    (kind,) = kinds
    if kind is not int:
        return pa.array(values, pa.utf8() if kind is str else pa.bool_())
    if spec.type in (ColumnType.MONEY, ColumnType.DECIMAL):
        return None  # an integer could mean either unit; the judge refuses it
    try:
        return pa.array(values, pa.int64())
    except (OverflowError, pa.ArrowInvalid):
        return None


def _mask(array: pa.Array) -> Mask:
    flags: Mask = array.to_numpy(zero_copy_only=False)
    return flags
