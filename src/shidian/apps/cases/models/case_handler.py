"""CaseHandler: which officer an authority has put in charge of a case. Append-only."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from shidian.apps.accounts.models import Authority
from shidian.apps.cases.models.case import Case


class CaseHandler(models.Model):
    """One officer in charge from one moment to another. Gives no right: it says who is expected."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="handlers")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="handled"
    )
    reason = models.CharField(max_length=400)
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    starts = models.DateTimeField()
    ends = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("case", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("case", "authority"),
                condition=models.Q(ends__isnull=True),
                name="one_handler_an_authority",
            ),
        )
        indexes = (models.Index(fields=("officer", "ends"), name="handler_officer_ends"),)

    def __str__(self) -> str:
        return f"{self.case_id} {self.officer_id}"
