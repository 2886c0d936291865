"""Calendars as rows: loaded once per edition, read once per process."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from django.db import transaction
from django.utils import timezone

from shidian.apps.cases import outbox
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.models import CalendarDay, CalendarVersion, RulebookVersion
from shidian.apps.cases.rulebooks import rulebook_of
from shidian.core.procedure.calendars import (
    CalendarRow,
    DayKind,
    WorkingCalendar,
    by_id,
    calendars_counted,
    calendars_needed,
    edition_of,
)
from shidian.core.rulebook.model import Rulebook, Text
from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime


def load_calendars(*, at: datetime | None = None) -> list[CalendarVersion]:
    """Store what the installed libraries know as new editions, where it is not stored yet.

    Of every calendar that a published rulebook counts by; returns the editions made: none on a
    second run. `CalendarVersion.version` names library and release, so that a release with another
    holiday notice is another edition.
    """
    needed = {
        calendar_id
        for version in RulebookVersion.objects.values_list("pk", flat=True)
        for calendar_id in calendars_counted(rulebook_of(version))
    }
    return _store_missing(sorted(needed), at)


def load_calendars_of(rulebook: Rulebook, *, at: datetime | None = None) -> list[CalendarVersion]:
    """The same for one rulebook, as it is published. One the library lacks is left out: whoever

    then needs a date by it is told.
    """
    return _store_missing(calendars_counted(rulebook), at)


def _store_missing(wanted: Iterable[str], at: datetime | None) -> list[CalendarVersion]:
    known = set(CalendarVersion.objects.values_list("calendar", "version"))
    made: list[CalendarVersion] = []
    for calendar_id in wanted:
        try:
            edition = edition_of(calendar_id)
        except KeyError:
            continue
        if (calendar_id, edition) not in known:
            stored = store_calendar(_with_years_kept(by_id(calendar_id)), at=at)
            made += [stored] if stored is not None else []
    return made


def _with_years_kept(calendar: WorkingCalendar) -> WorkingCalendar:
    """The library's days, and after them the years that officers have added and it lacks."""
    edition = newest_edition(calendar.id)
    missing = set(edition.years) - calendar.years if edition else set()
    if edition is None or not missing:
        return calendar
    kept = [row for row in rows_of(edition) if row.day.year in missing]
    return WorkingCalendar.from_rows(
        calendar.id, calendar.version, [*calendar.days.values(), *kept]
    )


def newest_edition(calendar_id: str) -> CalendarVersion | None:
    """The edition by which is counted; None where none is stored."""
    return CalendarVersion.objects.filter(calendar=calendar_id).order_by("-pk").first()


def rows_of(edition: CalendarVersion) -> list[CalendarRow]:
    """The days of an edition."""
    return [
        CalendarRow(one.day, DayKind(one.kind), Text(zh=one.name_zh, en=one.name_en))
        for one in edition.days.all()
    ]


@transaction.atomic
def store_calendar(
    calendar: WorkingCalendar, *, at: datetime | None = None, source: str = ""
) -> CalendarVersion | None:
    """Store one calendar as an edition; None where that edition is stored already.

    Outbox `record.leaf`: deadlines move with a calendar, so that its days are on record; and
    `calendar.changed`, for those who count by it.
    """
    at = at or timezone.now()
    edition, made = CalendarVersion.objects.get_or_create(
        calendar=calendar.id,
        version=calendar.version,
        defaults={
            "years": sorted(calendar.years),
            "source": source or calendar.version,
            "loaded_at": at,
        },
    )
    if not made:
        return None
    CalendarDay.objects.bulk_create(
        [
            CalendarDay(
                edition=edition,
                day=row.day,
                kind=row.kind.value,
                name_zh=row.name.zh,
                name_en=row.name.en,
            )
            for row in calendar.days.values()
        ],
        batch_size=1000,
    )
    outbox.put("record.leaf", change_of(edition), at=at)
    outbox.put("calendar.changed", {"calendar": edition.calendar}, at=at)
    return edition


def change_of(edition: CalendarVersion) -> dict[str, Any]:
    """What is said in public of a stored edition: its years, and the hash of its days."""
    rows = rows_of(edition)
    return {
        "kind": "calendar.changed",
        "calendar": edition.calendar,
        "edition": edition.version,
        "years": edition.years,
        "sha256": days_sha256(rows),
        "at": edition.loaded_at.isoformat(),
    }


def days_sha256(days: Iterable[CalendarRow]) -> str:
    """SHA-256, in hex, of the canonical JSON of all days in order: `[[day, kind, zh, en], …]`."""
    rows = sorted([str(one.day), one.kind.value, one.name.zh, one.name.en] for one in days)
    return hashlib.sha256(canonical.dumps(rows)).hexdigest()


def calendar_of(rulebook: Rulebook) -> WorkingCalendar:
    """The newest editions of the calendars by which the rulebook counts: that of deadlines, with

    that of trading days beside it where a clock counts them. Raises DomainError where the rulebook
    names none or it was never loaded.
    """
    needed = calendars_needed(rulebook)
    deadlines = _newest(needed[0] if needed else "")
    return deadlines.beside(_newest(needed[1])) if len(needed) > 1 else deadlines


Editions: TypeAlias = "tuple[tuple[str, int, str], ...]"
"""(calendar, key of its newest edition, version), for who has read them already."""


def calendar_among(rulebook: Rulebook, editions: Editions) -> WorkingCalendar | None:
    """`calendar_of` by these editions: no query once they were read. None where one is missing."""
    known = {name: (pk, name, version) for name, pk, version in editions}
    needed = calendars_needed(rulebook)
    if not needed or any(name not in known for name in needed):
        return None
    deadlines = _read(*known[needed[0]])
    return deadlines.beside(_read(*known[needed[1]])) if len(needed) > 1 else deadlines


def trading_days_of(rulebook: Rulebook) -> tuple[date, ...]:
    """Days with a market, rising, by the newest edition; none where no calendar is loaded."""
    try:
        calendar = _newest(rulebook.calendars.market if rulebook.calendars else "")
    except DomainError:
        return ()
    return tuple(sorted(row.day for row in calendar.days.values() if row.kind.counts))


def _newest(calendar_id: str) -> WorkingCalendar:
    edition = newest_edition(calendar_id)
    if edition is None:
        raise DomainError(
            "calendar-missing",
            Text(
                zh=f"日历 {calendar_id or '（未指定）'} 尚未导入：请联系管理员导入后再办理。",
                en=f"Calendar {calendar_id or '(none named)'} is not loaded:"
                " ask the operator to load it, then try again.",
            ),
        )
    return _read(edition.pk, edition.calendar, edition.version)


@lru_cache(maxsize=16)
def _read(edition: int, calendar_id: str, version: str) -> WorkingCalendar:
    rows = CalendarDay.objects.filter(edition=edition).values_list(
        "day", "kind", "name_zh", "name_en"
    )
    return WorkingCalendar.from_rows(
        calendar_id,
        version,
        (CalendarRow(day, DayKind(kind), Text(zh=zh, en=en)) for day, kind, zh, en in rows),
    )
