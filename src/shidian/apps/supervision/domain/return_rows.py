"""A return's file as rows, and rows as events of a source that only ever grows."""

from __future__ import annotations

import tempfile
from collections import defaultdict, deque
from decimal import Decimal
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from shidian.apps.cases import uploads
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.instants import day_begins_us
from shidian.core.journal.entry import ColumnType
from shidian.imports.returns import ROWS_MAX, Table, TooManyRowsError, read_return
from shidian.imports.rows import FileError
from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from django.core.files.base import File

    from shidian.core.journal.streams import StreamSpec
    from shidian.imports.returns import Wrong

FILE_MAX_MIB = 10
_SUMMED = (ColumnType.MONEY, ColumnType.DECIMAL, ColumnType.INT)
_SUFFIXES = (".xlsx", ".csv")


class ReturnRefusedError(SupervisionError):
    """A file that cannot be filed; `wrong` says of each cell what is wrong with it."""

    def __init__(self, message: str, wrong: Sequence[Wrong] = (), *, field: str = "file") -> None:
        super().__init__(message, field=field)
        self.wrong = tuple(wrong)


def table_of(
    file: File[Any], spec: StreamSpec, *, starts_on: date, ends_on: date, zone: str
) -> Table:
    """The file's rows, all of them right. Raises ReturnRefusedError."""
    suffix = PurePath(file.name or "").suffix.lower()
    if suffix not in _SUFFIXES:
        raise ReturnRefusedError(_("File a workbook (.xlsx) or a table (.csv)."))
    if suffix == ".xlsx" and uploads.sniff(file) != uploads.XLSX:
        raise ReturnRefusedError(_("This is not an Excel workbook, or one with macros."))
    if not file.size:
        raise ReturnRefusedError(_("The file is empty."))
    if file.size > FILE_MAX_MIB * 2**20:
        raise ReturnRefusedError(_("The file is larger than %(n)d MiB.") % {"n": FILE_MAX_MIB})
    with tempfile.TemporaryDirectory(prefix="shidian-return-") as folder:
        path = Path(folder) / f"return{suffix}"
        with path.open("wb") as copy:
            for chunk in file.chunks():
                copy.write(chunk)
        file.seek(0)
        try:
            table = read_return(
                path,
                spec,
                zone=zone,
                first_us=day_begins_us(starts_on, zone),
                end_us=day_begins_us(ends_on, zone, after=1),
            )
        except TooManyRowsError:
            raise ReturnRefusedError(
                _("A return has at most %(n)d rows.") % {"n": ROWS_MAX}
            ) from None
        except FileError as error:
            said = str(error).replace(str(path), _("line"))
            raise ReturnRefusedError(
                _("The file cannot be read: %(why)s") % {"why": said}
            ) from None
    if table.wrong:
        raise ReturnRefusedError(_("Nothing was filed: some cells cannot be taken."), table.wrong)
    return table


def totals_of(spec: StreamSpec, table: Table) -> dict[str, str]:
    summed = [field.name for field in spec.fields if field.type in _SUMMED]
    totals = dict.fromkeys(summed, Decimal(0))
    for row in table.rows:
        for name in summed:
            totals[name] += Decimal(str(row.values.get(name, 0)))
    return {name: format(total, "f") for name, total in totals.items()}


def renumbered(
    old: Sequence[Sequence[Any]],
    old_numbers: Sequence[Sequence[int]],
    new: Sequence[Sequence[Any]],
    high: int,
) -> tuple[list[list[int]], list[list[Any]], int]:
    """Numbers of the new rows, the events that turn the old rows into them, and the new highest.

    Rows are `[line, time_us, values]`, numbers `[seqno, rev]`. Equal rows keep their numbers and
    send nothing; of the others each new one corrects an old one in order; then old ones are voided,
    new ones get numbers above `high`.
    """
    numbers: list[list[int]] = [[] for _ in new]
    kept: dict[str, deque[int]] = defaultdict(deque)
    for place, (_line, time_us, values) in enumerate(old):
        kept[canonical.dumps([time_us, values]).decode()].append(place)
    left = set(range(len(old)))
    for place, (_line, time_us, values) in enumerate(new):
        if same := kept[canonical.dumps([time_us, values]).decode()]:
            taken = same.popleft()
            left.discard(taken)
            numbers[place] = list(old_numbers[taken])
    events: list[list[Any]] = []
    spare = deque(sorted(left))
    for place, (_line, time_us, values) in enumerate(new):
        if numbers[place]:
            continue
        if spare:
            seqno, rev = old_numbers[spare.popleft()]
            numbers[place] = [seqno, rev + 1]
            events.append([seqno, rev + 1, "correct", time_us, values])
        else:
            high += 1
            numbers[place] = [high, 0]
            events.append([high, 0, "new", time_us, values])
    for place in spare:
        seqno, rev = old_numbers[place]
        events.append([seqno, rev + 1, "void", old[place][1], {}])
    return numbers, events, high
