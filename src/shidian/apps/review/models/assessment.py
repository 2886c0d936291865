"""Assessment: what an assessor body was asked to find out, and what it found."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from shidian.apps.accounts.models import Institution
from shidian.apps.cases.models import Case, CaseEvent


class Commission(models.Model):
    """An assessor body is asked to assess a case; gives its assessors access."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="commissions")
    body = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="commissions")
    commissioned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    commissioned_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("case", "body"), name="commissioned_once"),)

    def __str__(self) -> str:
        return f"{self.body} assesses {self.case_id}"


class Assessment(models.Model):
    """A filed assessment. Append-only, enforced by triggers. Without `body`: the authority's own.

    `findings`: {area: {finding: pass/condition/fail, text}}.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="assessments")
    body = models.ForeignKey(
        Institution, null=True, on_delete=models.PROTECT, related_name="assessments"
    )
    findings = models.JSONField()
    filed = models.OneToOneField(CaseEvent, on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        ordering = ("case", "pk")

    def __str__(self) -> str:
        return f"assessment of {self.case_id} by {self.body or self.filed.authority}"
