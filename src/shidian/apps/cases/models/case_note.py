"""CaseNote: what officers of one authority write to each other about a case. Append-only."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from shidian.apps.accounts.models import Authority
from shidian.apps.cases.models.case import Case
from shidian.apps.cases.querysets import NoteQuerySet


class CaseNote(models.Model):
    """An internal note. Nobody outside `authority` ever reads it, an auditor elsewhere included."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notes")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    at = models.DateTimeField()

    objects = NoteQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"{self.case_id}/{self.pk}"
