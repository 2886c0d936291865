"""Calendars as rows: loaded once per edition, read once per process."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.models import CalendarDay, CalendarVersion
from shidian.core.procedure.calendars import (
    CN_TRADING_DAY,
    CN_WORKING_DAY,
    CalendarRow,
    DayKind,
    WorkingCalendar,
    by_id,
    edition_of,
)
from shidian.core.rulebook.model import Rulebook, Text

if TYPE_CHECKING:
    from datetime import datetime

LIBRARY = (CN_WORKING_DAY, CN_TRADING_DAY)


def load_calendars(*, at: datetime | None = None) -> list[CalendarVersion]:
    """Store what the installed libraries know as new editions, where it is not stored yet.

    Returns the editions made: none on a second run. `CalendarVersion.version` names library and
    release, so that a release with another holiday notice is another edition.
    """
    known = set(CalendarVersion.objects.values_list("calendar", "version"))
    return [
        edition
        for calendar_id in LIBRARY
        if (calendar_id, edition_of(calendar_id)) not in known
        and (edition := store_calendar(by_id(calendar_id), at=at)) is not None
    ]


@transaction.atomic
def store_calendar(
    calendar: WorkingCalendar, *, at: datetime | None = None
) -> CalendarVersion | None:
    """Store one calendar as an edition; None where that edition is stored already."""
    edition, made = CalendarVersion.objects.get_or_create(
        calendar=calendar.id,
        version=calendar.version,
        defaults={
            "years": sorted(calendar.years),
            "source": calendar.version,
            "loaded_at": at or timezone.now(),
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
    return edition


def calendar_of(rulebook: Rulebook) -> WorkingCalendar:
    """The newest edition of the calendar by which the rulebook counts deadlines.

    Raises DomainError where the rulebook names none or it was never loaded.
    """
    calendar_id = rulebook.calendars.deadlines if rulebook.calendars else ""
    edition = CalendarVersion.objects.filter(calendar=calendar_id).order_by("-pk").first()
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
