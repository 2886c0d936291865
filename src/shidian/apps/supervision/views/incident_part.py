"""Incidents on the pages of cases and on the desk: what happened, and what is due of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.rulebooks import rulebook_of
from shidian.apps.cases.views import desk, timeline
from shidian.apps.supervision.incident_queries import incidents_for, late_at
from shidian.apps.supervision.incident_words import due_name

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case
    from shidian.apps.cases.views.roles import Viewer

OWED_MAX = 20


@timeline.supply
def reported_incidents(case: Case, viewer: Viewer) -> list[dict[str, Any]]:
    """Incidents reported and closed, as acts of the timeline. One query."""
    if not allows(viewer.person, Permission.INCIDENT_READ, case):
        return []
    entries = []
    for one in incidents_for(viewer.person).filter(pilot__case=case):
        name = f"{one.reference} {one.title}"
        entries.append(
            {
                "what": _("Incident reported: %(incident)s") % {"incident": name},
                "who": str(one.reported_by),
                "at": one.reported_at,
                "note": "",
            }
        )
        if one.closed_at is not None:
            entries.append(
                {
                    "what": _("Incident ended: %(incident)s") % {"incident": name},
                    "who": "",
                    "at": one.closed_at,
                    "note": one.get_state_display(),
                }
            )
    return entries


@desk.supply
def due_of_incidents(viewer: Viewer) -> list[desk.Owed]:
    """What the person's institution has to report next; for officers what is late. One query."""
    now = timezone.now()
    incidents = incidents_for(viewer.person)
    if viewer.roles.is_officer:
        incidents = incidents.filter(late_at(now))
    elif viewer.roles.is_staff:
        incidents = incidents.exclude(due_at=None)
    else:
        return []
    found = []
    for one in incidents.order_by("due_at", "pk")[:OWED_MAX]:
        if one.due_at is None:
            continue
        version = one.pilot.case.rulebook_version
        step = due_name(rulebook_of(version.pk, version.digest), one.due_step)
        what = step or _("Answer to a question")
        found.append(
            desk.Owed(
                what=f"{what} · {one.reference} {one.title}",
                case=str(one.pilot.case.title),
                url=reverse("supervision:incident", args=[one.pilot.public_id, one.number]),
                at=one.due_at,
                late=one.due_at < now,
            )
        )
    return found
