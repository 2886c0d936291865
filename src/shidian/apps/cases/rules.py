"""Permissions on a case: who may read it and who may act on it, in which capacity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from shidian.apps.accounts.access import Permission
from shidian.apps.accounts.models import OfficerRole, Person, StaffRole
from shidian.apps.accounts.permits import permit, predicate
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.models import AccessEffect, Case, Coaching, Scheme, SchemeAuthority
from shidian.core.procedure.types import Verb
from shidian.core.rulebook.model import AuthorityRole, ConsultationKind

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from shidian.apps.accounts.rules import Someone

DECIDING = (AuthorityRole.LEAD.value, AuthorityRole.MEMBER.value)
"""Authorities that handle and decide; the others read."""


def authorities_handling(person: Someone, scheme_id: int, *offices: str) -> list[SchemeAuthority]:
    """Parts of the scheme's deciding authorities in which `person` holds one of these offices."""
    held = roles_of(person).authorities(*offices)
    if not held:
        return []
    parts = SchemeAuthority.objects.filter(
        scheme=scheme_id, authority__in=held, role__in=DECIDING
    ).select_related("authority")
    return list(parts)


def schemes_led_by(person: Someone) -> QuerySet[Scheme]:
    """Schemes that an authority leads in which `person` is a case officer."""
    held = roles_of(person).authorities(OfficerRole.CASE)
    if not held:
        return Scheme.objects.none()
    led = SchemeAuthority.objects.filter(authority__in=held, role=AuthorityRole.LEAD.value)
    return Scheme.objects.filter(pk__in=led.values("scheme"))


def watched_parts(person: Someone) -> QuerySet[SchemeAuthority]:
    """Parts of authorities in which `person` holds an office; merely to be consulted is none."""
    held = roles_of(person).authorities()
    parts = SchemeAuthority.objects.filter(authority__in=held)
    return parts.exclude(role=AuthorityRole.CONSULTED.value)


@predicate
def sees(person: Someone, case: Case | None) -> bool:
    """The access rows let them see the case."""
    if case is None:
        return False
    return Case.objects.visible_to(person).filter(pk=case.pk).exists()


@predicate
def is_of_the_authorities(person: Someone, case: Case | None) -> bool:
    """Holds an office in an authority of the scheme that is not merely consulted, or audits."""
    roles = roles_of(person)
    if case is None or not roles.is_officer:
        return False
    if roles.is_auditor:
        return True
    return watched_parts(person).filter(scheme=case.scheme_id).exists()


@predicate
def handles(person: Someone, case: Case | None) -> bool:
    """Is a case or signing officer of an authority that decides in the scheme."""
    if case is None:
        return False
    offices = (OfficerRole.CASE, OfficerRole.SIGNING)
    return bool(authorities_handling(person, case.scheme_id, *offices))


@predicate
def is_case_officer(person: Someone, case: Case | None) -> bool:
    """Is a case officer of an authority that decides in the scheme."""
    if case is None:
        return False
    return bool(authorities_handling(person, case.scheme_id, OfficerRole.CASE))


@predicate
def serves_an_authority(person: Someone, case: Case | None) -> bool:
    """Works, not merely audits, for an authority that has a part in the scheme."""
    if case is None:
        return False
    offices = (OfficerRole.CASE, OfficerRole.SIGNING, OfficerRole.NATIONAL)
    held = roles_of(person).authorities(*offices)
    return SchemeAuthority.objects.filter(scheme=case.scheme_id, authority__in=held).exists()


@predicate
def signs_for_an_authority(person: Someone, case: Case | None) -> bool:
    """Is a signing officer of an authority that decides in the scheme."""
    if case is None:
        return False
    return bool(authorities_handling(person, case.scheme_id, OfficerRole.SIGNING))


@predicate
def drafts_for_a_party(person: Someone, case: Case | None) -> bool:
    """Drafts or signs for the lead or a partner."""
    if case is None:
        return False
    places = roles_of(person).institutions(StaffRole.DRAFTER, StaffRole.SIGNER)
    if case.lead_id in places:
        return True
    return bool(places) and case.parties.filter(institution__in=places).exists()


@predicate
def drafts_for_the_lead(person: Someone, case: Case | None) -> bool:
    """Drafts or signs for the lead institution."""
    if case is None:
        return False
    return case.lead_id in roles_of(person).institutions(StaffRole.DRAFTER, StaffRole.SIGNER)


@predicate
def signs_for_the_lead(person: Someone, case: Case | None) -> bool:
    """Signs for the lead institution."""
    if case is None:
        return False
    return case.lead_id in roles_of(person).institutions(StaffRole.SIGNER)


def partners_of(person: Someone, case: Case) -> list[int]:
    """Ids of the case's partners for which `person` signs."""
    signed_for = roles_of(person).institutions(StaffRole.SIGNER)
    if not signed_for:
        return []
    parties = case.parties.filter(institution__in=signed_for).order_by("pk")
    return list(parties.values_list("institution_id", flat=True))


def invited_of(person: Someone, case: Case) -> list[int]:
    """Ids of the institutions for which `person` signs and that are to answer an invitation."""
    signed_for = roles_of(person).institutions(StaffRole.SIGNER)
    if not signed_for:
        return []
    open_ones = case.tasks.filter(
        closed_at=None, verb=Verb.ANSWER_INVITATION.value, institution__in=signed_for
    )
    return list(open_ones.order_by("pk").values_list("institution_id", flat=True))


@predicate
def signs_for_a_partner(person: Someone, case: Case | None) -> bool:
    """Signs for an institution that joined the case."""
    return case is not None and bool(partners_of(person, case))


@predicate
def signs_for_an_invited_institution(person: Someone, case: Case | None) -> bool:
    """Signs for an institution whose invitation to the case is unanswered."""
    return case is not None and bool(invited_of(person, case))


@predicate
def is_not_denied(person: Someone, case: Case | None) -> bool:
    """No denial stands against the person: asked where the case is not yet theirs to see."""
    if case is None or not isinstance(person, Person):
        return False
    return not case.access.filter(person=person, effect=AccessEffect.DENY).exists()


@predicate
def assesses(person: Someone, case: Case | None) -> bool:
    """Is an assessor of a body that was given the case."""
    bodies = roles_of(person).bodies
    if case is None or not bodies:
        return False
    return case.access.filter(institution__in=bodies, effect="grant").exists()


@predicate
def has_letters(person: Someone, case: Case | None) -> bool:
    """Is of the parties or of an authority of the scheme, or audits: no expert, no assessor."""
    roles = roles_of(person)
    if case is None:
        return False
    if roles.is_auditor or is_of_the_parties(person, case):
        return True
    parts = SchemeAuthority.objects.filter(scheme=case.scheme_id)
    return parts.filter(authority__in=roles.authorities()).exists()


def consulted_parts(person: Someone, case: Case) -> list[str]:
    """Ids, in the rulebook, of the authorities consulted on the case for which `person` speaks.

    For a national body its national officers speak as well. A filing asks nobody for a word.
    """
    roles = roles_of(person)
    held = roles.authorities(OfficerRole.CASE)
    national = roles.authorities(OfficerRole.NATIONAL)
    asked = [
        one.authority
        for one in case.rulebook.consultations
        if one.kind is not ConsultationKind.FILING
    ]
    if not (held or national) or not asked:
        return []
    speaks = Q(authority__in=held) | Q(authority__in=national, role=AuthorityRole.NATIONAL.value)
    parts = SchemeAuthority.objects.filter(speaks, scheme=case.scheme_id, local_id__in=asked)
    return list(parts.values_list("local_id", flat=True))


def objection_parts(person: Someone, case: Case) -> list[str]:
    """Ids, in the rulebook, of authorities that decide on objections, for which `person` acts."""
    held = roles_of(person).authorities(OfficerRole.CASE, OfficerRole.SIGNING)
    named = [one.body for one in case.rulebook.objections]
    if not held or not named:
        return []
    parts = SchemeAuthority.objects.filter(
        scheme=case.scheme_id, authority__in=held, local_id__in=named
    )
    return list(parts.order_by("pk").values_list("local_id", flat=True))


@predicate
def decides_objections(person: Someone, case: Case | None) -> bool:
    """Is an officer of the authority that decides on objections."""
    return case is not None and bool(objection_parts(person, case))


@predicate
def speaks_for_a_consulted_authority(person: Someone, case: Case | None) -> bool:
    """Is an officer of an authority that the rulebook has consulted."""
    return case is not None and bool(consulted_parts(person, case))


def is_of_the_parties(person: Someone, case: Case) -> bool:
    """Whether they hold a place in the lead or in a partner that joined: theirs is the draft."""
    places = roles_of(person).institutions()
    if case.lead_id in places:
        return True
    return bool(places) and case.parties.filter(institution__in=places).exists()


def reads_sensitive(person: Someone, case: Case) -> bool:
    """Whether documents marked sensitive are shown: to the lead and the deciding authorities."""
    roles = roles_of(person)
    if roles.is_auditor or case.lead_id in roles.institutions():
        return True
    offices = (OfficerRole.CASE, OfficerRole.SIGNING)
    return bool(authorities_handling(person, case.scheme_id, *offices))


@predicate
def leads_scheme(person: Someone, scheme: Scheme | None) -> bool:
    """Holds an office in an authority that decides in the scheme."""
    if scheme is None:
        return False
    offices = (OfficerRole.CASE, OfficerRole.SIGNING)
    return bool(authorities_handling(person, scheme.pk, *offices))


@predicate
def is_case_officer_of_a_lead(person: Someone, scheme: Scheme | None) -> bool:
    """Is a case officer of an authority that leads the scheme."""
    return scheme is not None and schemes_led_by(person).filter(pk=scheme.pk).exists()


@predicate
def leads_anywhere(person: Someone, _nothing: object) -> bool:
    """Is a case officer of an authority that leads a scheme."""
    return schemes_led_by(person).exists()


@predicate
def is_side_of_coaching(person: Someone, request: Coaching | None) -> bool:
    """Is of the institution that asked or of the authority that was asked, or audits."""
    if request is None:
        return False
    return Coaching.objects.visible_to(person).filter(pk=request.pk).exists()


@predicate
def coaches(person: Someone, request: Coaching | None) -> bool:
    """Is a case officer of the authority that was asked."""
    held = roles_of(person).authorities(OfficerRole.CASE)
    return request is not None and request.authority_id in held


@predicate
def asked_for_coaching(person: Someone, request: Coaching | None) -> bool:
    """Drafts or signs for the institution that asked."""
    places = roles_of(person).institutions(StaffRole.DRAFTER, StaffRole.SIGNER)
    return request is not None and request.institution_id in places


permit(Permission.CALENDAR_KEEP, leads_anywhere)
permit(Permission.COACHING_READ, is_side_of_coaching)
permit(Permission.COACHING_ANSWER, coaches)
permit(Permission.COACHING_WITHDRAW, asked_for_coaching)
permit(Permission.CASE_READ, sees)
permit(Permission.CASE_READ_INTERNAL, is_of_the_authorities & sees)
permit(Permission.FORM_EDIT, drafts_for_a_party & sees)
permit(Permission.CASE_SUBMIT, signs_for_the_lead & sees)
permit(Permission.CASE_WITHDRAW, signs_for_the_lead & sees)
permit(Permission.PARTNER_INVITE, drafts_for_the_lead & sees)
permit(Permission.PARTNER_RELEASE, signs_for_the_lead & sees)
permit(Permission.INVITATION_ANSWER, signs_for_an_invited_institution & is_not_denied)
permit(Permission.APPLICATION_SIGN, signs_for_a_partner & sees)
permit(Permission.CASE_LEAVE, signs_for_a_partner & sees)
permit(Permission.REQUEST_ANSWER, drafts_for_the_lead & sees)
permit(Permission.REPORT_FILE, drafts_for_the_lead & sees)
permit(Permission.CASE_HANDLE, is_case_officer & sees)
permit(Permission.LETTER_READ, has_letters & sees)
permit(Permission.LETTER_WRITE, is_case_officer & sees)
permit(Permission.LETTER_SIGN, signs_for_an_authority & sees)
permit(Permission.LETTER_RECEIVE, drafts_for_a_party & sees)
permit(Permission.MAIL_RELEASE, is_case_officer & sees)
permit(Permission.CASE_ASSIGN, is_case_officer & sees)
permit(Permission.NOTE_WRITE, serves_an_authority & sees)
permit(Permission.CASE_DECIDE, handles & sees)
permit(Permission.CASE_SIGN, signs_for_an_authority & sees)
permit(Permission.EVALUATION_BEGIN, (drafts_for_the_lead | is_case_officer) & sees)
permit(Permission.OPINION_GIVE, speaks_for_a_consulted_authority & sees)
permit(Permission.OBJECTION_FILE, signs_for_the_lead & sees)
permit(Permission.OBJECTION_DECIDE, decides_objections & sees)
permit(Permission.SILENCE_RECORD, (drafts_for_the_lead | is_case_officer) & sees)
permit(Permission.PROMISE_JUDGE, (is_case_officer | assesses) & sees)
permit(Permission.STEP_COMPLETE, (drafts_for_the_lead | handles | assesses) & sees)
permit(Permission.RULEBOOK_PUBLISH, leads_scheme)
permit(Permission.CALL_OPEN, is_case_officer_of_a_lead)
permit(Permission.BATCH_RELEASE, is_case_officer_of_a_lead)
permit(Permission.PILOT_READ, sees)
permit(Permission.PILOT_SUPERVISE, handles & sees)
