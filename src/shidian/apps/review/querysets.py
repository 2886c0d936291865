"""What an expert sees of panels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef

from shidian.apps.accounts.models import Person
from shidian.apps.cases.models import AccessEffect, AccessRow

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from shidian.apps.review.models import Assignment  # noqa: F401 - named as text in a base class


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    """Assignments, cut to what someone may see."""

    def of_expert(self, person: Person | AnonymousUser) -> Self:
        """The person's own assignments, without cases that are denied to them by a conflict."""
        if not isinstance(person, Person):
            return self.none()
        denied = AccessRow.objects.filter(
            case=OuterRef("panel__case"), person=person, effect=AccessEffect.DENY
        )
        return self.filter(~Exists(denied), expert__person=person)

    def undeclared(self) -> Self:
        """Where the declaration of interests is still owed."""
        return self.filter(declarations__isnull=True, panel__closed__isnull=True)
