"""The map of an import: which column of the file is which field of the stream."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import yaml

from shidian_kit.wire import envelope

if TYPE_CHECKING:
    from pathlib import Path

_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS_US = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
}


class MapError(ValueError):
    """A map that cannot be followed; the message says where and what is right."""


class TimeMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When the event of a row happened.

    Left out all but `column`: RFC 3339 with a zone, or a date cell of Excel in `zone`. `format`: as
    strptime has it, in `zone`. `step` (`1d`) and `start`: a whole number of steps from the start.
    """

    column: str
    format: str | None = None
    zone: str = "UTC"
    step: str | None = None
    start: str | None = None


class FieldMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a field's value is from: a `column`, or the same `value` in every row.

    `as`: `pseudonym` makes one of the identity in the cell, by the secret; `bool` reads true/false.
    """

    column: str | None = None
    value: str | None = None
    as_: Literal["text", "pseudonym", "bool"] = msgspec.field(default="text", name="as")


class Map(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`fields`: field of the stream → column's name, or more (see FieldMap).

    The number of an event is that of its row, in `epoch` of `source`; so a file can be imported
    again, and a mended or longer one too.
    """

    stream: str
    source: str
    time: TimeMap
    fields: dict[str, str | FieldMap]
    epoch: int = 1
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    sheet: str | None = None

    def field(self, name: str) -> FieldMap:
        """How a field is filled."""
        given = self.fields[name]
        return FieldMap(column=given) if isinstance(given, str) else given

    def columns(self) -> set[str]:
        """Columns that the file must have."""
        filled = [self.field(name).column for name in self.fields]
        return {self.time.column, *(column for column in filled if column is not None)}

    def needs_secret(self) -> bool:
        """Whether a field is a pseudonym made here."""
        return any(self.field(name).as_ == "pseudonym" for name in self.fields)


def load_map(path: Path) -> Map:
    """Read a map file. Raises MapError, OSError."""
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
        found = msgspec.convert(given, Map)
    except yaml.YAMLError as error:
        raise MapError(f"{path}: not YAML: {error}") from error
    except UnicodeDecodeError as error:
        raise MapError(f"{path}: not UTF-8: {error}") from error
    except msgspec.ValidationError as error:
        raise MapError(f"{path}: {error}") from error
    if not 1 <= found.epoch <= envelope.EPOCH_MAX:
        raise MapError(f"{path}: epoch must be 1 to {envelope.EPOCH_MAX}")
    for name in found.fields:
        one = found.field(name)
        if (one.column is None) == (one.value is None):
            raise MapError(f"{path}: fields.{name} needs a column or a value, one of the two")
    try:
        Clock(found.time)
    except MapError as error:
        raise MapError(f"{path}: time: {error}") from error
    return found


class Clock:
    """Turns a cell into µs UTC as a TimeMap says. Raises MapError if that makes no sense."""

    def __init__(self, given: TimeMap) -> None:
        self._format = given.format
        try:
            self._zone = ZoneInfo(given.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise MapError(f"no zone {given.zone!r}; write one such as Asia/Shanghai") from error
        self._step_us = self._start_us = 0
        if (given.step is None) != (given.start is None):
            raise MapError("step and start go together")
        if given.step is not None and given.start is not None:
            if given.format is not None:
                raise MapError("give format, or step and start, not both")
            self._step_us = _step_us(given.step)
            try:
                self._start_us = envelope.parse_time(given.start)
            except ValueError as error:
                raise MapError(f"start: {error}") from error

    def time_us(self, cell: Any) -> int:
        """µs UTC. Raises ValueError that says what is right."""
        if self._step_us:
            return self._start_us + self._step_us * _whole(cell)
        if isinstance(cell, datetime):
            return _us(cell if cell.tzinfo else cell.replace(tzinfo=self._zone))
        if self._format is not None:
            moment = datetime.strptime(str(cell), self._format)  # noqa: DTZ007 - zone follows
            return _us(moment if moment.tzinfo else moment.replace(tzinfo=self._zone))
        return envelope.parse_time(str(cell))


def _whole(cell: Any) -> int:
    text = str(cell).strip().removesuffix(".0")
    if not text.removeprefix("-").isdigit() or not text.isascii():
        raise ValueError("must be a whole number of steps")
    return int(text)


def _us(moment: datetime) -> int:
    since = moment - _EPOCH_START
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _step_us(text: str) -> int:
    for unit in ("us", "ms", "s", "m", "h", "d"):
        number = text.removesuffix(unit)
        if number != text and number.isascii() and number.isdigit() and int(number) > 0:
            return int(number) * _UNITS_US[unit]
    raise MapError("step must be a duration such as 1d")
