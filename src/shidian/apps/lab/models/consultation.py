"""Consultation: a draft put before the public, as its notice fixed it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from shidian.apps.lab.models.draft import DraftRevision, RulebookDraft
from shidian.apps.lab.models.note import ExplanatoryNote
from shidian.apps.notices.models import Notice


class Consultation(models.Model):
    """What was put out, under which notice, and what came of it. Append-only but for its end."""

    draft = models.ForeignKey(RulebookDraft, on_delete=models.PROTECT, related_name="consultations")
    notice = models.OneToOneField(Notice, on_delete=models.PROTECT, related_name="consultation")
    revision = models.ForeignKey(DraftRevision, on_delete=models.PROTECT, related_name="+")
    note = models.ForeignKey(ExplanatoryNote, on_delete=models.PROTECT, related_name="+")
    summary_zh = models.TextField(blank=True)
    """What was heard and what was made of it; public once it is written."""
    summary_en = models.TextField(blank=True)
    concluded_at = models.DateTimeField(null=True)
    concluded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        default_permissions = ()
        ordering = ("draft", "pk")

    def __str__(self) -> str:
        return str(self.notice)
