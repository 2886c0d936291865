"""Permissions that follow from roles alone. Those on a case are in `cases.rules` and above."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from shidian.apps.accounts.access import Permission
from shidian.apps.accounts.models import Institution, OfficerRole, Person, StaffRole
from shidian.apps.accounts.permits import permit, predicate
from shidian.apps.accounts.roles import roles_of

Someone = Person | AnonymousUser


@predicate
def has_role(person: Someone, _obj: object = None) -> bool:
    """Holds any role at all."""
    return roles_of(person).has_any


@predicate
def drafts_or_signs(person: Someone, _obj: object = None) -> bool:
    """Drafts or signs for an institution."""
    return bool(roles_of(person).institutions(StaffRole.DRAFTER, StaffRole.SIGNER))


@predicate
def is_officer(person: Someone, _obj: object = None) -> bool:
    """Holds an office in an authority, auditors included."""
    return roles_of(person).is_officer


@predicate
def is_auditor(person: Someone, _obj: object = None) -> bool:
    """May read everything and do nothing."""
    return OfficerRole.AUDITOR in roles_of(person).offices


@predicate
def works_there(person: Someone, institution: Institution | None) -> bool:
    """Holds a place in the institution."""
    return institution is not None and institution.pk in roles_of(person).institutions()


@predicate
def signs_there(person: Someone, institution: Institution | None) -> bool:
    """Signs for the institution."""
    signed_for = roles_of(person).institutions(StaffRole.SIGNER)
    return institution is not None and institution.pk in signed_for


@predicate
def drafts_there(person: Someone, institution: Institution | None) -> bool:
    """Drafts or signs for the institution."""
    places = roles_of(person).institutions(StaffRole.DRAFTER, StaffRole.SIGNER)
    return institution is not None and institution.pk in places


@predicate
def handles_cases(person: Someone, _obj: object = None) -> bool:
    """Is a case officer of some authority."""
    return bool(roles_of(person).authorities(OfficerRole.CASE))


permit(Permission.STAFF_READ, works_there)
permit(Permission.STAFF_MANAGE, signs_there)
permit(Permission.INSTITUTION_CHECK, handles_cases)
permit(Permission.DESK_READ, has_role)
permit(Permission.COACHING_LIST, drafts_or_signs | is_officer)
permit(Permission.COACHING_ASK, drafts_or_signs)
permit(Permission.MATCHING_READ, drafts_or_signs | is_officer)
permit(Permission.PROFILE_SET, signs_there)
permit(Permission.CONTACT_READ, drafts_or_signs)
permit(Permission.CONTACT_WRITE, drafts_there)
permit(Permission.CASE_CREATE, drafts_or_signs)
permit(Permission.QUEUE_READ, is_officer)
permit(Permission.BOARD_READ, is_officer)
permit(Permission.AUDIT_READ, is_auditor)
