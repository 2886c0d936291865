"""Values, faults and data quality as the monitor states them: the newest statement is kept."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.supervision.journals import in_journal
from shidian.apps.supervision.models import (
    CurrentReading,
    GroupedReading,
    IndicatorReading,
    MonitorFault,
    Pilot,
    SourceReading,
)
from shidian.apps.supervision.worker.projection.stream import (
    READINGS,
    Applied,
    locked_cursor,
    move,
    of_journal,
    pilots_of,
)
from shidian.config import MAIN_JOURNAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from shidian.core.monitor.evaluator import Fault
    from shidian.core.monitor.items import Current, Reading
    from shidian.core.monitor.nearest import Grouped
    from shidian.core.monitor.quality import SourceQuality

_QUALITY = ("epoch", "entry", "events", "late", "missing", "newest_us", "ingest_us", "silent")


def _here(journal: str) -> QuerySet[Pilot]:
    """Pilots of a journal: what its monitor says of others is of the time when they were there."""
    return Pilot.objects.filter(in_journal(journal))


def _own(projects: Iterable[str], journal: str) -> dict[str, Pilot]:
    """Of these projects the pilots of the journal, by public id."""
    wanted = set(projects)
    if not wanted:
        return {}
    found = _here(journal).filter(public_id__in=wanted).select_related("case__scheme")
    return {pilot.public_id: pilot for pilot in found}


@transaction.atomic
def apply_readings(readings: Sequence[Reading], journal: str = MAIN_JOURNAL) -> Applied:
    """Store these final values; a later statement about the same instant replaces the earlier."""
    applied = Applied()
    cursor = locked_cursor(of_journal(READINGS, journal))
    fresh = [reading for reading in readings if reading.seq > cursor.position]
    pilots = pilots_of(reading.project for reading in fresh)
    newest: dict[tuple[int, str, int], IndicatorReading] = {}
    for reading in fresh:
        pilot = pilots.get(reading.project)
        if pilot is None:
            continue
        newest[pilot.pk, reading.indicator, reading.at_us] = IndicatorReading(
            pilot=pilot,
            indicator=reading.indicator,
            instant_us=reading.at_us,
            value=reading.value,
            scale=reading.scale,
        )
        applied.note(pilot, reading.entry)
    IndicatorReading.objects.bulk_create(
        newest.values(),
        update_conflicts=True,
        unique_fields=["pilot", "indicator", "instant_us"],
        update_fields=["value", "scale"],
    )
    move(cursor, fresh[-1].seq if fresh else cursor.position, timezone.now())
    return applied


@transaction.atomic
def apply_current(values: Iterable[Current]) -> Applied:
    """Keep the newest values, where they differ from what is kept."""
    applied = Applied()
    given = list(values)
    pilots = pilots_of(value.project for value in given)
    kept = {
        (row.pilot_id, row.indicator): (row.instant_us, row.value)
        for row in CurrentReading.objects.filter(pilot__in=[p.pk for p in pilots.values()])
    }
    now = timezone.now()
    changed = []
    for value in given:
        pilot = pilots.get(value.project)
        if pilot is None or kept.get((pilot.pk, value.indicator)) == (value.at_us, value.value):
            continue
        changed.append(
            CurrentReading(
                pilot=pilot,
                indicator=value.indicator,
                instant_us=value.at_us,
                value=value.value,
                scale=value.scale,
                changed_at=now,
            )
        )
        applied.note(pilot, value.entry)
    if changed:
        CurrentReading.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["pilot", "indicator"],
            update_fields=["instant_us", "value", "scale", "changed_at"],
        )
    return applied


@transaction.atomic
def apply_faults(faults: Sequence[Fault], journal: str = MAIN_JOURNAL) -> Applied:
    """Keep which of a journal's pilots are not evaluated any more, and forget those that are."""
    applied = Applied()
    kept = {
        row.pilot.public_id: row
        for row in MonitorFault.objects.filter(pilot__in=_here(journal)).select_related(
            "pilot__case__scheme"
        )
    }
    now = timezone.now()
    stated = {fault.project: fault for fault in faults}
    for project, row in kept.items():
        if project not in stated:
            row.delete()
            applied.note(row.pilot, row.entry)
    for project, pilot in _own(stated.keys() - kept.keys(), journal).items():
        fault = stated[project]
        MonitorFault.objects.create(
            pilot=pilot, entry=fault.entry, message=fault.message, noticed_at=now
        )
        applied.note(pilot, fault.entry)
    return applied


@transaction.atomic
def apply_quality(stated: Sequence[SourceQuality], journal: str = MAIN_JOURNAL) -> Applied:
    """Keep how each source delivers, where it differs from what is kept."""
    applied = Applied()
    pilots = _own((one.project for one in stated), journal)
    kept = {
        (row.pilot_id, row.source): (row.entry, row.silent)
        for row in SourceReading.objects.filter(pilot__in=[p.pk for p in pilots.values()])
    }
    changed = []
    for one in stated:
        pilot = pilots.get(one.project)
        if pilot is None or kept.get((pilot.pk, one.source)) == (one.entry, one.silent):
            continue
        values = {name: getattr(one, name) for name in _QUALITY}
        changed.append(SourceReading(pilot=pilot, source=one.source, **values))
        applied.note(pilot, one.entry)
    SourceReading.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["pilot", "source"],
        update_fields=list(_QUALITY),
    )
    return applied


@transaction.atomic
def apply_grouped(stated: Sequence[Grouped], journal: str = MAIN_JOURNAL) -> Applied:
    """Keep how the groups of limits stand where it differs from what is kept; drop the others."""
    applied = Applied()
    pilots = _own((one.project for one in stated), journal)
    kept = {
        (row.pilot_id, row.rule): row
        for row in GroupedReading.objects.filter(pilot__in=_here(journal)).select_related(
            "pilot__case__scheme"
        )
    }
    changed = []
    for one in stated:
        pilot = pilots.get(one.project)
        before = None if pilot is None else kept.pop((pilot.pk, one.rule), None)
        if pilot is None or (before is not None and before.entry == one.entry):
            continue
        changed.append(
            GroupedReading(
                pilot=pilot,
                rule=one.rule,
                entry=one.entry,
                instant_us=one.at_us,
                final=one.final,
                groups=one.groups,
                rungs=[asdict(rung) for rung in one.rungs],
                nearest=[asdict(value) for value in one.nearest],
            )
        )
        applied.note(pilot, one.entry)
    GroupedReading.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["pilot", "rule"],
        update_fields=["entry", "instant_us", "final", "groups", "rungs", "nearest"],
    )
    for row in kept.values():
        row.delete()
        applied.note(row.pilot, row.entry)
    return applied
