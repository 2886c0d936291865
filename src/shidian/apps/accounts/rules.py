"""Permissions that follow from roles alone. Those on a case are in `cases.rules` and above."""

from __future__ import annotations

import rules
from django.contrib.auth.models import AnonymousUser

from shidian.apps.accounts.access import Permission
from shidian.apps.accounts.models import OfficerRole, Person, StaffRole
from shidian.apps.accounts.roles import roles_of

Someone = Person | AnonymousUser


@rules.predicate
def has_role(person: Someone, _obj: object = None) -> bool:
    """Holds any role at all."""
    return roles_of(person).has_any


@rules.predicate
def drafts_or_signs(person: Someone, _obj: object = None) -> bool:
    """Drafts or signs for an institution."""
    return bool(roles_of(person).institutions(StaffRole.DRAFTER, StaffRole.SIGNER))


@rules.predicate
def is_officer(person: Someone, _obj: object = None) -> bool:
    """Holds an office in an authority, auditors included."""
    return roles_of(person).is_officer


@rules.predicate
def is_auditor(person: Someone, _obj: object = None) -> bool:
    """May read everything and do nothing."""
    return OfficerRole.AUDITOR in roles_of(person).offices


rules.add_perm(Permission.DESK_READ.value, has_role)
rules.add_perm(Permission.CASE_CREATE.value, drafts_or_signs)
rules.add_perm(Permission.BOARD_READ.value, is_officer)
rules.add_perm(Permission.AUDIT_READ.value, is_auditor)
