"""What an expert sees of panels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from shidian.apps.accounts.models import Person


class AssignmentQuerySet(models.QuerySet["models.Model"]):
    """Assignments, cut to what someone may see."""

    def of_expert(self, person: Person | AnonymousUser) -> Self:
        """The person's own assignments, without those where they declared a conflict."""
        if not person.is_authenticated:
            return self.none()
        return self.filter(expert__person=person).exclude(declaration__conflict=True)

    def undeclared(self) -> Self:
        """Where the declaration of interests is still owed."""
        return self.filter(declaration__isnull=True, panel__closed__isnull=True)
