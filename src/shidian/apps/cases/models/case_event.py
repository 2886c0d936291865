"""CaseEvent: one thing that happened to a case. Append-only, enforced by triggers."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from shidian.apps.accounts.models import Institution
from shidian.apps.cases.models.case import Case


class CaseEvent(models.Model):
    """The history a case's state, clocks and tasks are derived from.

    `at` is when it happened, `recorded_at` when it was written; they differ for history brought in.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    """Counts from 1 within the case, without gaps."""
    kind = models.CharField(max_length=64)
    """One of `core.procedure.types.EventKind`."""
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    actor_kind = models.CharField(max_length=20)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    """None: the system, or an anonymous member of the public."""
    authority = models.CharField(max_length=64, blank=True)
    """Id of the rulebook's authority for which an officer acted."""
    institution = models.ForeignKey(
        Institution, null=True, on_delete=models.PROTECT, related_name="+"
    )
    data = models.JSONField(default=dict)
    public = models.BooleanField(default=False)
    """Whether the public timeline shows that this happened. The data never go there."""

    class Meta:
        default_permissions = ()
        ordering = ("case", "seq")
        constraints = (models.UniqueConstraint(fields=("case", "seq"), name="event_seq_once"),)
        indexes = (models.Index(fields=("kind", "at"), name="event_kind_at"),)

    def __str__(self) -> str:
        return f"{self.case_id}/{self.seq} {self.kind}"
