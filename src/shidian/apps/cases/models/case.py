"""Case: the file that lives from first draft to closing. Its state is one field, `stage`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

from shidian.apps.accounts.models import Institution
from shidian.apps.cases.models.call import Call
from shidian.apps.cases.models.rulebook_version import RulebookVersion
from shidian.apps.cases.models.scheme import Scheme
from shidian.apps.cases.models.titled import Titled
from shidian.apps.cases.querysets import CaseQuerySet

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Rulebook, Stage


class Case(Titled):
    """Application first, project later. Only `domain.perform.perform_act` changes its state."""

    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="cases")
    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="cases")
    rulebook_version = models.ForeignKey(
        RulebookVersion, on_delete=models.PROTECT, related_name="cases"
    )
    reference = models.SlugField(max_length=96, unique=True)
    """Name in URLs and events, such as `demo-city-2026-0007`."""
    lead = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="led_cases")
    stage = models.CharField(max_length=64)
    """Stage id of the rulebook version: the only state. What follows is copied from events."""
    number = models.CharField(max_length=64, null=True, blank=True, unique=True)
    """Public number, given at admission."""
    outcome = models.CharField(max_length=64, blank=True)
    tier = models.CharField(max_length=64, blank=True)
    """Risk tier as graded last."""
    due = models.DateField(null=True)
    """The earliest last day among the open tasks."""
    last_seq = models.PositiveIntegerField(default=0)
    """Sequence number of the newest event."""
    form_version = models.PositiveIntegerField(default=0)
    """How many times the form was submitted."""
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    changed_at = models.DateTimeField()

    objects = CaseQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ("-changed_at", "-pk")
        indexes = (
            models.Index(fields=("-changed_at", "-id"), name="case_changed_at"),
            models.Index(fields=("outcome", "due"), name="case_outcome_due"),
            # Open cases, newest first: a page of them is read without sorting all.
            models.Index(fields=("outcome", "-changed_at", "-id"), name="case_outcome_changed"),
        )

    @property
    def rulebook(self) -> Rulebook:
        """The rules under which the case entered, parsed once per process."""
        from shidian.apps.cases.rulebooks import rulebook_of

        # A list selects the version's row with its cases, and then asks nothing more.
        version = self._state.fields_cache.get("rulebook_version")
        return rulebook_of(self.rulebook_version_id, version.digest if version else None)

    @property
    def stage_rule(self) -> Stage:
        """What the rulebook says of the present stage."""
        return self.rulebook.stage(self.stage)


class CaseParty(models.Model):
    """A partner institution of a case. The lead is `Case.lead`."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="parties")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="joined")
    task = models.CharField(max_length=200, blank=True)
    """What the partner does in the project, in words."""

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("case", "institution"), name="party_once"),)

    def __str__(self) -> str:
        return f"{self.institution} in {self.case_id}"
