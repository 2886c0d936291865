"""Officer: a person's office in an authority."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from shidian.apps.accounts.models.authority import Authority
from shidian.apps.accounts.models.named import Tenure
from shidian.apps.accounts.models.person import Person


class OfficerRole(models.TextChoices):
    """What someone does for their authority."""

    CASE = "case-officer", _("case officer")
    SIGNING = "signing-officer", _("signing officer")
    AUDITOR = "auditor", _("auditor")
    NATIONAL = "national", _("national officer")


class Officer(Tenure):
    """A person holds an office in an authority for a time. An auditor reads everything."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="officer_of")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="officers")
    role = models.CharField(max_length=16, choices=OfficerRole.choices)

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=("person", "authority", "role", "starts"), name="officer_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.person} ({self.role}, {self.authority})"
