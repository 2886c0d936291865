"""Mail about cases: that something happened, never what. The rest is behind the sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings as django_settings
from django.core.mail import EmailMessage
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from shidian.apps.accounts.models import Person
from shidian.apps.cases.models import AccessEffect, Case, Task
from shidian.config import settings
from shidian.core.procedure.types import EventKind

if TYPE_CHECKING:
    from shidian.apps.cases.models import Outbox

_OFFICES = {"officer": "case-officer", "signing-officer": "signing-officer"}
_NOT_SEEING = {EventKind.PARTNER_LEFT, EventKind.DEFENCE_CALLED, EventKind.MEETING_CALLED}
"""Told as well to who does not see the case: a partner that left, experts whose round is closed."""


def send_mail_of(row: Outbox) -> int:
    """Send the mail that an outbox row asks for; returns how many were sent.

    Who no longer may see the case gets none: a denial holds here as everywhere.
    """
    if row.case is None:
        return 0
    sent = 0
    for person in recipients(row):
        with override(person.language):
            message = EmailMessage(
                subject=_subject(row.case, person),
                body=_body(row.case),
                from_email=django_settings.DEFAULT_FROM_EMAIL,
                to=[person.email],
                headers={"X-Shidian-Outbox": str(row.pk)},
            )
        sent += message.send()
    return sent


def recipients(row: Outbox) -> list[Person]:
    """People of the kind that the topic names, narrowed by the payload, who may see the case."""
    kind = row.topic.removeprefix("mail.")
    payload = row.payload
    today = timezone.localdate()
    held = Q()
    if payload.get("person"):
        held = Q(pk=int(payload["person"]))
    elif kind in _OFFICES:
        held = _tenure("officer_of", today) & Q(officer_of__role=_OFFICES[kind])
        if payload.get("authority") and row.case is not None:
            held &= Q(
                officer_of__authority__parts__scheme=row.case.scheme_id,
                officer_of__authority__parts__local_id=payload["authority"],
            )
    elif kind == "applicant" and row.case is not None:
        institution = payload.get("institution") or row.case.lead_id
        held = _tenure("staff_of", today) & Q(staff_of__institution=int(institution))
    elif kind == "partner" and payload.get("institution"):
        held = _tenure("staff_of", today) & Q(staff_of__institution=int(payload["institution"]))
    elif kind == "assessor":
        held = _tenure("assessor_of", today)
        if payload.get("institution"):
            held &= Q(assessor_of__institution=int(payload["institution"]))
    else:
        return []
    people = Person.objects.filter(held, is_active=True).exclude(email="").distinct()
    return [person for person in people.order_by("pk") if _concerns(row, person)]


def _concerns(row: Outbox, person: Person) -> bool:
    """Who sees the case, who is asked something before they see it, and who just ceased to."""
    if row.case is None:
        return False
    if _sees(person, row.case):
        return True
    if Task.objects.open().reaching(person).filter(case=row.case).exists():
        return True
    denied = row.case.access.filter(person=person, effect=AccessEffect.DENY).exists()
    return row.payload.get("kind") in _NOT_SEEING and not denied


def _sees(person: Person, case: Case) -> bool:
    return Case.objects.visible_to(person).filter(pk=case.pk).exists()


def _subject(case: Case, person: Person) -> str:
    """With the case's title for those who see it, and for nobody else."""
    if not _sees(person, case):
        return _("News on case %(reference)s") % {"reference": case.reference}
    # On one line: a line break would begin another header, and is refused.
    return _("News on “%(title)s”") % {"title": " ".join(case.title.split())}


def _tenure(relation: str, today: object) -> Q:
    return Q(**{f"{relation}__starts__lte": today}) & (
        Q(**{f"{relation}__ends__isnull": True}) | Q(**{f"{relation}__ends__gte": today})
    )


def _body(case: Case) -> str:
    text = _(
        "Something happened on the case %(reference)s that concerns you.\n"
        "Sign in to see what, and whose turn it is."
    ) % {"reference": case.reference}
    if settings().demo:
        text = _("Demonstration.") + "\n\n" + text
    return text
