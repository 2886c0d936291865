"""Which incidents a person sees, and what of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import F, Q
from django.utils import timezone

from shidian.apps.accounts.models import StaffRole
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.models import Case
from shidian.apps.cases.querysets import of_one_of
from shidian.apps.cases.rules import watched_parts
from shidian.apps.supervision.models import (
    AlertEpisode,
    AlertStep,
    Incident,
    IncidentStep,
)
from shidian.core.procedure.incidents import UNDER_WAY

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from shidian.apps.accounts.models import Person

OPEN_STATES = tuple(state.value for state in UNDER_WAY)


class Show(StrEnum):
    """Which incidents a list shows."""

    OPEN = "open"
    LATE = "late"
    CLOSED = "closed"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; empty: not by that."""

    show: Show = Show.OPEN
    scheme: str = ""
    pilot: str = ""
    severity: str = ""
    cause: str = ""


def incidents_for(person: Person) -> QuerySet[Incident]:
    """Incidents that a person may read, as `rules` permits one by one.

    Officers of a scheme's authorities and auditors: all of its pilots. Who drafts or signs for the
    lead: its own. Nobody: of a case that they do not see.
    """
    roles = roles_of(person)
    seen = Incident.objects.filter(of_one_of(Case.objects.visible_to(person), "pilot__case"))
    if roles.is_auditor:
        return _listed(seen)
    mine = Q(pk__in=())
    if roles.is_officer:
        mine |= Q(pilot__case__scheme__in=watched_parts(person).values("scheme"))
    led = roles.institutions(StaffRole.DRAFTER, StaffRole.SIGNER)
    if led:
        mine |= Q(pilot__case__lead__in=led)
    return _listed(seen.filter(mine))


def _listed(incidents: QuerySet[Incident]) -> QuerySet[Incident]:
    return incidents.select_related(
        *("pilot__case__lead", "pilot__case__rulebook_version", "pilot__case__scheme"),
        "reported_by",
    ).defer("pilot__case__rulebook_version__document")


def narrowed(incidents: QuerySet[Incident], wanted: Wanted) -> QuerySet[Incident]:
    """Those that were asked for: what is due first comes first, then the newest."""
    match wanted.show:
        case Show.OPEN:
            incidents = incidents.filter(state__in=OPEN_STATES)
        case Show.LATE:
            incidents = incidents.filter(late_at(timezone.now()))
        case Show.CLOSED:
            incidents = incidents.exclude(state__in=OPEN_STATES)
    for name, value in (
        ("pilot__case__scheme__slug", wanted.scheme),
        ("pilot__public_id", wanted.pilot),
        ("severity", wanted.severity),
        ("cause", wanted.cause),
    ):
        if value:
            incidents = incidents.filter(**{name: value})
    return incidents.order_by(F("due_at").asc(nulls_last=True), "-reported_at", "-pk")


def late_at(now: datetime) -> Q:
    """Those of which something is overdue."""
    return Q(state__in=OPEN_STATES, due_at__lt=now)


def steps_for(incident: Incident, *, is_internal: bool) -> QuerySet[IncidentStep]:
    """What was done, oldest first; without the authorities' own for the institution's staff."""
    steps = incident.steps.select_related("by", "attachment")
    return steps if is_internal else steps.filter(internal=False)


def linked_episodes(incident: Incident, *, is_internal: bool) -> list[AlertEpisode]:
    """Alerts tied to it, from its own page or, for the authorities, from theirs."""
    steps = incident.steps.filter(link_kind="alert")
    if not is_internal:
        steps = steps.filter(internal=False)
    wanted = Q(episode__in=steps.values("link_name"))
    if is_internal:
        tied = AlertStep.objects.filter(
            pilot=incident.pilot_id, link_kind="incident", link_name=incident.reference
        )
        wanted |= Q(episode__in=tied.values("episode"))
    episodes = AlertEpisode.objects.filter(wanted, pilot=incident.pilot_id)
    return list(episodes.select_related("pilot"))


def open_of(pilot_id: int) -> QuerySet[Incident]:
    """The pilot's incidents that are under way, newest first."""
    return Incident.objects.filter(pilot=pilot_id, state__in=OPEN_STATES).order_by("-number")
