"""FormSection: one saved version of one section of the application. Append-only."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from shidian.apps.cases.models.case import Case


class FormSection(models.Model):
    """What was answered, by whom, when. Saving writes a new version; nothing is overwritten.

    `answers`: {question id: answer}, canonical JSON as `form.clean_answers` makes it.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="sections")
    section = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    answers = models.JSONField(default=dict)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    saved_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("case", "section", "version")
        constraints = (
            models.UniqueConstraint(
                fields=("case", "section", "version"), name="section_version_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.case_id}/{self.section} v{self.version}"
