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
    WANTING = "wanting"
    """A request for information named it; `key` is the stage's id, `/`, a section's or document's,
    cut to what the column takes."""


class CaseMark(models.Model):
    """Copied from an event in its transaction: millions of events need not be read to be counted.

    `day` is local; `hours`, of a stay alone, how long it was, rounded down. `times`: how often just
    that was so; a case has one row for it, so that an eager exchange of a day is counted once.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="marks")
    kind = models.CharField(max_length=16, choices=MarkKind.choices)
    key = models.CharField(max_length=64, blank=True)
    day = models.DateField()
    hours = models.PositiveIntegerField(default=0)
    times = models.PositiveIntegerField(default=1)

    class Meta:
        default_permissions = ()
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("case", "kind", "key", "day", "hours"), name="mark_once"
            ),
        )
        indexes = (
            # In the order in which statistics group, with all that they read.
            models.Index(
                fields=("kind", "key", "hours", "day", "case", "times"), name="mark_in_groups"
            ),
        )

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.key}"
