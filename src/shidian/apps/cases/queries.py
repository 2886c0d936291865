"""What people see of cases and calls: lists and pages, in a constant number of queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import OfficerRole, Person, StaffRole
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.actors import actor_as
from shidian.apps.cases.domain.perform import PERMISSIONS
from shidian.apps.cases.history import state_of
from shidian.apps.cases.models import Call, Case, CaseEvent, Task
from shidian.apps.cases.rules import DECIDING
from shidian.core.procedure.step import permitted_verbs
from shidian.core.procedure.types import ActorKind, CaseState, Verb
from shidian.core.procedure.verbs import VERBS

if TYPE_CHECKING:
    from datetime import date

Someone = Person | AnonymousUser


def cases_visible_to(person: Someone) -> QuerySet[Case]:
    """Cases for a list: with scheme, lead, and the open tasks as `open_tasks`. Two queries."""
    open_tasks = Task.objects.open().select_related("authority", "institution", "person")
    return (
        Case.objects.visible_to(person)
        .select_related("scheme", "lead", "call")
        .prefetch_related(Prefetch("tasks", queryset=open_tasks, to_attr="open_tasks"))
    )


def case_visible_to(person: Someone, reference: str) -> Case:
    """One case for its page. Raises Case.DoesNotExist where it is not theirs to know of."""
    return cases_visible_to(person).get(reference=reference)


def tasks_for(person: Someone) -> QuerySet[Task]:
    """Open tasks that `person` may do, the earliest due first. One query.

    An expert's declaration is not among them: its case is not theirs to see yet
    (`review.queries.assignments_for`).
    """
    if not isinstance(person, Person):
        return Task.objects.none()
    roles = roles_of(person)
    case_offices = roles.authorities(OfficerRole.CASE)
    deciding = Q(case__scheme__parts__role__in=DECIDING)
    mine = (
        Q(kind=ActorKind.EXPERT, person=person)
        | Q(
            kind=ActorKind.APPLICANT,
            institution__in=roles.institutions(StaffRole.DRAFTER, StaffRole.SIGNER),
        )
        | Q(kind=ActorKind.SIGNING_OFFICER, authority__in=roles.authorities(OfficerRole.SIGNING))
        | (
            Q(kind=ActorKind.OFFICER, case__scheme__parts__authority__in=case_offices)
            & deciding
            & (Q(authority__isnull=True) | Q(authority__in=case_offices))
        )
        | Q(
            kind=ActorKind.ASSESSOR,
            case__access__institution__in=roles.bodies,
            case__access__effect="grant",
        )
    )
    return (
        Task.objects.open()
        .visible_to(person)
        .filter(mine)
        .select_related("case__scheme", "case__lead", "authority", "institution")
        .distinct()
    )


def waiting_on_others(person: Someone) -> QuerySet[Task]:
    """Open tasks of visible cases that are not `person`'s to do."""
    return (
        Task.objects.open()
        .visible_to(person)
        .exclude(pk__in=tasks_for(person).order_by().values("pk"))
        .select_related("case__scheme", "case__lead", "authority", "institution", "person")
    )


def timeline_of(case: Case) -> QuerySet[CaseEvent]:
    """The case's events in order, with who acted. Ask CASE_READ first; hide what is internal."""
    return (
        CaseEvent.objects.filter(case=case).select_related("person", "institution").order_by("seq")
    )


def verbs_open_to(person: Someone, case: Case, state: CaseState | None = None) -> list[Verb]:
    """The acts whose buttons `person` is shown on the case's page, in the order of the table."""
    if not isinstance(person, Person):
        return []
    state = state or state_of(case)
    kinds = [kind for kind in ActorKind if actor_as(person, case, kind) is not None]
    possible = {verb for kind in kinds for verb in permitted_verbs(case.rulebook, state, kind)}
    return [verb for verb in VERBS if verb in possible and _permitted(person, case, verb)]


def _permitted(person: Person, case: Case, verb: Verb) -> bool:
    permission = PERMISSIONS[verb]
    return allows(person, permission or Permission.CASE_READ, case)


def open_calls(day: date | None = None) -> QuerySet[Call]:
    """Calls that take applications on that day (default: today)."""
    day = day or timezone.localdate()
    return (
        Call.objects.filter(Q(closes_on__isnull=True) | Q(closes_on__gte=day), opens_on__lte=day)
        .select_related("scheme")
        .order_by("closes_on", "slug")
    )
