"""Permissions on what working groups and a national body send each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.accounts.access import Permission
from shidian.apps.accounts.models import OfficerRole
from shidian.apps.accounts.permits import permit, predicate
from shidian.apps.accounts.roles import roles_of
from shidian.apps.accounts.rules import is_officer
from shidian.apps.cases.rules import authorities_handling
from shidian.apps.national.bodies import RISK_TIP, national_parts, parts_with
from shidian.apps.national.models import Dispatch, RiskTip
from shidian.apps.national.querysets import OFFICES, deciding_parts

if TYPE_CHECKING:
    from shidian.apps.accounts.rules import Someone
    from shidian.apps.cases.models import Scheme


@predicate
def sees_dispatch(person: Someone, dispatch: Dispatch | None) -> bool:
    """Is of the working group that sends it or of the authority that has it, and not barred."""
    if dispatch is None:
        return False
    return Dispatch.objects.visible_to(person).filter(pk=dispatch.pk).exists()


@predicate
def drafts_dispatches(person: Someone, scheme: Scheme | None) -> bool:
    """Is a case officer of an authority that decides in the scheme."""
    if scheme is None:
        return False
    return bool(authorities_handling(person, scheme.pk, OfficerRole.CASE))


@predicate
def drafts_it(person: Someone, dispatch: Dispatch | None) -> bool:
    """Is a case officer of the working group that sends it."""
    if dispatch is None:
        return False
    return bool(authorities_handling(person, dispatch.scheme_id, OfficerRole.CASE))


@predicate
def sends_it(person: Someone, dispatch: Dispatch | None) -> bool:
    """Is a signing officer of the working group that sends it."""
    if dispatch is None:
        return False
    return bool(authorities_handling(person, dispatch.scheme_id, OfficerRole.SIGNING))


@predicate
def receives_it(person: Someone, dispatch: Dispatch | None) -> bool:
    """Works for the authority to which it is sent."""
    return dispatch is not None and dispatch.receiver_id in roles_of(person).authorities(*OFFICES)


@predicate
def watches_schemes(person: Someone, _obj: object = None) -> bool:
    """Holds an office in a national body, or audits."""
    return roles_of(person).is_officer and national_parts(person).exists()


@predicate
def sees_tip(person: Someone, tip: RiskTip | None) -> bool:
    """Is of the authority that sent it, or of one of those to whom it was sent."""
    return tip is not None and RiskTip.objects.visible_to(person).filter(pk=tip.pk).exists()


@predicate
def sends_tips(person: Someone, _obj: object = None) -> bool:
    """Acts for a national body that some scheme's rules let send risk tips."""
    return bool(parts_with(person, RISK_TIP))


@predicate
def sent_it(person: Someone, tip: RiskTip | None) -> bool:
    """Acts for the national body that sent it."""
    held = roles_of(person).authorities(OfficerRole.NATIONAL)
    return tip is not None and tip.authority_id in held


@predicate
def is_told(person: Someone, tip: RiskTip | None) -> bool:
    """Is an officer of a working group to which it was sent."""
    if tip is None or not roles_of(person).is_officer:
        return False
    schemes = deciding_parts(person).values("scheme")  # type: ignore[arg-type]  # a Person
    return tip.addressees.filter(scheme__in=schemes).exists()


permit(Permission.NATIONAL_READ, watches_schemes)
permit(Permission.DISPATCH_LIST, is_officer)
permit(Permission.DISPATCH_BEGIN, drafts_dispatches)
permit(Permission.DISPATCH_READ, sees_dispatch)
permit(Permission.DISPATCH_DRAFT, drafts_it & sees_dispatch)
permit(Permission.DISPATCH_SEND, sends_it & sees_dispatch)
permit(Permission.DISPATCH_ANSWER, receives_it & sees_dispatch)
permit(Permission.TIP_LIST, is_officer)
permit(Permission.TIP_READ, sees_tip)
permit(Permission.TIP_SEND, sends_tips)
permit(Permission.TIP_PUBLISH, sent_it)
permit(Permission.TIP_LIFT, sent_it)
permit(Permission.TIP_ANSWER, is_told)
