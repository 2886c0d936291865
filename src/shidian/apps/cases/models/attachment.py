"""Attachment: an uploaded file of a case, kept by its hash. Append-only."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from shidian.apps.cases.models.case import Case


class Attachment(models.Model):
    """What was uploaded. The bytes lie in the default storage under `path`, never served inline."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="attachments")
    section = models.CharField(max_length=64)
    question = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    """File name as uploaded, without folders."""
    content_type = models.CharField(max_length=100)
    """Found in the bytes, not believed from the browser."""
    size_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("case", "pk")

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> str:
        """Where the bytes lie in the storage."""
        return f"attachments/{self.sha256[:2]}/{self.sha256}"
