"""How a pilot ends: its exit plan, the drills of it, the exit report, a bridge to a licence."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shidian.apps.cases.models import Case
from shidian.core.procedure import bridging as core


class ExitPlan(models.Model):
    """A version of a case's exit plan as its firm filed it. Append-only; the newest one counts."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="exit_plans")
    number = models.PositiveIntegerField()
    """Its place among the case's, from 1."""
    canonical = models.TextField()
    """`core.exit.plan` as canonical JSON."""
    digest = models.CharField(max_length=80)
    filed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    filed_at = models.DateTimeField()

    class Meta:
        """Newest first."""

        default_permissions = ()
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "number"], name="exit_plan_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.number}"


class ExitDrill(models.Model):
    """A plan carried out on made-up positions: what came of it, and the certificate that says so.

    Append-only. The notary's signature comes later, and the certificate goes on record with it.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="exit_drills")
    number = models.PositiveIntegerField()
    """Its place among the case's, from 1."""
    plan = models.ForeignKey(ExitPlan, on_delete=models.PROTECT, related_name="drills")
    passed = models.BooleanField()
    certificate = models.TextField()
    """`core.exit.certificate` as canonical JSON."""
    digest = models.CharField(max_length=80)
    run_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    run_at = models.DateTimeField()
    signature = models.CharField(max_length=100, blank=True)
    public_key = models.CharField(max_length=80, blank=True)
    signed_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first."""

        default_permissions = ()
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "number"], name="exit_drill_number_once")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["id"], condition=models.Q(signed_at=None), name="exit_drill_unsigned"
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.number}"


class ExitReport(models.Model):
    """What a pilot leaves: why it ended, what was learnt, which clauses changed. Append-only.

    A later number replaces an earlier one; both stay. Where the rulebook publishes it by agreement,
    the public reads the newest one only once the lead institution has agreed to it.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="exit_reports")
    number = models.PositiveIntegerField()
    summary_zh = models.TextField()
    summary_en = models.TextField(blank=True)
    lessons_zh = models.TextField()
    """One lesson a line."""
    lessons_en = models.TextField(blank=True)
    clauses = models.JSONField(default=list)
    """Ids of the rulebook's clauses under test that this pilot changed."""
    clauses_zh = models.TextField(blank=True)
    """What changed about them, in words."""
    clauses_en = models.TextField(blank=True)
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    """Who agreed for the lead institution that it is published."""
    agreed_at = models.DateTimeField(null=True)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    written_at = models.DateTimeField()

    class Meta:
        """Newest first."""

        default_permissions = ()
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "number"], name="exit_report_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.number}"


class BridgeStepKind(models.TextChoices):
    """What was done about a bridge, in words."""

    ASKED = core.BridgeAct.ASKED.value, _("asked for")
    GRANTED = core.BridgeAct.GRANTED.value, pgettext_lazy("bridge", "granted")
    DECLINED = core.BridgeAct.DECLINED.value, pgettext_lazy("bridge", "declined")
    WITHDRAWN = core.BridgeAct.WITHDRAWN.value, _("given up by the institution")
    ENDED = core.BridgeAct.ENDED.value, pgettext_lazy("bridge", "ended")
    LAPSED = core.BridgeAct.LAPSED.value, _("ended with its last day")


class LicenceResult(models.TextChoices):
    """What became of the licence application."""

    GRANTED = "granted", _("the licence was granted")
    REFUSED = "refused", _("the licence was refused")
    WITHDRAWN = "withdrawn", _("the application was withdrawn")
    OTHER = "other", _("for another reason")


class BridgeStep(models.Model):
    """One thing that was done about a bridge while a licence is pending. Append-only.

    `number`: the case's bridge that it is about, from 1. Of asking: which licence, of which
    authority, since when, under which receipt. Of granting: first and last day, both included,
    `business` and `plan_version` as they hold. Of ending: what became of the application.
    `by` None: its last day was over, and `automatic` names the rule.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="bridge_steps")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=BridgeStepKind)
    licence = models.CharField(max_length=200, blank=True)
    authority = models.CharField(max_length=200, blank=True)
    receipt = models.CharField(max_length=100, blank=True)
    applied_on = models.DateField(null=True)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    business = models.CharField(max_length=16, blank=True)
    plan_version = models.PositiveIntegerField(null=True)
    result = models.CharField(max_length=16, choices=LicenceResult, blank=True)
    text = models.TextField(blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    at = models.DateTimeField()
    automatic = models.JSONField(default=dict, blank=True)

    class Meta:
        """In the order in which they were made."""

        default_permissions = ()
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["kind", "ends_on"], name="bridge_running_out")]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.number} {self.kind}"


class ExitStep(models.Model):
    """What the firm has done of one step of the exit, once the case is closed. Append-only.

    A later row of the same step replaces an earlier one; both stay. Amounts in fen.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="exit_steps")
    step = models.CharField(max_length=16)
    """`core.exit.drill.Step`."""
    count = models.PositiveIntegerField()
    owed = models.BigIntegerField()
    settled = models.BigIntegerField()
    done_on = models.DateField()
    note = models.TextField(blank=True)
    stated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    stated_at = models.DateTimeField()

    class Meta:
        """In the order in which they were stated."""

        default_permissions = ()
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.step}"
