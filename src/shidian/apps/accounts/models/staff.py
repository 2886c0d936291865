"""Staff: a person's place in an institution."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from shidian.apps.accounts.models.institution import Institution
from shidian.apps.accounts.models.named import Tenure
from shidian.apps.accounts.models.person import Person


class StaffRole(models.TextChoices):
    """What someone does for their institution."""

    DRAFTER = "drafter", _("drafter")
    SIGNER = "signer", _("signer")
    TECHNICAL = "technical", _("technical contact")


class Staff(Tenure):
    """A person works for an institution in a role for a time. Only a signer may submit."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="staff_of")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="staff")
    role = models.CharField(max_length=16, choices=StaffRole.choices)

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=("person", "institution", "role", "starts"), name="staff_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.person} ({self.role}, {self.institution})"
