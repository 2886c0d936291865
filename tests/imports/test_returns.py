"""A return's file: judged cell by cell, taken whole or not at all, hostile ones refused."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from shidian.core.journal.streams import read_streams
from shidian.imports import returns
from shidian.imports.returns import read_return
from shidian.imports.rows import FileError

if TYPE_CHECKING:
    from shidian.imports.returns import Table

STREAM = read_streams(
    {
        "streams": [
            {
                "id": "book.reported",
                "fields": {
                    "amount": {"type": "money", "non_negative": True},
                    "clients": {"type": "int"},
                    "product": {"type": "code"},
                    "hedged": {"type": "bool", "required": False},
                    "remark": {"type": "text", "required": False},
                },
            }
        ]
    }
)["book.reported"]
HEADER = ["time", "amount", "clients", "product", "hedged", "remark"]
GOOD = ["2026-03-02", "12.50", "3", "A", "true", ""]
FIRST = datetime(2026, 2, 28, 16, tzinfo=UTC)  # 1 March in Shanghai
END = FIRST + timedelta(days=31)


def us(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def read(path: Path) -> Table:
    return read_return(path, STREAM, zone="Asia/Shanghai", first_us=us(FIRST), end_us=us(END))


def as_csv(folder: Path, *rows: list[Any], header: list[str] = HEADER) -> Path:
    path = folder / "return.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def as_xlsx(folder: Path, *rows: list[Any], header: list[str] = HEADER) -> Path:
    book = Workbook()
    for row in (header, *rows):
        book.worksheets[0].append(row)
    path = folder / "return.xlsx"
    book.save(path)
    return path


def test_rows_become_events_with_their_day_in_the_zone(tmp_path: Path) -> None:
    table = read(as_csv(tmp_path, GOOD, ["2026/3/5 09:30", "1,000", "-2", "B", "", "正常"]))

    assert not table.wrong
    assert [row.line for row in table.rows] == [2, 3]
    assert table.rows[0].time_us == us(datetime(2026, 3, 1, 16, tzinfo=UTC))
    assert table.rows[1].time_us == us(datetime(2026, 3, 5, 1, 30, tzinfo=UTC))
    assert table.rows[0].values == {
        "amount": "12.50",
        "clients": "3",
        "product": "A",
        "hedged": True,
    }
    assert table.rows[1].values["amount"] == "1000"


def test_a_workbook_reads_as_a_table_does_with_its_own_dates_and_numbers(tmp_path: Path) -> None:
    row = [datetime(2026, 3, 2), 12.5, 3, "A", True, None]  # noqa: DTZ001 - as a cell has it

    assert (
        read(as_xlsx(tmp_path, row)).rows
        == read(as_csv(tmp_path, ["2026-03-02", "12.5", "3", "A", "true", ""])).rows
    )


@pytest.mark.parametrize(
    ("place", "cell", "code"),
    [
        (0, "", "time"),
        (0, "yesterday", "time"),
        (0, "2026-02-30", "time"),
        (0, "2026-02-28", "period"),
        (0, "2026-04-01", "period"),
        (0, "9999-12-31", "period"),
        (1, "", "missing"),
        (1, "-1", "negative"),
        (1, "1.234", "scale"),
        (1, "NaN", "type"),
        (1, "1e5", "type"),
        (1, "99999999999999999", "range"),
        (2, "1.5", "type"),
        (3, "x" * 129, "range"),
        (4, "maybe", "type"),
        (5, "身份证 11010519491231002X", "personal"),
    ],
)
def test_each_cell_that_cannot_be_taken_is_named(
    tmp_path: Path, place: int, cell: str, code: str
) -> None:
    row = [*GOOD]
    row[place] = cell

    table = read(as_csv(tmp_path, GOOD, row))

    assert [(one.line, one.column, one.code) for one in table.wrong] == [(3, HEADER[place], code)]


CELLS = st.tuples(
    st.datetimes(datetime(2026, 3, 1), datetime(2026, 3, 31, 23, 59, 59)),  # noqa: DTZ001
    st.decimals(0, 10**9, places=2).map(str),
    st.integers(-(10**9), 10**9).map(str),
    st.text("ABCxyz0189-", min_size=1, max_size=12),
    st.sampled_from(["true", "false", ""]),
)


@given(st.lists(CELLS, max_size=8))
def test_what_is_written_is_what_is_read(rows: list[tuple[Any, ...]]) -> None:
    import tempfile

    written = [[f"{at:%Y-%m-%d %H:%M:%S}", *rest, ""] for at, *rest in rows]
    with tempfile.TemporaryDirectory() as folder:
        table = read(as_csv(Path(folder), *written))

    assert not table.wrong
    assert [
        [row.values["amount"], row.values["clients"], row.values["product"]] for row in table.rows
    ] == [list(row[1:4]) for row in rows]


def test_no_more_rows_are_read_than_a_return_may_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(returns, "ROWS_MAX", 3)

    with pytest.raises(returns.TooManyRowsError):
        read(as_csv(tmp_path, *[GOOD] * 4))
    with pytest.raises(returns.TooManyRowsError):
        read(as_csv(tmp_path, *[["x", *GOOD[1:]]] * 4))


@pytest.mark.parametrize(
    "header",
    [HEADER[:-3], [*HEADER[:-1], "surprise"], [*HEADER[:-1], "amount"], [""] * 6],
    ids=["a column is missing", "an unknown column", "a column twice", "no names"],
)
def test_a_header_that_is_not_the_streams_is_refused(tmp_path: Path, header: list[str]) -> None:
    with pytest.raises(FileError):
        read(as_csv(tmp_path, GOOD[: len(header)], header=header))


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"\x00" * (returns.UNPACKED_MAX_BYTES + 1))
    for name, content in {
        "bomb.xlsx": bomb.getvalue(),
        "no.xlsx": b"time,amount\n",
        "empty.csv": b"",
        "binary.csv": b"\xff\xfe\x00\x01",
        "ragged.csv": b"time,amount,clients,product\n2026-03-02,1,2\n",
    }.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(FileError):
            read(tmp_path / name)


def test_a_formula_is_read_as_its_stored_value_or_as_nothing(tmp_path: Path) -> None:
    table = read(as_xlsx(tmp_path, ["2026-03-02", "=1+1", 3, "A", None, None]))

    assert [(one.column, one.code) for one in table.wrong] == [("amount", "missing")]


def test_a_period_knows_its_days(tmp_path: Path) -> None:
    from shidian.apps.supervision.domain.instants import day_begins_us

    assert day_begins_us(date(2026, 3, 1), "Asia/Shanghai") == us(FIRST)
    assert day_begins_us(date(2026, 3, 31), "Asia/Shanghai", after=1) == us(END)
    # A day of 25 hours.
    length = day_begins_us(date(2026, 10, 25), "Europe/Paris", after=1) - day_begins_us(
        date(2026, 10, 25), "Europe/Paris"
    )
    assert length == 25 * 3_600_000_000
