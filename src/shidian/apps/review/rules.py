"""Permissions in a review: experts act on their own assignment alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.accounts.access import Permission
from shidian.apps.accounts.models import Person
from shidian.apps.accounts.permits import permit, predicate
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.rules import (
    assesses,
    drafts_for_the_lead,
    is_case_officer,
    is_of_the_authorities,
    is_of_the_parties,
    sees,
)
from shidian.apps.review.models import Conflict
from shidian.core.procedure.types import EventKind

if TYPE_CHECKING:
    from shidian.apps.accounts.rules import Someone
    from shidian.apps.cases.models import Case
    from shidian.apps.review.models import Assignment


@predicate
def is_an_expert(person: Someone, _obj: object = None) -> bool:
    """Is on the list of experts."""
    return roles_of(person).is_expert


@predicate
def is_the_expert(person: Someone, assignment: Assignment | None) -> bool:
    """The assignment is theirs."""
    if assignment is None:
        return False
    return assignment.expert_id == roles_of(person).expert


@predicate
def declared_no_conflict(_person: Someone, assignment: Assignment | None) -> bool:
    """On this assignment it was declared that there is no conflict."""
    if assignment is None:
        return False
    declared = list(assignment.declarations.values_list("conflict", flat=True))
    return bool(declared) and not any(declared)


@predicate
def is_undenied(person: Someone, assignment: Assignment | None) -> bool:
    """No denial stands against the person: an earlier declared conflict binds in later rounds."""
    if assignment is None or not isinstance(person, Person):
        return False
    return not assignment.panel.case.access.filter(person=person, effect="deny").exists()


@predicate
def assesses_for_the_authority(person: Someone, case: Case | None) -> bool:
    """Is a case officer where the stage's assessment is the authority's own."""
    return case is not None and case.stage_rule.by == "authority" and is_case_officer(person, case)


@predicate
def sits_on_its_panel(person: Someone, case: Case | None) -> bool:
    """Is on a panel of the case, has declared no conflict, and has none since."""
    expert = roles_of(person).expert
    if case is None or expert is None or not isinstance(person, Person):
        return False
    if case.access.filter(person=person, effect="deny").exists():
        return False
    return Conflict.objects.filter(
        assignment__panel__case=case, assignment__expert=expert, conflict=False
    ).exists()


@predicate
def is_called_to_a_defence(person: Someone, case: Case | None) -> bool:
    """Is of the parties of a case whose applicant was called to a defence."""
    if case is None or not is_of_the_parties(person, case):
        return False
    return case.events.filter(kind=EventKind.DEFENCE_CALLED).exists()


permit(Permission.PANEL_FORM, is_case_officer & sees)
permit(Permission.CONFLICT_DECLARE, is_the_expert & is_undenied)
permit(Permission.REVIEW_READ, is_the_expert & is_undenied & declared_no_conflict)
permit(Permission.REVIEW_SUBMIT, is_the_expert & is_undenied & declared_no_conflict)
permit(Permission.AVAILABILITY_SET, is_an_expert)
permit(Permission.ASSESSMENT_FILE, (assesses | assesses_for_the_authority) & sees)
permit(
    Permission.SESSION_READ,
    (is_of_the_authorities & sees) | (is_called_to_a_defence & sees) | sits_on_its_panel,
)
permit(Permission.PRESENTERS_NAME, drafts_for_the_lead & is_called_to_a_defence & sees)
