"""Permissions on what supervision keeps: who makes and handles, who reads and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.accounts.access import Permission
from shidian.apps.accounts.permits import permit, predicate
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.rules import (
    drafts_for_the_lead,
    handles,
    is_of_the_authorities,
    sees,
    signs_for_an_authority,
    signs_for_the_lead,
)

if TYPE_CHECKING:
    from shidian.apps.accounts.rules import Someone
    from shidian.apps.cases.models import Case


@predicate
def works_for_a_party(person: Someone, case: Case | None) -> bool:
    """Holds a place in the lead institution or a partner."""
    if case is None:
        return False
    places = roles_of(person).institutions()
    if case.lead_id in places:
        return True
    return bool(places) and case.parties.filter(institution__in=places).exists()


permit(Permission.ORDER_READ, (is_of_the_authorities | works_for_a_party) & sees)
permit(Permission.ORDER_PROPOSE, handles & sees)
permit(Permission.ORDER_APPROVE, handles & sees)
permit(Permission.PLAN_READ, (is_of_the_authorities | works_for_a_party) & sees)
permit(Permission.PLAN_PROPOSE, handles & sees)
permit(Permission.PLAN_APPROVE, handles & sees)
permit(Permission.PLAN_SIGN, signs_for_the_lead & sees)
permit(Permission.COMPLAINT_READ, (is_of_the_authorities | drafts_for_the_lead) & sees)
permit(Permission.COMPLAINT_HANDLE, handles & sees)
permit(Permission.COMPLAINT_ANSWER, drafts_for_the_lead & sees)
permit(Permission.INCIDENT_READ, (is_of_the_authorities | drafts_for_the_lead) & sees)
permit(Permission.INCIDENT_REPORT, drafts_for_the_lead & sees)
permit(Permission.INCIDENT_HANDLE, handles & sees)
permit(Permission.INCIDENT_DECIDE, signs_for_an_authority & sees)
permit(Permission.RETURN_READ, (is_of_the_authorities | works_for_a_party) & sees)
permit(Permission.RETURN_PREPARE, drafts_for_the_lead & sees)
permit(Permission.RETURN_ATTEST, signs_for_the_lead & sees)
permit(Permission.REPORT_READ, (is_of_the_authorities | drafts_for_the_lead) & sees)
permit(Permission.REPORT_DRAFT, drafts_for_the_lead & sees)
permit(Permission.REPORT_SIGN, signs_for_the_lead & sees)
permit(Permission.REPORT_JUDGE, handles & sees)
permit(Permission.EXIT_READ, (is_of_the_authorities | works_for_a_party) & sees)
permit(Permission.EXIT_PREPARE, drafts_for_the_lead & sees)
permit(Permission.EVALUATION_SEAL, handles & sees)
permit(Permission.EXIT_REPORT, handles & sees)
permit(Permission.EXIT_AGREE, signs_for_the_lead & sees)
permit(Permission.BRIDGE_DECIDE, signs_for_an_authority & sees)
permit(Permission.ENDPOINT_SET, (drafts_for_the_lead | handles) & sees)
