"""Streams as the journal needs them: which fields an event has, and how each value is stored.

Read from the resolved document of a project's latest activation, whose scalars are text. Only
`streams[].id`, `streams[].fields.*.{type,scale,required,non_negative}` and `monitoring.tick` are
looked at; the rest of the rulebook is none of the journal's business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from shidian.core.journal.entry import ColumnType, arrow_type
from shidian.core.journal.personal import personal_data

if TYPE_CHECKING:
    import pyarrow as pa

Stored: TypeAlias = "str | int | bool | None"
"""A value as the payload holds it; a pseudonym is still text here and becomes a code later."""

NUMBER_MAX = 2**53
"""Largest magnitude of one value, in minor units. Sums are exact up to 2^62 and stop the project's
evaluation beyond; so one absurd value must not get that far: it is refused with its reason."""
SCALE_DEFAULT = 2
SCALE_MAX = 9
CODE_MAX_CHARS = 128
TEXT_MAX_CHARS = 2000
TICK_DEFAULT_US = 5_000_000

_DURATION = re.compile(r"\s*(\d{1,9})\s*(us|ms|s|m|h|d)\s*")
_UNITS_US = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
}
_DECIMAL = re.compile(r"(-?[0-9]{1,20})(?:\.([0-9]{1,20}))?")
_INTEGER = re.compile(r"-?[0-9]{1,20}")
_PSEUDONYM = re.compile(r"p_[a-z2-7]{8,64}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_TRUE = frozenset({"true", "yes", "on", "1"})


class ValueRefusedError(ValueError):
    """A value that its field cannot hold. `code` is stable; the message never quotes the value."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One typed field; `convert` turns the value that travelled into the one stored."""

    name: str
    type: ColumnType
    scale: int
    required: bool
    non_negative: bool
    convert: Callable[[object], Stored]

    @property
    def arrow_type(self) -> pa.DataType:
        """Type of the column that stores it."""
        return arrow_type(self.type)


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """One stream: its fields by name, since the log keeps documents with sorted keys."""

    id: str
    fields: tuple[FieldSpec, ...]
    names: frozenset[str] = field(default_factory=frozenset)
    pseudonyms: tuple[int, ...] = ()


class DocumentError(ValueError):
    """The activation's document does not describe streams as expected."""


def read_streams(document: Mapping[str, Any]) -> dict[str, StreamSpec]:
    """Streams of a resolved rulebook document by id. Raises DocumentError."""
    streams = document.get("streams", [])
    if not isinstance(streams, list):
        raise DocumentError("streams must be a list")
    read = {}
    for stream in streams:
        if not isinstance(stream, Mapping) or not isinstance(stream.get("id"), str):
            raise DocumentError("each of streams must be an object with an id")
        read[stream["id"]] = _stream(stream["id"], stream.get("fields", {}))
    return read


def read_tick_us(document: Mapping[str, Any]) -> int:
    """`monitoring.tick` in µs. Raises DocumentError."""
    monitoring = document.get("monitoring")
    text = monitoring.get("tick") if isinstance(monitoring, Mapping) else None
    if text is None:
        return TICK_DEFAULT_US
    tick_us = read_duration_us("monitoring.tick", text)
    if tick_us == 0:
        raise DocumentError("monitoring.tick must be longer than nothing")
    return tick_us


def read_duration_us(path: str, value: object) -> int:
    """A duration such as `5s` in µs. Raises DocumentError naming `path`."""
    match = _DURATION.fullmatch(str(value))
    if match is None:
        raise DocumentError(f"{path} must be a duration such as 5s")
    return int(match[1]) * _UNITS_US[match[2]]


def _stream(stream_id: str, fields: object) -> StreamSpec:
    if not isinstance(fields, Mapping):
        raise DocumentError(f"streams.{stream_id}.fields must be an object")
    specs = tuple(
        _field(f"streams.{stream_id}.fields.{name}", str(name), given)
        for name, given in sorted(fields.items())
        if name != "because"
    )
    pseudonyms = tuple(i for i, spec in enumerate(specs) if spec.type is ColumnType.PSEUDONYM)
    return StreamSpec(stream_id, specs, frozenset(spec.name for spec in specs), pseudonyms)


def _field(path: str, name: str, given: object) -> FieldSpec:
    if not isinstance(given, Mapping):
        raise DocumentError(f"{path} must be an object")
    try:
        kind = ColumnType(str(given.get("type")))
        scale = int(str(given.get("scale", SCALE_DEFAULT)))
    except ValueError as error:
        raise DocumentError(f"{path}: {error}") from error
    if not 0 <= scale <= SCALE_MAX:
        raise DocumentError(f"{path}.scale must be 0 to {SCALE_MAX}")
    required = str(given.get("required", "true")).lower() in _TRUE
    non_negative = str(given.get("non_negative", "false")).lower() in _TRUE
    return FieldSpec(
        name, kind, scale, required, non_negative, _converter(kind, scale, non_negative)
    )


def _converter(  # noqa: PLR0911 - one per type
    kind: ColumnType, scale: int, non_negative: bool
) -> Callable[[object], Stored]:
    match kind:
        case ColumnType.MONEY | ColumnType.DECIMAL:
            return lambda value: _signed(_minor_units(value, scale), non_negative)
        case ColumnType.INT:
            return lambda value: _signed(_integer(value), non_negative)
        case ColumnType.DURATION:
            return lambda value: _signed(_integer(value), non_negative=True)
        case ColumnType.PSEUDONYM:
            return _pseudonym
        case ColumnType.BOOL:
            return _bool
        case ColumnType.CODE:
            return lambda value: _string(value, CODE_MAX_CHARS)
        case ColumnType.TEXT:
            return lambda value: _free_text(_string(value, TEXT_MAX_CHARS))


def _minor_units(value: object, scale: int) -> int:
    if not isinstance(value, str) or (match := _DECIMAL.fullmatch(value)) is None:
        raise ValueRefusedError("type", 'must be a decimal number as text: "163.30"')
    whole, fraction = match[1], match[2] or ""
    if len(fraction) > scale:
        raise ValueRefusedError("scale", f"has more than {scale} digits behind the point")
    return int(whole + fraction.ljust(scale, "0"))


def _integer(value: object) -> int:
    if type(value) is int:
        return value
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    raise ValueRefusedError("type", "must be an integer")


def _signed(value: int, non_negative: bool) -> int:
    if abs(value) > NUMBER_MAX:
        raise ValueRefusedError("range", "is beyond 2^53 in the smallest unit of this field")
    if non_negative and value < 0:
        raise ValueRefusedError("negative", "must not be negative")
    return value


def _pseudonym(value: object) -> str:
    if not isinstance(value, str) or _PSEUDONYM.fullmatch(value) is None:
        raise ValueRefusedError("type", "must be a pseudonym: p_ and base32 in lower case")
    return value


def _bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueRefusedError("type", "must be true or false")
    return value


def _free_text(text: str) -> str:
    found = personal_data(text)
    if found is not None:
        raise ValueRefusedError("personal", f"holds {found}; personal data must not be sent")
    return text


def _string(value: object, chars_max: int) -> str:
    if not isinstance(value, str):
        raise ValueRefusedError("type", "must be text")
    if len(value) > chars_max:
        raise ValueRefusedError("range", f"is longer than {chars_max} characters")
    if _CONTROL.search(value):
        raise ValueRefusedError("type", "has control characters")
    return value
