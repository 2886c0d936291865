"""DrawPool: the experts from whom a panel is drawn by lot, as they were fixed beforehand."""

from __future__ import annotations

from django.db import models

from shidian.apps.cases.models import Case, CaseEvent


class DrawPool(models.Model):
    """A pool whose fingerprint is on record. Append-only, enforced by triggers.

    `document` names nobody, and is what anyone checks the draw with; `people`: {lot: person id}.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="draw_pools")
    sha256 = models.CharField(max_length=64)
    document = models.JSONField()
    people = models.JSONField()
    committed = models.OneToOneField(CaseEvent, on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        ordering = ("case", "pk")

    def __str__(self) -> str:
        return f"pool {self.sha256[:12]} of {self.case_id}"
