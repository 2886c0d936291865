"""What the lab does about outbox rows: its public pages are published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.cases.models import Scheme
from shidian.apps.cases.outbox import on
from shidian.apps.lab.models import Consultation
from shidian.apps.lab.publish import refresh

if TYPE_CHECKING:
    from shidian.apps.cases.models import Outbox


@on("snapshot.consultation", name="lab.consultations")
def publish_consultation(row: Outbox) -> None:
    """The page of a draft on public notice is stale."""
    found = Consultation.objects.select_related("notice", "draft__scheme", "draft__base", "note")
    for consultation in found.filter(notice__slug=row.payload.get("notice", "")):
        refresh.publish_consultation(consultation)


@on("snapshot.clauses", name="lab.clauses")
def publish_clauses(row: Outbox) -> None:
    """A draft was decided: which pilot changed which sentence."""
    for scheme in Scheme.objects.filter(slug=row.payload.get("scheme", "")):
        refresh.publish_clauses(scheme)


@on("snapshot.rulebook", name="lab.clauses-of-rulebook")
def publish_clauses_of_rulebook(row: Outbox) -> None:
    """New rules may name other clauses."""
    publish_clauses(row)


@on("pilot.admitted", name="lab.clauses-of-pilot")
def publish_clauses_of_pilot(row: Outbox) -> None:
    """Another pilot tests the scheme's clauses."""
    if row.case is not None:
        refresh.publish_clauses(row.case.scheme)
