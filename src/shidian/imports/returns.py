"""A periodic return: a table that a person files, judged cell by cell as the gate would.

The first line names the columns: `time` and the fields of the stream. Unlike an import, which keeps
what fits, a return is taken whole or not at all: a person signs for all of it.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from shidian.core.journal.entry import ColumnType
from shidian.core.journal.streams import ValueRefusedError
from shidian.imports.mapping import Map, TimeMap
from shidian.imports.rows import FileError, read_rows
from shidian_kit.wire import envelope

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from shidian.core.journal.streams import FieldSpec, StreamSpec

TIME = "time"
ROWS_MAX = 10_000
PROBLEMS_MAX = 100
UNPACKED_MAX_BYTES = 200 * 2**20
"""An Excel file may unpack to so much; a small file that would fill a memory is refused."""
_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M")

Value = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Row:
    """One event to be: where it stood, when it happened (µs UTC), its values as they travel."""

    line: int
    time_us: int
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Wrong:
    """A cell that cannot be taken. `code`: as the journal's, or `time`, `period`, `missing`."""

    line: int
    column: str
    code: str


@dataclass(frozen=True, slots=True)
class Table:
    """What a file holds. With anything in `wrong` it cannot be filed; at most PROBLEMS_MAX."""

    rows: tuple[Row, ...]
    wrong: tuple[Wrong, ...]


class TooManyRowsError(FileError):
    """More rows than a return may have."""


def read_return(path: Path, stream: StreamSpec, *, zone: str, first_us: int, end_us: int) -> Table:
    """The rows of a CSV or XLSX file as events of `stream` from `first_us` to before `end_us`.

    Times without a zone are in `zone`; a date alone is its beginning. Raises FileError where the
    file is none, lacks a column, has one that the stream does not know, or too many rows.
    """
    _not_a_bomb(path)
    given = Map(
        stream=stream.id,
        source="",
        time=TimeMap(column=TIME),
        fields={spec.name: spec.name for spec in stream.fields if spec.required},
    )
    rows: list[Row] = []
    wrong: list[Wrong] = []
    reader = _Reader(stream, ZoneInfo(zone), first_us, end_us)
    for line, cells in read_rows(path, given):
        if not rows and not wrong:
            _known_columns(path, cells, stream)
        if len(rows) + len(wrong) >= ROWS_MAX:
            raise TooManyRowsError(f"more than {ROWS_MAX} rows")
        found = reader.row(line, cells)
        if isinstance(found, Row):
            rows.append(found)
        elif len(wrong) < PROBLEMS_MAX:
            wrong.append(found)
    return Table(tuple(rows), tuple(wrong))


def _not_a_bomb(path: Path) -> None:
    if path.suffix.lower() != ".xlsx":
        return
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(one.file_size for one in archive.infolist()) > UNPACKED_MAX_BYTES:
                raise FileError("the workbook unpacks to more than can be read")
    except (zipfile.BadZipFile, OSError) as error:
        raise FileError("not an Excel workbook") from error


def _known_columns(path: Path, cells: Mapping[str, Any], stream: StreamSpec) -> None:
    unknown = sorted(set(filter(None, cells)) - stream.names - {TIME})
    if unknown:
        raise FileError(f"{path}:1: the stream has no field {unknown[0]}")


class _Reader:
    def __init__(self, stream: StreamSpec, zone: ZoneInfo, first_us: int, end_us: int) -> None:
        self._stream = stream
        self._zone = zone
        self._span = range(first_us, end_us)

    def row(self, line: int, cells: Mapping[str, Any]) -> Row | Wrong:
        try:
            time_us = self._time_us(cells[TIME])
        except (ValueError, OverflowError):
            return Wrong(line, TIME, "time")
        if time_us not in self._span:
            return Wrong(line, TIME, "period")
        values: dict[str, Value] = {}
        for spec in self._stream.fields:
            value = _travelling(spec, cells.get(spec.name))
            if value is None:
                if spec.required:
                    return Wrong(line, spec.name, "missing")
                continue
            try:
                spec.convert(value)
            except ValueRefusedError as error:
                return Wrong(line, spec.name, error.code)
            values[spec.name] = value
        return Row(line, time_us, values)

    def _time_us(self, cell: Any) -> int:
        if isinstance(cell, datetime):
            return _us(cell if cell.tzinfo else cell.replace(tzinfo=self._zone))
        text = str(cell or "").strip()
        for shape in _DAYS:
            try:
                moment = datetime.strptime(text, shape)  # noqa: DTZ007 - its zone follows
            except ValueError:
                continue
            return _us(moment.replace(tzinfo=self._zone))
        return envelope.parse_time(text)


def _us(moment: datetime) -> int:
    since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _travelling(spec: FieldSpec, cell: Any) -> Value:
    """The cell as an event's value; None where it is empty. What does not fit is left as it is."""
    if isinstance(cell, str):
        cell = cell.strip()
    if cell is None or cell == "":
        return None
    if spec.type is ColumnType.BOOL:
        return {"true": True, "false": False}.get(str(cell).lower(), str(cell))
    if isinstance(cell, datetime | bool):
        return str(cell)
    text = str(cell)
    if spec.type in (ColumnType.MONEY, ColumnType.DECIMAL, ColumnType.INT, ColumnType.DURATION):
        text = text.replace(",", "")
    return text
