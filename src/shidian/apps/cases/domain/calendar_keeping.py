"""Keeping calendars: a year is added, or corrected, as a new edition. What was counted by stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.calendars import days_sha256, newest_edition, rows_of, store_calendar
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.core.procedure.calendar_year import CalendarYearError, year_rows
from shidian.core.procedure.calendars import CalendarRow, WorkingCalendar, definition_of, runs
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from datetime import date, datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import CalendarVersion

VERSION_CHARACTERS_MAX = 64


@dataclass(frozen=True, slots=True)
class DraftYear:
    """A year as it would be. `changed`: days that another edition had otherwise."""

    calendar: WorkingCalendar
    year: int
    rows: tuple[CalendarRow, ...]
    runs: tuple[tuple[CalendarRow, date], ...]
    counting: int
    changed: tuple[tuple[CalendarRow, CalendarRow], ...]


def draft_year(*, calendar: str, year: int, off: str, worked: str, seen: int) -> DraftYear:
    """What adding the year would give. `seen`: the edition that the person had before them.

    Raises DomainError: `no-such-calendar`, `overtaken` where another edition came meanwhile,
    `year-far` for a year that leaves a gap, `bad-year` with the line at fault.
    """
    edition = newest_edition(calendar)
    if edition is None:
        raise DomainError(
            "no-such-calendar",
            Text(zh="没有这一日历。", en="There is no such calendar."),
        )
    if edition.pk != seen:
        raise DomainError(
            "overtaken",
            Text(
                zh=f"日历已有新版（{edition.version}）：请核对后重试。",
                en=f"The calendar has a newer edition ({edition.version}): look at it first.",
            ),
        )
    if not min(edition.years) <= year <= max(edition.years) + 1:
        raise DomainError(
            "year-far",
            Text(
                zh=f"该日历已有 {min(edition.years)} 至 {max(edition.years)} 年，"
                f"请先补 {max(edition.years) + 1} 年。",
                en=f"The calendar has {min(edition.years)} to {max(edition.years)}:"
                f" add {max(edition.years) + 1} first.",
            ),
            "year",
        )
    try:
        rows = year_rows(definition_of(calendar), year, off, worked)
    except CalendarYearError as error:
        raise DomainError("bad-year", error.text, error.field) from error
    return _drafted(edition, year, rows)


def _drafted(edition: CalendarVersion, year: int, rows: tuple[CalendarRow, ...]) -> DraftYear:
    before = {row.day: row for row in rows_of(edition)}
    after = {**before, **{row.day: row for row in rows}}
    base = edition.version.partition(" | ")[0]
    version = f"{base} | {year}: {days_sha256(rows)[:8]}"[:VERSION_CHARACTERS_MAX]
    calendar = WorkingCalendar.from_rows(edition.calendar, version, after.values())
    return DraftYear(
        calendar=calendar,
        year=year,
        rows=rows,
        runs=tuple(runs(calendar, rows[0].day, rows[-1].day)),
        counting=sum(row.kind.counts for row in rows),
        changed=tuple(
            (before[row.day], row)
            for row in rows
            if row.day in before and before[row.day].kind is not row.kind
        ),
    )


@transaction.atomic
def add_year(
    *,
    calendar: str,
    year: int,
    off: str,
    worked: str,
    source: str,
    seen: int,
    by: Person,
    at: datetime | None = None,
) -> CalendarVersion:
    """Make the year part of a new edition, by which every clock counts from now on.

    `source`: the notice it comes from. Effects: the edition with its days; outbox `record.leaf`,
    `calendar.changed`. Earlier editions stay. Raises DomainError as `draft_year`, `unchanged`;
    ForbiddenError.
    """
    if not allows(by, Permission.CALENDAR_KEEP, None):
        raise ForbiddenError
    drafted = draft_year(calendar=calendar, year=year, off=off, worked=worked, seen=seen)
    stored = store_calendar(drafted.calendar, at=at or timezone.now(), source=source)
    if stored is None:
        raise DomainError(
            "unchanged",
            Text(
                zh="该年的日子与已有版本相同，无需新增。",
                en="That year is there already with the same days.",
            ),
        )
    return stored
