"""Assignment and Conflict: an expert asked to review, and what they declared first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from shidian.apps.accounts.models import Expert
from shidian.apps.cases.models import CaseEvent
from shidian.apps.review.models.panel import Panel
from shidian.apps.review.querysets import AssignmentQuerySet

if TYPE_CHECKING:
    from shidian.apps.review.models.review import Review


class Assignment(models.Model):
    """An expert's place on a panel. Before declaring they see the parties' names only."""

    panel = models.ForeignKey(Panel, on_delete=models.PROTECT, related_name="assignments")
    expert = models.ForeignKey(Expert, on_delete=models.PROTECT, related_name="assignments")
    invited = models.ForeignKey(CaseEvent, on_delete=models.PROTECT, related_name="+")

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ("panel", "pk")
        constraints = (models.UniqueConstraint(fields=("panel", "expert"), name="assigned_once"),)

    def __str__(self) -> str:
        return f"{self.expert} on {self.panel}"

    @property
    def review(self) -> Review | None:
        """The sheet that counts: the newest; an earlier one was disputed by the expert."""
        return max(self.reviews.all(), key=lambda one: one.pk, default=None)


class Conflict(models.Model):
    """A declaration of interests: with a conflict or without. Append-only, enforced by triggers.

    Who declared none may still declare one found later; a conflict, once declared, stands.
    """

    assignment = models.ForeignKey(
        Assignment, on_delete=models.PROTECT, related_name="declarations"
    )
    conflict = models.BooleanField()
    reason = models.TextField(blank=True)
    declared = models.ForeignKey(CaseEvent, on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=("assignment", "conflict"), name="declared_once"),
        )

    def __str__(self) -> str:
        return f"{self.assignment_id}: {'conflict' if self.conflict else 'none'}"
