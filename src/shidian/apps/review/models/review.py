"""Review: an expert's score sheet; and the draft of it that only the expert sees."""

from __future__ import annotations

from django.db import models

from shidian.apps.cases.models import CaseEvent
from shidian.apps.review.models.assignment import Assignment


class Review(models.Model):
    """A submitted score sheet; the newest of an assignment counts. Append-only, by triggers.

    `scores`: {criterion: int}; `reasons`: {criterion: text}.
    """

    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="reviews")
    scores = models.JSONField()
    reasons = models.JSONField()
    submitted = models.ForeignKey(CaseEvent, on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"review of {self.assignment_id}"


class SheetDraft(models.Model):
    """What an expert has filled in so far; overwritten as they go on, gone when they submit."""

    assignment = models.OneToOneField(Assignment, on_delete=models.CASCADE, related_name="draft")
    scores = models.JSONField(default=dict)
    reasons = models.JSONField(default=dict)
    saved_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"draft of {self.assignment_id}"
