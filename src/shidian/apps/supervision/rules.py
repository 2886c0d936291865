"""Permissions on orders: a scheme's deciding officers give them, a pilot's parties read theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.accounts.access import Permission
from shidian.apps.accounts.permits import permit, predicate
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.rules import handles, is_of_the_authorities, sees

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
