"""What officers do about an incident: ask, grade, merge, open again, link, note."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.incidents.writing import (
    locked_incident,
    require_grade,
    write_step,
)
from shidian.apps.supervision.models import AlertEpisode, Complaint, Incident, IncidentStep, Order
from shidian.core.procedure.incidents import IncidentActKind, IncidentState

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Person

LINKED = {"alert": AlertEpisode, "order": Order, "complaint": Complaint}
"""What of the same pilot an incident may be tied to."""
_KEYS = {"alert": "episode", "order": "public_id", "complaint": "reference"}


@transaction.atomic
def ask_about_incident(
    *,
    incident: Incident,
    text: str,
    by: Person,
    answer_by: datetime | None = None,
    at: datetime | None = None,
) -> IncidentStep:
    """Ask the institution; until it answers it cannot close. `answer_by`: when its time is over.

    Mail to the institution's staff. Raises ForbiddenError, SupervisionError.
    """
    moment = at or timezone.now()
    if answer_by is not None and answer_by <= moment:
        raise SupervisionError(_("The last day must lie ahead."), field="answer_by")
    locked = locked_incident(incident, by, Permission.INCIDENT_HANDLE)
    number = locked.steps.filter(kind=IncidentActKind.ASKED.value).count() + 1
    return write_step(
        locked, IncidentActKind.ASKED, by, text, moment, question=number, answer_by=answer_by
    )


@transaction.atomic
def grade_incident(
    *, incident: Incident, severity: str, reason: str, by: Person, at: datetime | None = None
) -> IncidentStep:
    """Give it another grade: the steps of that grade are due from now on. Mail to the institution.

    Raises ForbiddenError, SupervisionError.
    """
    require_grade(incident.pilot, severity)
    return _officer(incident, IncidentActKind.GRADED, by, reason, at, severity=severity)


@transaction.atomic
def merge_incident(
    *, incident: Incident, into: Incident, reason: str, by: Person, at: datetime | None = None
) -> IncidentStep:
    """Find it to be the same as another incident of the pilot, which goes on.

    Raises ForbiddenError, or SupervisionError where that one is another pilot's, itself, or merged.
    """
    other = Incident.objects.select_for_update().get(pk=into.pk)
    if other.pilot_id != incident.pilot_id or other.pk == incident.pk:
        raise SupervisionError(_("Choose another incident of the same pilot."), field="into")
    if other.state == IncidentState.MERGED:
        raise SupervisionError(_("That incident was itself merged into another."), field="into")
    return _officer(
        incident,
        IncidentActKind.MERGED,
        by,
        reason,
        at,
        link_kind="incident",
        link_name=other.reference,
    )


@transaction.atomic
def reopen_incident(
    *, incident: Incident, reason: str, by: Person, at: datetime | None = None
) -> IncidentStep:
    """Open it again: it was not over, or not the same. Raises ForbiddenError, SupervisionError."""
    return _officer(incident, IncidentActKind.REOPENED, by, reason, at)


@transaction.atomic
def note_on_incident(
    *, incident: Incident, text: str, by: Person, at: datetime | None = None
) -> IncidentStep:
    """Note something for the authorities' own file. Raises ForbiddenError, SupervisionError."""
    return _officer(incident, IncidentActKind.NOTED, by, text, at, internal=True)


@transaction.atomic
def link_incident(
    *, incident: Incident, kind: str, name: str, by: Person, at: datetime | None = None
) -> IncidentStep:
    """Tie it to an alert, an order or a complaint of the same pilot; an officer's act.

    Raises ForbiddenError, or SupervisionError where there is no such thing, or it is tied already.
    """
    model = LINKED.get(kind)
    if (
        model is None
        or not model._default_manager.filter(  # noqa: SLF001
            pilot=incident.pilot_id, **{_KEYS[kind]: name}
        ).exists()
    ):
        raise SupervisionError(_("This pilot has nothing of that name."), field="link")
    if incident.steps.filter(link_kind=kind, link_name=name).exists():
        raise SupervisionError(_("It is linked to that already."), field="link")
    # A complaint that never went to the institution is none of its business.
    internal = kind == "complaint"
    return _officer(
        incident,
        IncidentActKind.LINKED,
        by,
        "",
        at,
        link_kind=kind,
        link_name=name,
        internal=internal,
    )


def _officer(
    incident: Incident,
    kind: IncidentActKind,
    by: Person,
    text: str,
    at: datetime | None,
    **more: Any,
) -> IncidentStep:
    locked = locked_incident(incident, by, Permission.INCIDENT_HANDLE)
    return write_step(locked, kind, by, text, at or timezone.now(), **more)
