"""Rows into batches of events in columns, numbered by their rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from shidian.imports.mapping import Clock
from shidian_kit.pseudonym import pseudonym

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shidian.imports.mapping import FieldMap, Map
    from shidian.imports.rows import Row

BATCH_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that was not taken: its line in the file, the column, and why."""

    line: int
    column: str
    reason: str


@dataclass(slots=True)
class Batch:
    """Rows in the form of the gate's Arrow lane. `lines`: where each stood; `rows`: rows read."""

    table: pa.Table
    lines: list[int]
    rows: int
    problems: list[Problem] = field(default_factory=list)


def batches(rows: Iterable[Row], given: Map, secret: bytes | None) -> Iterator[Batch]:
    """Batches of at most BATCH_ROWS rows. A row's number counts data rows from 1, fit or not."""
    maker = _Maker(given, secret)
    chunk: list[tuple[int, Row]] = []
    for number, row in enumerate(rows, start=1):
        chunk.append((number, row))
        if len(chunk) == BATCH_ROWS:
            yield maker.batch(chunk)
            chunk = []
    if chunk:
        yield maker.batch(chunk)


class _Maker:
    def __init__(self, given: Map, secret: bytes | None) -> None:
        self._map = given
        self._clock = Clock(given.time)
        self._secret = secret
        self._fields = {name: given.field(name) for name in given.fields}
        self._names: dict[str, str] = {}

    def batch(self, chunk: list[tuple[int, Row]]) -> Batch:
        problems: list[Problem] = []
        numbers: list[int] = []
        lines: list[int] = []
        times: list[int] = []
        values: dict[str, list[Any]] = {name: [] for name in self._fields}
        for number, (line, cells) in chunk:
            made = self._row(line, cells, problems)
            if made is None:
                continue
            numbers.append(number)
            lines.append(line)
            times.append(made[0])
            for name, value in made[1].items():
                values[name].append(value)
        stream = self._map.stream
        columns: dict[str, pa.Array] = {
            "seqno": pa.array(numbers, pa.int64()),
            "time_us": pa.array(times, pa.int64()),
            "type": pa.array([stream] * len(numbers), pa.utf8()),
        }
        for name, one in self._fields.items():
            kind = pa.bool_() if one.as_ == "bool" else pa.utf8()
            columns[f"{stream}/{name}"] = pa.array(values[name], kind)
        table = pa.table(columns).replace_schema_metadata({"epoch": str(self._map.epoch)})
        return Batch(table, lines, len(chunk), problems)

    def _row(
        self, line: int, cells: dict[str, Any], problems: list[Problem]
    ) -> tuple[int, dict[str, Any]] | None:
        column = self._map.time.column
        try:
            time_us = self._clock.time_us(cells[column])
            if not -(2**63) <= time_us < 2**63:
                raise ValueError("is no time of this calendar")  # noqa: TRY301 - one report for all
            made = {}
            for name, one in self._fields.items():
                column = one.column or name
                made[name] = self._value(one, cells)
        except (ValueError, OverflowError) as error:
            problems.append(Problem(line, column, str(error)))
            return None
        return time_us, made

    def _value(self, one: FieldMap, cells: dict[str, Any]) -> str | bool | None:
        cell = one.value if one.column is None else cells[one.column]
        if cell is None or cell == "":
            return None
        if one.as_ == "bool":
            if isinstance(cell, bool):
                return cell
            if str(cell).strip().lower() not in ("true", "false"):
                raise ValueError("must be true or false")
            return str(cell).strip().lower() == "true"
        text = str(cell)
        if one.as_ == "pseudonym" and self._secret is not None:
            if text not in self._names:
                self._names[text] = pseudonym(self._secret, text)
            return self._names[text]
        return text
