"""Rows of a file: line by line from CSV (plain or gzip) and from Excel, in bounded memory."""

from __future__ import annotations

import csv
import gzip
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from shidian.imports.mapping import Map, MapError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CELL_MAX_CHARS = 100_000

Row: TypeAlias = tuple[int, dict[str, Any]]
"""Line of the file (Excel: row of the sheet) and its cells by column name."""


class FileError(ValueError):
    """A file that cannot be read on; the message says where."""


def read_rows(path: Path, given: Map) -> Iterator[Row]:
    """The data rows of a file, without the header. Raises FileError, MapError."""
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        yield from _excel(path, given)
    else:
        yield from _csv(path, given)


def count_rows(path: Path, given: Map) -> int | None:
    """About how many rows there are, for a progress bar; None where that takes reading them."""
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        return None
    try:
        with _opened(path, given.encoding) as file:
            return max(0, sum(1 for _ in file) - 1)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        return None


def _csv(path: Path, given: Map) -> Iterator[Row]:
    csv.field_size_limit(CELL_MAX_CHARS)
    line = 1
    try:
        with _opened(path, given.encoding) as file:
            reader = csv.reader(file, delimiter=given.delimiter, strict=True)
            header = next(reader, None)
            names = _header(path, header, given)
            for cells in reader:
                line = reader.line_num
                if not cells:
                    continue
                if len(cells) != len(names):
                    raise FileError(
                        f"{path}:{line}: {len(cells)} cells where the header has {len(names)}"
                    )
                yield line, dict(zip(names, cells, strict=True))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileError(f"{path}: gzip is cut off or damaged after line {line}") from error
    except UnicodeDecodeError as error:
        raise FileError(
            f"{path}: not {given.encoding} after line {line}; name its encoding in the map"
        ) from error
    except csv.Error as error:
        raise FileError(f"{path}:{line + 1}: {error}") from error


def _excel(path: Path, given: Map) -> Iterator[Row]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, EOFError) as error:
        raise FileError(f"{path}: not an Excel workbook: {error}") from error
    try:
        if given.sheet is not None and given.sheet not in book.sheetnames:
            raise MapError(f"{path}: no sheet {given.sheet}; it has {', '.join(book.sheetnames)}")
        sheet = book[given.sheet] if given.sheet is not None else book.worksheets[0]
        rows = sheet.iter_rows(values_only=True)
        header = next(rows, None)
        names = _header(path, header, given)
        for line, cells in enumerate(rows, start=2):
            if any(cell is not None for cell in cells):
                padded = [*cells, *[None] * (len(names) - len(cells))]
                yield line, dict(zip(names, map(_cell, padded), strict=False))
    except (zipfile.BadZipFile, zlib.error) as error:
        raise FileError(f"{path}: the workbook is damaged: {error}") from error
    finally:
        book.close()


def _cell(value: Any) -> Any:
    """Numbers as the text that a reader of the sheet sees: Excel has no integers."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _header(path: Path, header: Any, given: Map) -> list[str]:
    if not header:
        raise FileError(f"{path}: empty: the first line must name the columns")
    names = ["" if name is None else str(name).strip() for name in header]
    twice = {name for name in names if name and names.count(name) > 1}
    if twice & given.columns():
        raise FileError(f"{path}:1: column {min(twice & given.columns())} is there twice")
    missing = sorted(given.columns() - set(names))
    if missing:
        raise FileError(
            f"{path}:1: no column {missing[0]}; it has {', '.join(filter(None, names))}"
        )
    return names


def _opened(path: Path, encoding: str) -> IO[str]:
    try:
        if path.suffix.lower() == ".gz":
            return gzip.open(path, "rt", encoding=encoding, newline="")
        return path.open(encoding=encoding, newline="")
    except LookupError as error:
        raise MapError(f"no encoding {encoding!r}") from error
