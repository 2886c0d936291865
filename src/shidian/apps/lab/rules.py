"""Permissions in the lab: a scheme's officers draft and decide; a pilot's people report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.accounts.access import Permission
from shidian.apps.accounts.permits import permit, predicate
from shidian.apps.accounts.roles import roles_of
from shidian.apps.accounts.rules import is_officer
from shidian.apps.cases.models import SchemeAuthority
from shidian.apps.cases.rules import (
    drafts_for_the_lead,
    handles,
    is_of_the_authorities,
    leads_scheme,
    sees,
)
from shidian.apps.lab.models import RulebookDraft

if TYPE_CHECKING:
    from shidian.apps.accounts.rules import Someone
    from shidian.apps.cases.models import Scheme


@predicate
def sees_draft(person: Someone, draft: RulebookDraft | None) -> bool:
    """An officer of an authority with a part in the draft's scheme, or an auditor."""
    if draft is None:
        return False
    return RulebookDraft.objects.visible_to(person).filter(pk=draft.pk).exists()


@predicate
def has_a_part(person: Someone, scheme: Scheme | None) -> bool:
    """Holds an office in an authority with a part in the scheme, or audits."""
    roles = roles_of(person)
    if scheme is None or not roles.is_officer:
        return False
    if roles.is_auditor:
        return True
    return SchemeAuthority.objects.filter(scheme=scheme, authority__in=roles.authorities()).exists()


permit(Permission.LAB_READ, is_officer)
permit(Permission.DRAFT_READ, sees_draft)
permit(Permission.DRAFT_WRITE, leads_scheme)
permit(Permission.DRAFT_APPROVE, leads_scheme)
permit(Permission.CLAUSES_READ, has_a_part)
permit(Permission.DIFFICULTY_READ, (drafts_for_the_lead | is_of_the_authorities) & sees)
permit(Permission.DIFFICULTY_RECORD, (drafts_for_the_lead | handles) & sees)
