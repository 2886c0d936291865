"""Telling people that a step of an incident was not done in its time, once for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from shidian.apps.cases import outbox
from shidian.apps.cases.news_kinds import INCIDENT_LATE
from shidian.apps.supervision.incident_queries import late_at
from shidian.apps.supervision.models import Incident, MissedStep

if TYPE_CHECKING:
    from datetime import datetime

AT_ONCE_MAX = 200


def tell_missed_steps(*, at: datetime | None = None) -> int:
    """Tell institution and officers of what is overdue and was not told; of how much."""
    moment = at or timezone.now()
    told = MissedStep.objects.filter(
        incident=OuterRef("pk"), step=OuterRef("due_step"), due_at=OuterRef("due_at")
    )
    late = Incident.objects.filter(late_at(moment)).filter(~Exists(told)).order_by("due_at", "pk")
    return sum(_tell(pk, moment) for pk in list(late.values_list("pk", flat=True)[:AT_ONCE_MAX]))


@transaction.atomic
def _tell(pk: int, moment: datetime) -> bool:
    """It may have been done meanwhile, or told by another worker."""
    locked = Incident.objects.select_for_update(of=("self",)).select_related("pilot__case")
    incident = locked.filter(late_at(moment)).filter(pk=pk).first()
    if incident is None or incident.due_at is None:
        return False
    _row, is_new = MissedStep.objects.get_or_create(
        incident=incident,
        step=incident.due_step,
        due_at=incident.due_at,
        defaults={"told_at": moment},
    )
    if not is_new:
        return False
    case = incident.pilot.case
    for to in ("applicant", "officer"):
        said = {"kind": INCIDENT_LATE, "case": case.reference, "incident": incident.reference}
        outbox.put(f"mail.{to}", said, case=case, at=moment)
    return True
