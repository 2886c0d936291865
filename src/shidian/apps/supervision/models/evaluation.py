"""The plan of an outcome analysis, sealed before there is data, and what was found under it."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from shidian.apps.cases.models import Case


class SealedPlan(models.Model):
    """A plan of `core.evaluation.plan`, fixed. Append-only.

    `amends`: the plan that it replaces; `reason` says why. `late`: it was made when data of the
    plan that it amends could exist already, which every page and report says.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="evaluation_plans")
    number = models.PositiveIntegerField()
    """Its place among the case's, from 1."""
    plan_id = models.CharField(max_length=64)
    amends = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="amended_by"
    )
    reason = models.TextField(blank=True)
    late = models.BooleanField(default=False)
    canonical = models.TextField()
    digest = models.CharField(max_length=80)
    sealed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    sealed_at = models.DateTimeField()

    class Meta:
        """Newest first."""

        default_permissions = ()
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "number"], name="sealed_plan_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.number}"


class PlanResult(models.Model):
    """What an analysis under a sealed plan found. Append-only; `look` counts the looks from 1."""

    plan = models.ForeignKey(SealedPlan, on_delete=models.PROTECT, related_name="results")
    look = models.PositiveIntegerField()
    data = models.JSONField()
    """The figures as they were given."""
    canonical = models.TextField()
    """`core.evaluation.analysis.Result` as canonical JSON."""
    digest = models.CharField(max_length=80)
    source = models.TextField()
    """Where the figures come from, in words."""
    lines = models.JSONField(default=list, db_default=[])
    """What each figure rests on: the lines of `evaluation_lines`; none of results from before."""
    run_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    run_at = models.DateTimeField()

    class Meta:
        """In the order of the looks."""

        default_permissions = ()
        ordering: ClassVar = ["look"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "look"], name="plan_result_look_once")
        ]

    def __str__(self) -> str:
        return f"{self.plan_id}/{self.look}"

    @property
    def said(self) -> dict[str, Any]:
        """What was found, as data."""
        said: dict[str, Any] = json.loads(self.canonical)
        return said


class EvaluationFigures(models.Model):
    """The figures of an evaluation's promises as an officer had them drawn. Append-only.

    The newest ones count; `lines` are those of `evaluation_lines`, as of entry `through`.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="evaluation_figures")
    number = models.PositiveIntegerField()
    """Its place among the case's, from 1."""
    lines = models.JSONField()
    through = models.BigIntegerField()
    drawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    drawn_at = models.DateTimeField()

    class Meta:
        """Newest first."""

        default_permissions = ()
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "number"], name="evaluation_figures_once")
        ]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.number}"
