"""What the institution tells of an incident, and what an officer notes of a telephone call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.incidents.writing import (
    checked_text,
    locked_incident,
    require_grade,
    write_step,
)
from shidian.apps.supervision.domain.instants import from_us
from shidian.apps.supervision.models import Incident, IncidentStep, Pilot, PilotState
from shidian.core.procedure.incidents import (
    IncidentActKind,
    IncidentFacts,
    IncidentState,
    rules_of,
)

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Person

TITLE_CHARS_MAX = 200
CALLER_CHARS_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is told of an incident at first. `facts`: as far as they are known by then."""

    title: str
    text: str
    severity: str
    occurred_at: datetime
    known_at: datetime
    facts: IncidentFacts = field(default_factory=IncidentFacts)


class MeanwhileError(SupervisionError):
    """Another report came in since the page was shown. Nothing was written.

    `incidents`: what was reported meanwhile, oldest first, for the person to say whether it is the
    same.
    """

    def __init__(self, message: str, incidents: list[Incident]) -> None:
        super().__init__(message)
        self.incidents = incidents


def newest_number(pilot: Pilot) -> int:
    """The number of the pilot's newest incident; 0 where it has none."""
    return int(pilot.incidents.order_by("-number").values_list("number", flat=True).first() or 0)


@transaction.atomic
def report_incident(
    *, pilot: Pilot, told: Told, seen: int, by: Person, at: datetime | None = None
) -> Incident:
    """Report an incident for the lead institution. Step `reported`; mail to the case officers.

    `seen`: number of the newest incident that the person's page knew of. Raises ForbiddenError,
    MeanwhileError where another was reported since, SupervisionError.
    """
    return _begin(pilot, IncidentActKind.REPORTED, told, seen=seen, by=by, at=at)


@transaction.atomic
def note_telephone_report(
    *, pilot: Pilot, told: Told, caller: str, seen: int, by: Person, at: datetime | None = None
) -> Incident:
    """Note what the institution reported by telephone; it is asked to confirm it in writing.

    Step `phoned`; mail to the institution's staff. Raises as `report_incident`, and
    SupervisionError where the rulebook takes no telephone report of that grade.
    """
    rules = rules_of(pilot.case.rulebook)
    steps = rules.steps_for(told.severity)
    if steps and not any(step.telephone for step in steps):
        raise SupervisionError(
            _("The rulebook takes no telephone report of an incident of this grade."),
            field="severity",
        )
    if not caller.strip() or len(caller) > CALLER_CHARS_MAX:
        raise SupervisionError(_("Say who telephoned."), field="caller")
    return _begin(
        pilot, IncidentActKind.PHONED, told, seen=seen, by=by, caller=caller.strip(), at=at
    )


@transaction.atomic
def report_also(
    *,
    incident: Incident,
    text: str,
    by: Person,
    facts: IncidentFacts | None = None,
    at: datetime | None = None,
) -> IncidentStep:
    """Add what a second person reported to the incident that was reported first.

    Raises ForbiddenError, or SupervisionError where it is closed meanwhile.
    """
    stated = facts if facts != IncidentFacts() else None
    return _firm(incident, IncidentActKind.ALSO, by, text, at, facts=stated)


@transaction.atomic
def confirm_telephone_report(
    *,
    incident: Incident,
    severity: str,
    facts: IncidentFacts,
    by: Person,
    text: str = "",
    at: datetime | None = None,
) -> IncidentStep:
    """Confirm in writing what an officer noted, with the grade and the facts as the firm has them.

    Raises ForbiddenError, SupervisionError.
    """
    require_grade(incident.pilot, severity)
    return _firm(incident, IncidentActKind.CONFIRMED, by, text, at, severity=severity, facts=facts)


@transaction.atomic
def update_incident(
    *,
    incident: Incident,
    text: str,
    facts: IncidentFacts,
    by: Person,
    over_at: datetime | None = None,
    at: datetime | None = None,
) -> IncidentStep:
    """Say what is new; `over_at`: since when it is over, once it is. The facts replace the former.

    Raises ForbiddenError, SupervisionError.
    """
    return _firm(incident, IncidentActKind.UPDATED, by, text, at, facts=facts, over_at=over_at)


@transaction.atomic
def answer_question(
    *, incident: Incident, question: int, text: str, by: Person, at: datetime | None = None
) -> IncidentStep:
    """Answer an officer's question, by its number. Raises ForbiddenError, SupervisionError."""
    return _firm(incident, IncidentActKind.ANSWERED, by, text, at, question=question)


@transaction.atomic
def close_incident(
    *,
    incident: Incident,
    text: str,
    facts: IncidentFacts,
    lessons: str,
    by: Person,
    over_at: datetime | None = None,
    at: datetime | None = None,
) -> IncidentStep:
    """Close it with the full facts and what was learnt. Outbox: the pilot's page, mail to officers.

    Raises ForbiddenError, or SupervisionError: a question has no answer, it is not over, the effect
    on the market or the cause is unknown, no lesson is stated.
    """
    return _firm(
        incident,
        IncidentActKind.CLOSED,
        by,
        text,
        at,
        facts=facts,
        lessons=checked_text(lessons, "lessons"),
        over_at=over_at,
    )


def _begin(
    pilot: Pilot,
    kind: IncidentActKind,
    told: Told,
    *,
    seen: int,
    by: Person,
    caller: str = "",
    at: datetime | None = None,
) -> Incident:
    moment = at or timezone.now()
    locked = Pilot.objects.select_for_update(of=("self",)).select_related("case").get(pk=pilot.pk)
    permission = Permission.INCIDENT_HANDLE if caller else Permission.INCIDENT_REPORT
    if not allows(by, permission, locked.case):
        raise ForbiddenError
    _fits(locked, told, moment)
    newer = list(locked.incidents.filter(number__gt=seen).order_by("number"))
    if newer:
        raise MeanwhileError(
            _("Meanwhile an incident was reported: say whether yours is the same."), newer
        )
    number = newest_number(locked) + 1
    incident = Incident(
        pilot=locked,
        number=number,
        reference=f"I{locked.public_id.removeprefix('P')}-{number:02d}",
        title=told.title.strip(),
        occurred_at=told.occurred_at,
        known_at=told.known_at,
        reported_by=by,
        reported_at=moment,
        caller=caller,
        severity=told.severity,
        state=IncidentState.PHONED if caller else IncidentState.OPEN,
    )
    incident.save(force_insert=True)
    write_step(incident, kind, by, told.text, moment, severity=told.severity, facts=told.facts)
    return incident


def _fits(pilot: Pilot, told: Told, moment: datetime) -> None:
    """That this can be told of the pilot. Raises SupervisionError."""
    if pilot.state == PilotState.PENDING or pilot.start_us is None:
        raise SupervisionError(_("The pilot has not started: there is nothing to report."))
    title = told.title.strip()
    if not title or len(title) > TITLE_CHARS_MAX:
        raise SupervisionError(_("Say in at most 200 characters what happened."), field="title")
    require_grade(pilot, told.severity)
    if told.occurred_at < from_us(pilot.start_us):
        raise SupervisionError(_("The pilot began later than that."), field="occurred_at")
    if told.occurred_at > told.known_at:
        raise SupervisionError(_("It cannot have been known before it happened."), field="known_at")
    if told.known_at > moment:
        raise SupervisionError(_("This lies in the future."), field="known_at")


def _firm(
    incident: Incident,
    kind: IncidentActKind,
    by: Person,
    text: str,
    at: datetime | None,
    **more: Any,
) -> IncidentStep:
    locked = locked_incident(incident, by, Permission.INCIDENT_REPORT)
    return write_step(locked, kind, by, text, at or timezone.now(), **more)
