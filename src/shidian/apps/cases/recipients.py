"""Who is told of what a `mail.*` row of the outbox says happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from shidian.apps.accounts.models import OfficerRole, Person, StaffRole
from shidian.apps.cases.models import AccessEffect, Case, Coaching, PartnerContact, Task
from shidian.apps.cases.news_kinds import (
    COACHING,
    COACHING_ANSWERED,
    CONTACT,
    CONTACT_SENT,
    NOT_SEEING,
)
from shidian.apps.cases.news_subjects import SUBJECTS

if TYPE_CHECKING:
    from datetime import date

    from shidian.apps.cases.models import Outbox
    from shidian.apps.cases.news_subjects import Subject

_OFFICES = {"officer": "case-officer", "signing-officer": "signing-officer"}


def recipients(row: Outbox) -> list[Person]:
    """People of the kind that the topic names, narrowed by the payload, who may know of it.

    A denial holds here as everywhere. Whether they have an address is another matter.
    """
    kind = row.topic.removeprefix("mail.")
    if kind in SUBJECTS:
        return _of_subject(SUBJECTS[kind], row)
    held = _held(row, timezone.localdate())
    if held is None:
        return []
    people = Person.objects.filter(held, is_active=True).distinct().order_by("pk")
    return [person for person in people if row.case is None or _concerns(row, row.case, person)]


def _of_subject(subject: Subject, row: Outbox) -> list[Person]:
    """Those whom the app above names, and who may know of it."""
    named = str(row.payload[subject.kind])
    return [
        person
        for person in subject.people(row.payload)
        if person.is_active and subject.visible(person).filter(reference=named).exists()
    ]


def _held(row: Outbox, today: date) -> Q | None:  # noqa: PLR0911 - one a kind
    """The condition on people that the topic and the payload make."""
    kind = row.topic.removeprefix("mail.")
    payload = row.payload
    if kind in (COACHING, CONTACT):
        return _of_two_sides(row, kind, today)
    if row.case is None:
        return None
    if payload.get("person"):
        return Q(pk=int(payload["person"]))
    if kind in _OFFICES:
        held = _tenure("officer_of", today) & Q(officer_of__role=_OFFICES[kind])
        if payload.get("authority"):
            # Where a national body is asked, its national officers speak for it.
            named = [_OFFICES[kind], OfficerRole.NATIONAL]
            held = _tenure("officer_of", today) & Q(officer_of__role__in=named)
            held &= Q(
                officer_of__authority__parts__scheme=row.case.scheme_id,
                officer_of__authority__parts__local_id=payload["authority"],
            )
        return held
    if kind == "applicant":
        institution = payload.get("institution") or row.case.lead_id
        return _tenure("staff_of", today) & Q(staff_of__institution=int(institution))
    if kind == "partner" and payload.get("institution"):
        return _tenure("staff_of", today) & Q(staff_of__institution=int(payload["institution"]))
    if kind == "assessor":
        held = _tenure("assessor_of", today)
        if payload.get("institution"):
            held &= Q(assessor_of__institution=int(payload["institution"]))
        return held
    return None


def _of_two_sides(row: Outbox, kind: str, today: date) -> Q | None:
    """The side of a coaching request, or of a contact, that did not act."""
    if kind == COACHING:
        asked = Coaching.objects.filter(pk=row.payload["coaching"]).first()
        if asked is None:
            return None
        if row.payload["kind"] == COACHING_ANSWERED:
            return _staff(asked.institution_id, today)
        return _tenure("officer_of", today) & Q(
            officer_of__role=OfficerRole.CASE, officer_of__authority=asked.authority_id
        )
    contact = PartnerContact.objects.filter(pk=row.payload["contact"]).first()
    if contact is None:
        return None
    sent = row.payload["kind"] == CONTACT_SENT
    return _staff(contact.receiver_id if sent else contact.sender_id, today)


def _staff(institution: int, today: date) -> Q:
    places = (StaffRole.DRAFTER, StaffRole.SIGNER)
    return _tenure("staff_of", today) & Q(
        staff_of__institution=institution, staff_of__role__in=places
    )


def _concerns(row: Outbox, case: Case, person: Person) -> bool:
    """Who sees the case, who is asked something before they see it, and who just ceased to."""
    if Case.objects.visible_to(person).filter(pk=case.pk).exists():
        return True
    if Task.objects.open().reaching(person).filter(case=case).exists():
        return True
    denied = case.access.filter(person=person, effect=AccessEffect.DENY).exists()
    return row.payload.get("kind") in NOT_SEEING and not denied


def _tenure(relation: str, today: date) -> Q:
    return Q(**{f"{relation}__starts__lte": today}) & (
        Q(**{f"{relation}__ends__isnull": True}) | Q(**{f"{relation}__ends__gte": today})
    )
