"""Expert and assessor: who judges a case without deciding it."""

from __future__ import annotations

from django.db import models

from shidian.apps.accounts.models.institution import Institution
from shidian.apps.accounts.models.named import Tenure
from shidian.apps.accounts.models.person import Person


class Expert(models.Model):
    """A person who may sit on expert panels."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="expert")
    disciplines = models.JSONField(default=list)
    """List of discipline ids, such as `law`, `finance`, `technology`, `risk`."""
    employer = models.CharField(max_length=200, blank=True)
    active = models.BooleanField(default=True)
    away_until = models.DateField(null=True, blank=True)
    """Last day on which they take no new reviews."""

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.person)


class Assessor(Tenure):
    """A person who files assessments for an assessor body (an institution)."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="assessor_of")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="assessors")

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=("person", "institution", "starts"), name="assessor_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.person} ({self.institution})"
