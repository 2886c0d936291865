"""The monitor's stream copied into the app database: each item once, whatever crashes between.

The cursor moves in the transaction that writes what was read. So after a crash the worker reads
from where the database is, not from where it thought it was.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from shidian.apps.supervision.domain.consequences import follow
from shidian.apps.supervision.handling import columns_of, handlings
from shidian.apps.supervision.models import (
    AlertEpisode,
    AlertItem,
    CurrentReading,
    EpisodeState,
    GroupedReading,
    IndicatorReading,
    MonitorFault,
    Pilot,
    SourceReading,
    StreamCursor,
)
from shidian.core.monitor.items import Change
from shidian.core.procedure.alerts import rank
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from shidian.core.monitor.evaluator import Fault
    from shidian.core.monitor.items import Current, Item, Reading
    from shidian.core.monitor.nearest import Grouped
    from shidian.core.monitor.quality import SourceQuality
    from shidian.core.procedure.alerts import Handling
    from shidian.core.rulebook.model import AlertRule, Limit

ITEMS = "monitor.items"
READINGS = "monitor.readings"
_QUALITY = ("epoch", "entry", "events", "late", "missing", "newest_us", "ingest_us", "silent")


@dataclass
class Applied:
    """What a pass has changed: per pilot's public id the newest entry, and how much was written."""

    entries: dict[str, int] = field(default_factory=dict)
    schemes: dict[str, int] = field(default_factory=dict)
    rows: int = 0

    def note(self, pilot: Pilot, entry: int) -> None:
        """Something about `pilot` changed with `entry`."""
        self.rows += 1
        self.entries[pilot.public_id] = max(entry, self.entries.get(pilot.public_id, 0))
        slug = pilot.case.scheme.slug
        self.schemes[slug] = max(entry, self.schemes.get(slug, 0))


def position(name: str) -> int:
    """How far a stream was read."""
    return StreamCursor.objects.filter(name=name).values_list("position", flat=True).first() or 0


@transaction.atomic
def apply_items(items: Sequence[Item]) -> Applied:
    """Append these items and bring their episodes up to date; items read before are passed over.

    Items of projects that are no pilots here are passed over as well: the cursor moves past them.
    """
    applied = Applied()
    cursor = locked_cursor(ITEMS)
    fresh = [item for item in items if item.seq > cursor.position]
    pilots = _pilots(item.project for item in fresh)
    now = timezone.now()
    newest: dict[str, Item] = {}
    rows = []
    for item in fresh:
        pilot = pilots.get(item.project)
        if pilot is None:
            continue
        rows.append(_row(item, pilot, now))
        newest[item.episode] = item
        applied.note(pilot, item.entry)
    AlertItem.objects.bulk_create(rows)
    known = known_since(newest)
    handled = handlings(newest)
    for item in newest.values():
        pilot = pilots[item.project]
        project_episode(item, pilot, known[item.episode], handled[item.episode], now)
        follow(item=item, pilot=pilot, rule=_rule(pilot, item.rule), at=now)
    _move(cursor, fresh[-1].seq if fresh else cursor.position, now)
    return applied


def _row(item: Item, pilot: Pilot, now: datetime) -> AlertItem:
    return AlertItem(
        seq=item.seq,
        entry=item.entry,
        pilot=pilot,
        episode=item.episode,
        rule=item.rule,
        group=item.group,
        change=item.change.value,
        level=item.level,
        early=item.early,
        warming=item.warming,
        at_us=item.at_us,
        since_us=item.since_us,
        start_us=item.start_us,
        end_us=item.end_us,
        path=item.path_json(),
        rules_digest=item.rules_digest,
        explanation=item.explanation,
        received_at=now,
    )


@dataclass(frozen=True, slots=True)
class Since:
    """When an episode was first known: by which entry, and when each level was received first."""

    entry: int
    levels: Mapping[str, datetime]

    @property
    def opened_at(self) -> datetime:
        """When its first item was received: whatever is rebuilt, it stays."""
        return min(self.levels.values())


def known_since(episodes: Iterable[str]) -> dict[str, Since]:
    """Since when these episodes are known, by the items that were copied. One query."""
    found: dict[str, Since] = {}
    rows = (
        AlertItem.objects.filter(episode__in=list(episodes))
        .order_by()
        .values("episode", "level")
        .annotate(first=Min("received_at"), first_entry=Min("entry"))
        .values_list("episode", "level", "first", "first_entry")
    )
    for episode, level, first, entry in rows:
        before = found.get(episode, Since(entry, {}))
        found[episode] = Since(min(before.entry, entry), {**before.levels, level: first})
    return found


def project_episode(
    item: Item | AlertItem, pilot: Pilot, since: Since, handling: Handling, now: datetime
) -> None:
    """An item carries its episode's whole state: the newest one is the episode.

    `handling`: what its steps come to, kept where the episode is new here; where it is not, the
    verbs that write steps keep it.
    """
    rule = _rule(pilot, item.rule)
    title = rule.title if rule else _title(item)
    known: dict[str, object] = {
        "pilot": pilot,
        "rule": item.rule,
        "group": item.group,
        "state": _state(item),
        "level": item.level,
        "rank": rank(item.level),
        "early": item.early,
        "warming": item.warming,
        "start_us": item.start_us,
        "end_us": item.end_us,
        "opened_entry": since.entry,
        "opened_at": since.opened_at,
        "level_at": since.levels[item.level],
        "last_entry": item.entry,
        "last_seq": item.seq,
        "rules_digest": item.rules_digest,
        "explanation": item.explanation,
        "title_zh": title.zh,
        "title_en": title.en,
        "public": bool(rule and rule.public),
        "changed_at": now,
    }
    AlertEpisode.objects.update_or_create(
        episode=item.episode,
        defaults=known,
        create_defaults={**known, **columns_of(handling)},
    )


def _title(item: Item | AlertItem) -> Text:
    """Of a rule that the case's rulebook does not have: it is built in, or of other rules."""
    rule = item.explanation.get("rule") or {}
    return Text(**rule["title"]) if "title" in rule else Text(zh=item.rule, en=item.rule)


@transaction.atomic
def rebuild_episodes() -> int:
    """Make every episode anew from the items and the steps; how many there are.

    What is made is what was there, to the moment at which each became known.
    """
    newest: dict[str, AlertItem] = {}
    for item in AlertItem.objects.select_related("pilot__case__scheme").order_by("seq"):
        newest[item.episode] = item
    AlertEpisode.objects.all().delete()
    known, handled = known_since(newest), handlings(newest)
    for name, item in newest.items():
        project_episode(item, item.pilot, known[name], handled[name], item.received_at)
    return len(newest)


def _state(item: Item | AlertItem) -> EpisodeState:
    if item.change == Change.WITHDRAWN:
        return EpisodeState.WITHDRAWN
    return EpisodeState.OPEN if item.end_us is None else EpisodeState.ENDED


def _rule(pilot: Pilot, rule_id: str) -> Limit | AlertRule | None:
    rulebook = pilot.case.rulebook
    rules: list[Limit | AlertRule] = [*rulebook.limits, *rulebook.alerts]
    return next((rule for rule in rules if rule.id == rule_id), None)


@transaction.atomic
def apply_readings(readings: Sequence[Reading]) -> Applied:
    """Store these final values; a later statement about the same instant replaces the earlier."""
    applied = Applied()
    cursor = locked_cursor(READINGS)
    fresh = [reading for reading in readings if reading.seq > cursor.position]
    pilots = _pilots(reading.project for reading in fresh)
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
    _move(cursor, fresh[-1].seq if fresh else cursor.position, timezone.now())
    return applied


@transaction.atomic
def apply_current(values: Iterable[Current]) -> Applied:
    """Keep the newest values, where they differ from what is kept."""
    applied = Applied()
    given = list(values)
    pilots = _pilots(value.project for value in given)
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
def apply_faults(faults: Sequence[Fault]) -> Applied:
    """Keep which pilots are no longer evaluated, and forget those that are again."""
    applied = Applied()
    kept = {
        row.pilot.public_id: row
        for row in MonitorFault.objects.select_related("pilot__case__scheme")
    }
    now = timezone.now()
    stated = {fault.project: fault for fault in faults}
    for project, row in kept.items():
        if project not in stated:
            row.delete()
            applied.note(row.pilot, row.entry)
    for project, pilot in _pilots(stated.keys() - kept.keys()).items():
        fault = stated[project]
        MonitorFault.objects.create(
            pilot=pilot, entry=fault.entry, message=fault.message, noticed_at=now
        )
        applied.note(pilot, fault.entry)
    return applied


@transaction.atomic
def apply_quality(stated: Sequence[SourceQuality]) -> Applied:
    """Keep how each source delivers, where it differs from what is kept."""
    applied = Applied()
    pilots = _pilots(one.project for one in stated)
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
def apply_grouped(stated: Sequence[Grouped]) -> Applied:
    """Keep how the groups of limits stand where it differs from what is kept; drop the others."""
    applied = Applied()
    pilots = _pilots(one.project for one in stated)
    kept = {
        (row.pilot_id, row.rule): row
        for row in GroupedReading.objects.select_related("pilot__case__scheme")
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


def locked_cursor(name: str) -> StreamCursor:
    """A stream's cursor, for the transaction that applies what was read."""
    StreamCursor.objects.get_or_create(name=name, defaults={"changed_at": timezone.now()})
    return StreamCursor.objects.select_for_update().get(name=name)


def _move(cursor: StreamCursor, to: int, now: datetime) -> None:
    if to != cursor.position:
        cursor.position = to
        cursor.changed_at = now
        cursor.save(update_fields=["position", "changed_at"])


def _pilots(projects: Iterable[str]) -> dict[str, Pilot]:
    wanted = set(projects)
    if not wanted:
        return {}
    found = Pilot.objects.filter(public_id__in=wanted).select_related("case__scheme")
    return {pilot.public_id: pilot for pilot in found}
