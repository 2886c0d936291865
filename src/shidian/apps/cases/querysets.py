"""What a person may see, as SQL: the one place where lists are cut to size.

Access rows decide (`AccessRow`); a denial beats every grant. Grants reach a person directly, through
an authority in which they hold an office, or through an institution where they are staff or assess.
An auditor reads everything that is not denied to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from shidian.apps.accounts.models import Assessor, Officer, OfficerRole, Staff

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import AnonymousUser

    from shidian.apps.accounts.models import Person


def _held(today: object) -> Q:
    return Q(starts__lte=today) & (Q(ends__isnull=True) | Q(ends__gte=today))


def _rows_reaching(person: Person, effect: str) -> models.QuerySet[models.Model]:
    """Access rows of a case (outer reference `pk`) that reach `person` now."""
    from shidian.apps.cases.models import AccessRow

    now = timezone.now()
    held = _held(timezone.localdate(now))
    offices = Officer.objects.filter(held, person=person).values("authority")
    places = Staff.objects.filter(held, person=person).values("institution")
    bodies = Assessor.objects.filter(held, person=person).values("institution")
    return AccessRow.objects.filter(
        Q(person=person)
        | Q(authority__in=offices)
        | Q(institution__in=places)
        | Q(institution__in=bodies),
        Q(ends__isnull=True) | Q(ends__gt=now),
        case=OuterRef("pk"),
        effect=effect,
        starts__lte=now,
    )


class CaseQuerySet(models.QuerySet["models.Model"]):
    """Cases, cut to what someone may see."""

    def visible_to(self, person: Person | AnonymousUser) -> Self:
        """Only the cases that `person` may see. Nobody anonymous sees any."""
        if not person.is_authenticated:
            return self.none()
        visible = self.filter(~Exists(_rows_reaching(person, "deny")))
        today = timezone.localdate()
        if Officer.objects.filter(
            _held(today), person=person, role=OfficerRole.AUDITOR
        ).exists():
            return visible
        return visible.filter(Exists(_rows_reaching(person, "grant")))


class TaskQuerySet(models.QuerySet["models.Model"]):
    """Tasks, cut to what someone may see or do."""

    def open(self) -> Self:
        """Tasks not done yet."""
        return self.filter(closed_at__isnull=True)

    def of_cases(self, cases: Iterable[object]) -> Self:
        """Tasks of these cases."""
        return self.filter(case__in=cases)
