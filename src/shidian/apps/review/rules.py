"""Permissions in a review: experts act on their own assignment alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.accounts.access import Permission
from shidian.apps.accounts.models import Person
from shidian.apps.accounts.permits import permit, predicate
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.rules import assesses, is_case_officer, sees

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


permit(Permission.PANEL_FORM, is_case_officer & sees)
permit(Permission.CONFLICT_DECLARE, is_the_expert & is_undenied)
permit(Permission.REVIEW_READ, is_the_expert & is_undenied & declared_no_conflict)
permit(Permission.REVIEW_SUBMIT, is_the_expert & is_undenied & declared_no_conflict)
permit(Permission.AVAILABILITY_SET, is_an_expert)
permit(Permission.ASSESSMENT_FILE, (assesses | assesses_for_the_authority) & sees)
