"""Panel: the experts of one review round of a case."""

from __future__ import annotations

from django.db import models

from shidian.apps.cases.models import Case, CaseEvent


class Panel(models.Model):
    """One review round, with dates. The round carries the rights: closing it ends them."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="panels")
    round = models.PositiveSmallIntegerField()
    """Number of the round within the case, from 1."""
    starts_on = models.DateField()
    ends_on = models.DateField()
    opened = models.ForeignKey(CaseEvent, on_delete=models.PROTECT, related_name="+")
    closed = models.ForeignKey(CaseEvent, null=True, on_delete=models.PROTECT, related_name="+")
    score = models.CharField(max_length=32, blank=True)
    """Weighted mean once closed, as text with two decimals."""
    passed = models.BooleanField(null=True)
    """Whether the pass mark was reached; None: no pass mark, or not closed yet."""

    class Meta:
        default_permissions = ()
        ordering = ("case", "round")
        constraints = (models.UniqueConstraint(fields=("case", "round"), name="panel_round_once"),)

    def __str__(self) -> str:
        return f"{self.case_id} round {self.round}"
