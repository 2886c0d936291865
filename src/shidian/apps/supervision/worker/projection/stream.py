"""How far each stream was read, for whom, and what a pass has changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.supervision.models import Pilot, StreamCursor
from shidian.config import MAIN_JOURNAL

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

ITEMS = "monitor.items"
READINGS = "monitor.readings"
APPLIED = "monitor.applied"
NUMBERING = "alerts.numbering"


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


def of_journal(name: str, journal: str) -> str:
    """The name of a stream of a journal's."""
    return name if journal == MAIN_JOURNAL else f"{name}@{journal}"


def applied_to(journal: str) -> int:
    """Up to which entry all that the journal's monitor says is here."""
    return position(of_journal(APPLIED, journal))


@transaction.atomic
def note_applied(journal: str, entry: int) -> None:
    """All that the journal's monitor says of entries up to this one is here."""
    cursor = locked_cursor(of_journal(APPLIED, journal))
    if entry > cursor.position:
        move(cursor, entry, timezone.now())


def position(name: str) -> int:
    """How far a stream was read."""
    return StreamCursor.objects.filter(name=name).values_list("position", flat=True).first() or 0


def locked_cursor(name: str) -> StreamCursor:
    """A stream's cursor, for the transaction that applies what was read."""
    StreamCursor.objects.get_or_create(name=name, defaults={"changed_at": timezone.now()})
    return StreamCursor.objects.select_for_update().get(name=name)


def move(cursor: StreamCursor, to: int, now: datetime) -> None:
    """The stream was read up to `to`."""
    if to != cursor.position:
        cursor.position = to
        cursor.changed_at = now
        cursor.save(update_fields=["position", "changed_at"])


def pilots_of(projects: Iterable[str]) -> dict[str, Pilot]:
    """The pilots among these projects, by their public id. At most one query."""
    wanted = set(projects)
    if not wanted:
        return {}
    found = Pilot.objects.filter(public_id__in=wanted).select_related("case__scheme")
    return {pilot.public_id: pilot for pilot in found}
