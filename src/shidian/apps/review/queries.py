"""What people see of reviews. Experts see their own sheets, officers all, applicants none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import Person
from shidian.apps.review.models import Assessment, Assignment, Panel

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from shidian.apps.cases.models import Case

Someone = Person | AnonymousUser


def parties_to_declare(assignment: Assignment) -> list[str]:
    """Names of lead and partners: all that an expert may know before declaring."""
    case = assignment.panel.case
    return [case.lead.name, *(party.institution.name for party in case.parties.all())]


def panels_for(person: Someone, case: Case) -> QuerySet[Panel]:
    """Panels of the case with everything in them, for those who read the authorities' own."""
    if not allows(person, Permission.CASE_READ_INTERNAL, case):
        return Panel.objects.none()
    return (
        Panel.objects.filter(case=case)
        .select_related("opened", "closed")
        .prefetch_related("assignments__expert__person", "assignments__declarations")
        .prefetch_related("assignments__reviews__submitted__person")
    )


def assessments_for(person: Someone, case: Case) -> QuerySet[Assessment]:
    """Filed assessments of a case that the person may see."""
    if not allows(person, Permission.CASE_READ, case):
        return Assessment.objects.none()
    return Assessment.objects.filter(case=case).select_related("body", "filed")
