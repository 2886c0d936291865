"""Tables as CSV and Excel files that no spreadsheet takes for a program.

A text that begins with one of these signs is a formula to Excel, WPS, LibreOffice and Numbers, and
what an applicant typed stands in these tables. Such a text gets an apostrophe before it, which the
programs show as text; numbers stay numbers.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, TypeAlias

from django.http import HttpResponse
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

Cell: TypeAlias = str | int | float | None

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "\uff1d", "\uff0b", "\uff0d", "\uff20")
CELL_LENGTH_MAX = 32_767
"""Excel's own limit."""
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def safe_cell(value: Cell) -> Cell:
    """The value as it may stand in a table."""
    if not isinstance(value, str):
        return value
    text = _UNPRINTABLE.sub("", value)
    if text.lstrip(" \u3000\ufeff").startswith(FORMULA_SIGNS) or text.startswith(FORMULA_SIGNS):
        text = f"'{text}"
    return text[:CELL_LENGTH_MAX]


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponse:
    """A CSV file in UTF-8 with a byte order mark, without which Excel misreads Chinese."""
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    writer = csv.writer(response)
    writer.writerow([safe_cell(one) for one in header])
    writer.writerows([safe_cell(one) for one in row] for row in rows)
    return response


def xlsx_response(
    name: str, sheets: Sequence[tuple[str, Sequence[str], Iterable[Sequence[Cell]]]]
) -> HttpResponse:
    """An Excel file; `sheets`: (title, header, rows)."""
    book = Workbook(write_only=True)
    for title, header, rows in sheets:
        sheet = book.create_sheet(re.sub(r"[\\/*?:\[\]]", " ", title)[:31])
        sheet.append([_bold(sheet, one) for one in header])
        for row in rows:
            sheet.append([_plain(sheet, one) for one in row])
    file = io.BytesIO()
    book.save(file)
    response = HttpResponse(file.getvalue(), content_type=XLSX)
    response["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return response


def _plain(sheet: WriteOnlyWorksheet, value: Cell) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=safe_cell(value))
    if isinstance(value, str):
        cell.data_type = "s"  # openpyxl takes a text with a leading "=" for a formula
    return cell


def _bold(sheet: WriteOnlyWorksheet, value: str) -> WriteOnlyCell:
    cell = _plain(sheet, value)
    cell.font = Font(bold=True)
    return cell
