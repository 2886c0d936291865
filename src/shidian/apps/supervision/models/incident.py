"""Incident: what went wrong in a pilot, as its firm reports it, and what was done about it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shidian.apps.supervision.models.pilot import Pilot
from shidian.core.procedure import incidents as core


class IncidentState(models.TextChoices):
    """Where an incident stands, in words."""

    PHONED = core.IncidentState.PHONED.value, _("reported by telephone, not confirmed yet")
    OPEN = core.IncidentState.OPEN.value, pgettext_lazy("incident", "open")
    CLOSED = core.IncidentState.CLOSED.value, pgettext_lazy("incident", "closed")
    MERGED = core.IncidentState.MERGED.value, _("the same as another")


class MarketEffect(models.TextChoices):
    """What it did to the market's running, in words."""

    UNKNOWN = core.MarketEffect.UNKNOWN.value, _("not known yet")
    NONE = core.MarketEffect.NONE.value, _("no effect")
    LIMITED = core.MarketEffect.LIMITED.value, _("limited, without disturbance")
    DISTURBED = core.MarketEffect.DISTURBED.value, _("the market's running was disturbed")


class Cause(models.TextChoices):
    """Of what kind the cause is, in words."""

    UNKNOWN = core.Cause.UNKNOWN.value, _("not known yet")
    CYBER = core.Cause.CYBER.value, _("cyber attack or security failure")
    MALFUNCTION = core.Cause.MALFUNCTION.value, _("malfunction of the system")
    DATA = core.Cause.DATA.value, _("wrong or lost data")
    OPERATION = core.Cause.OPERATION.value, _("mistake in operation")
    FRAUD = core.Cause.FRAUD.value, _("fraud")
    THIRD_PARTY = core.Cause.THIRD_PARTY.value, _("failure of a third party")
    MARKET = core.Cause.MARKET.value, _("movement of the market")
    OTHER = core.Cause.OTHER.value, pgettext_lazy("cause", "other")


class IncidentStepKind(models.TextChoices):
    """What was done about an incident, in words."""

    PHONED = core.IncidentActKind.PHONED.value, _("telephone report noted by an officer")
    REPORTED = core.IncidentActKind.REPORTED.value, pgettext_lazy("incident", "reported")
    CONFIRMED = core.IncidentActKind.CONFIRMED.value, _("telephone report confirmed in writing")
    ALSO = core.IncidentActKind.ALSO.value, _("reported by a second person too")
    UPDATED = core.IncidentActKind.UPDATED.value, _("updated")
    ASKED = core.IncidentActKind.ASKED.value, _("question")
    ANSWERED = core.IncidentActKind.ANSWERED.value, _("answer")
    CLOSED = core.IncidentActKind.CLOSED.value, _("closed with a report")
    REOPENED = core.IncidentActKind.REOPENED.value, _("opened again")
    GRADED = core.IncidentActKind.GRADED.value, _("graded anew")
    LINKED = core.IncidentActKind.LINKED.value, _("linked")
    MERGED = core.IncidentActKind.MERGED.value, _("found to be the same as another")
    NOTED = core.IncidentActKind.NOTED.value, _("noted")
    ATTACHED = core.IncidentActKind.ATTACHED.value, _("a file attached")


class Incident(models.Model):
    """One incident of a pilot. Who reported it, when it was and was known stay as they were.

    `number` counts within the pilot; `reference` is `I-2026-0003-02`: the second of that pilot.
    All other columns are folded from the steps, so that lists can be filtered. Sums are in fen,
    hundredths of the scheme's currency. `due_step`: id of the rulebook's step that is due next, or
    `question`; empty where nothing is.
    """

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="incidents")
    number = models.PositiveIntegerField()
    reference = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=200)
    occurred_at = models.DateTimeField()
    known_at = models.DateTimeField()
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    reported_at = models.DateTimeField()
    caller = models.CharField(max_length=200, blank=True)
    """Who telephoned, as the officer noted it; empty where the report was filed."""
    severity = models.CharField(max_length=64)
    state = models.CharField(max_length=16, choices=IncidentState)
    over_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    due_step = models.CharField(max_length=64, blank=True)
    due_at = models.DateTimeField(null=True)
    investors = models.PositiveIntegerField(default=0)
    loss_fen = models.BigIntegerField(default=0)
    paid_fen = models.BigIntegerField(default=0)
    open_fen = models.BigIntegerField(default=0)
    market = models.CharField(max_length=16, choices=MarketEffect, default=MarketEffect.UNKNOWN)
    cause = models.CharField(max_length=16, choices=Cause, default=Cause.UNKNOWN)

    class Meta:
        """Newest first."""

        ordering: ClassVar = ["-reported_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pilot", "number"], name="incident_number")
        ]
        indexes: ClassVar = [models.Index(fields=["state", "due_at"], name="incident_due")]

    def __str__(self) -> str:
        return self.reference


class IncidentStep(models.Model):
    """One thing that was done about an incident. Append-only.

    `facts`: `{investors, losses: [[pseudonym, loss_fen, paid_fen]], market, market_text, cause,
    cause_text}` where the step states them, else empty. `internal`: the authorities' own.
    `question`, `answer_by`: of a question; of an answer the question's number. `link_kind`,
    `link_name`: what of the same pilot it was tied to. `attachment`: the file that it brought.
    """

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=16, choices=IncidentStepKind)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    internal = models.BooleanField(default=False)
    severity = models.CharField(max_length=64, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    over_at = models.DateTimeField(null=True)
    question = models.PositiveIntegerField(null=True)
    answer_by = models.DateTimeField(null=True)
    lessons = models.TextField(blank=True)
    link_kind = models.CharField(max_length=16, blank=True)
    link_name = models.CharField(max_length=80, blank=True)
    attachment = models.ForeignKey(
        "cases.Attachment", on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        """In the order they were made."""

        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.kind}"


class MissedStep(models.Model):
    """That a step of an incident was not done in its time, as its people were told. Append-only.

    `step`: as `Incident.due_step`; `due_at`: when it was due. Each is told once.
    """

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="missed")
    step = models.CharField(max_length=64)
    due_at = models.DateTimeField()
    told_at = models.DateTimeField()

    class Meta:
        """In the order in which they were told."""

        default_permissions = ()
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["incident", "step", "due_at"], name="incident_step_missed_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.step}"


class ToleranceFinding(models.Model):
    """What one officer found for the tolerance of an incident (容错认定). Append-only.

    `conditions`: `[{id, met, reason}]` in the rulebook's order. `proposal`: id of the decision that
    the officer proposes. `rules_digest` names the rules that governed.
    """

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="findings")
    number = models.PositiveIntegerField()
    facts = models.TextField()
    causation = models.TextField()
    compensation = models.TextField()
    opinion = models.TextField()
    conditions = models.JSONField()
    proposal = models.CharField(max_length=64)
    rules_digest = models.CharField(max_length=80)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        """Oldest first."""

        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["incident", "number"], name="tolerance_finding_number")
        ]

    def __str__(self) -> str:
        return f"{self.incident_id}/{self.number}"


class ToleranceDecision(models.Model):
    """What another officer decided on a finding. Append-only.

    `decision`: id of one of the rulebook's; empty: the finding was sent back. `legal_effect`: it is
    no administrative decision; `measure` names one that was taken elsewhere, if any.
    """

    finding = models.OneToOneField(
        ToleranceFinding, on_delete=models.PROTECT, related_name="decision"
    )
    decision = models.CharField(max_length=64, blank=True)
    reason = models.TextField()
    measure = models.CharField(max_length=200, blank=True)
    legal_effect = models.CharField(max_length=40)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        """As they were taken."""

        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.finding_id} {self.decision or 'returned'}"
