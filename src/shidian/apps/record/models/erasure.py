"""Erasure: that the text behind a leaf was erased, by whom, when and why."""

from __future__ import annotations

from django.db import models

from shidian.apps.notices.models import ErasureGround
from shidian.apps.record.models.leaf_row import LeafRow


class Erasure(models.Model):
    """The trail of one erasure. Append-only. Ground and time are public where the text was."""

    row = models.OneToOneField(LeafRow, on_delete=models.PROTECT, related_name="erasure")
    at = models.DateTimeField()
    ground = models.CharField(max_length=16, choices=ErasureGround.choices)
    reason = models.CharField(max_length=1000)
    by = models.CharField(max_length=150)

    class Meta:
        default_permissions = ()
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"leaf {self.row.index} erased"
