"""CaseMark: what statistics count of a case, kept as it happens."""

from __future__ import annotations

from django.db import models

from shidian.apps.cases.models.case import Case


class MarkKind(models.TextChoices):
    """What is counted. `key` is a stage's id, for what was found unmet a criterion's."""

    STAY = "stay"
    """A stay in a stage that has ended."""
    FILED = "filed"
    """The application was filed for the first time."""
    CLOSED = "closed"
    REQUESTED = "requested"
    """Information was asked for in the stage."""
    UNMET = "unmet"


class CaseMark(models.Model):
    """Copied from an event in its transaction: millions of events need not be read to be counted.

    `day` is local; `hours`, of a stay alone, how long it was, rounded down.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="marks")
    kind = models.CharField(max_length=16, choices=MarkKind.choices)
    key = models.CharField(max_length=64, blank=True)
    day = models.DateField()
    hours = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        ordering = ("pk",)
        indexes = (
            models.Index(fields=("kind", "day", "case", "key", "hours"), name="mark_kind_day"),
        )

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.key}"
