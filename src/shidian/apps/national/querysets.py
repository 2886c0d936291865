"""What a person may see of dispatches and tips, as SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from shidian.apps.accounts.models import OfficerRole, Person
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.models import AccessEffect, AccessRow, SchemeAuthority
from shidian.apps.cases.rules import DECIDING, watched_parts

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from shidian.apps.national.models import (  # noqa: F401 - named as text in base classes
        Dispatch,
        RiskTip,
    )

OFFICES = (OfficerRole.CASE, OfficerRole.SIGNING, OfficerRole.NATIONAL)
"""Who works for an authority; an auditor merely reads."""


def deciding_parts(person: Person) -> models.QuerySet[SchemeAuthority]:
    """Parts of working groups in which `person` is a case or signing officer."""
    held = roles_of(person).authorities(OfficerRole.CASE, OfficerRole.SIGNING)
    return SchemeAuthority.objects.filter(authority__in=held, role__in=DECIDING)


class DispatchQuerySet(models.QuerySet["Dispatch"]):
    """Dispatches, cut to the two sides."""

    def visible_to(self, person: Person | AnonymousUser) -> Self:
        """Those of one's working groups, and what was sent to one's authority; an auditor all.

        None that is about a case which is denied to the person: a conflict hides it here as well.
        """
        if not isinstance(person, Person):
            return self.none()
        undenied = self.filter(~Exists(_denied_cases(person)))
        roles = roles_of(person)
        if roles.is_auditor:
            return undenied
        own = Q(scheme__in=deciding_parts(person).values("scheme"))
        sent = Q(receiver__in=roles.authorities(*OFFICES), sent_at__isnull=False)
        return undenied.filter(own | sent)

    def waiting(self) -> Self:
        """Those that wait for an answer."""
        return self.filter(state__in=("sent", "received"))


def _denied_cases(person: Person) -> models.QuerySet[AccessRow]:
    now = timezone.now()
    return AccessRow.objects.filter(
        Q(ends__isnull=True) | Q(ends__gt=now),
        person=person,
        effect=AccessEffect.DENY,
        starts__lte=now,
        case__dispatches=OuterRef("pk"),
    )


class TipQuerySet(models.QuerySet["RiskTip"]):
    """Tips, cut to who sent them and to whom."""

    def visible_to(self, person: Person | AnonymousUser) -> Self:
        """One's own authority's, and those to schemes in which one holds an office."""
        if not isinstance(person, Person):
            return self.none()
        roles = roles_of(person)
        if roles.is_auditor:
            return self.all()
        schemes = watched_parts(person).values("scheme")
        addressees = apps.get_model("national", "TipAddressee").objects.all()
        own = Q(authority__in=roles.authorities(*OFFICES))
        to = Q(Exists(addressees.filter(tip=OuterRef("pk"), scheme__in=schemes)))
        return self.filter(own | to)

    def unanswered_in(self, schemes: models.QuerySet[SchemeAuthority, Any]) -> Self:
        """Those with a day for an answer that a working group of these has not given."""
        addressees = apps.get_model("national", "TipAddressee").objects.all()
        silent = addressees.filter(tip=OuterRef("pk"), scheme__in=schemes, answered_at__isnull=True)
        open_ones = self.filter(lifted_at__isnull=True, answer_by__isnull=False)
        return open_ones.filter(Exists(silent)).order_by("answer_by", "pk")

    def counted(self) -> Self:
        """Newest first, each with how many `schemes` it went to and how many have `answered`."""
        answered = Q(addressees__answered_at__isnull=False)
        return self.annotate(
            schemes=Count("addressees", distinct=True),
            answered=Count("addressees", distinct=True, filter=answered),
        ).order_by("-sent_at", "-pk")
