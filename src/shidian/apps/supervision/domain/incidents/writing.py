"""Keeping a step of an incident: lock, refusal, what the incident keeps, whom it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases import outbox
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.news_kinds import INCIDENT
from shidian.apps.cases.words import localized
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.pilots import ask_for_snapshot
from shidian.apps.supervision.incident_course import act_of, columns_of, facts_json, standing_of
from shidian.apps.supervision.models import Incident, IncidentStep, Pilot
from shidian.core.procedure.incident_refusals import refusal
from shidian.core.procedure.incidents import IncidentActKind, IncidentFacts, after, rules_of

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Person

TEXT_CHARS_MAX = 5_000
INVESTORS_MAX = 2_000_000_000


def require_grade(pilot: Pilot, severity: str) -> None:
    if severity not in {one.id for one in rules_of(pilot.case.rulebook).severities}:
        raise SupervisionError(_("The rulebook has no such grade."), field="severity")


def locked_incident(incident: Incident, by: Person, permission: Permission) -> Incident:
    locked = (
        Incident.objects.select_for_update(of=("self",))
        .select_related("pilot__case__rulebook_version", "pilot__case__lead")
        .get(pk=incident.pk)
    )
    if not allows(by, permission, locked.pilot.case):
        raise ForbiddenError
    return locked


def write_step(
    incident: Incident,
    kind: IncidentActKind,
    by: Person,
    text: str,
    at: datetime,
    *,
    facts: IncidentFacts | None = None,
    **more: Any,
) -> IncidentStep:
    """Keep the step and what it makes of its incident, which is locked. Raises SupervisionError."""
    if facts is not None and not 0 <= facts.investors <= INVESTORS_MAX:
        raise SupervisionError(_("Write a number of investors."), field="investors")
    step = IncidentStep(
        incident=incident,
        kind=kind.value,
        at=at,
        by=by,
        text=checked_text(text),
        facts=facts_json(facts),
        **more,
    )
    act, standing = act_of(step), standing_of(incident)
    if wrong := refusal(standing, act, occurred_at=incident.occurred_at):
        where, words = wrong
        raise SupervisionError(localized(words), field=where or None)
    step.save(force_insert=True)
    columns = columns_of(incident, after(standing, act))
    for name, value in columns.items():
        setattr(incident, name, value)
    incident.save(update_fields=list(columns))
    if not step.internal:
        _tell(incident, kind, at)
    return step


def checked_text(text: str, where: str = "text") -> str:
    text = text.strip()
    if len(text) > TEXT_CHARS_MAX:
        raise SupervisionError(_("Write a text of at most 5,000 characters."), field=where)
    return text


_TOLD_TO_THE_FIRM = frozenset(
    {
        IncidentActKind.PHONED,
        IncidentActKind.ASKED,
        IncidentActKind.GRADED,
        IncidentActKind.MERGED,
        IncidentActKind.REOPENED,
    }
)
_QUIET = frozenset({IncidentActKind.NOTED, IncidentActKind.LINKED})


def _tell(incident: Incident, kind: IncidentActKind, at: datetime) -> None:
    """Mail that something happened, never what; and the public page, where it shows incidents."""
    if kind in _QUIET:
        return
    case = incident.pilot.case
    to = "applicant" if kind in _TOLD_TO_THE_FIRM else "officer"
    outbox.put(f"mail.{to}", {"kind": INCIDENT, "case": case.reference}, case=case, at=at)
    publish_again(incident, at)


def publish_again(incident: Incident, at: datetime) -> None:
    """Have the pilot's public page made anew, where the rulebook's register shows incidents."""
    case = incident.pilot.case
    if "incidents" in case.rulebook.public_register.public:
        ask_for_snapshot(incident.pilot, at=at)
