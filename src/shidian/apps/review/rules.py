"""Permissions in a review: experts act on their own assignment alone."""

from __future__ import annotations

import rules

from shidian.apps.accounts.access import Permission
from shidian.apps.accounts.roles import roles_of
from shidian.apps.accounts.rules import Someone
from shidian.apps.cases.rules import assesses, is_case_officer, sees
from shidian.apps.review.models import Assignment


@rules.predicate
def is_the_expert(person: Someone, assignment: Assignment | None) -> bool:
    """The assignment is theirs."""
    if assignment is None:
        return False
    return assignment.expert_id == roles_of(person).expert


@rules.predicate
def declared_no_conflict(_person: Someone, assignment: Assignment | None) -> bool:
    """On this assignment it was declared that there is no conflict."""
    if assignment is None:
        return False
    declared = list(assignment.declarations.values_list("conflict", flat=True))
    return bool(declared) and not any(declared)


@rules.predicate
def is_undenied(person: Someone, assignment: Assignment | None) -> bool:
    """No denial stands against the person: an earlier declared conflict binds in later rounds."""
    if assignment is None:
        return False
    return not assignment.panel.case.access.filter(person=person, effect="deny").exists()


rules.add_perm(Permission.PANEL_FORM.value, is_case_officer & sees)
rules.add_perm(Permission.CONFLICT_DECLARE.value, is_the_expert & is_undenied)
rules.add_perm(Permission.REVIEW_READ.value, is_the_expert & is_undenied & declared_no_conflict)
rules.add_perm(Permission.REVIEW_SUBMIT.value, is_the_expert & is_undenied & declared_no_conflict)
rules.add_perm(Permission.ASSESSMENT_FILE.value, assesses & sees)
