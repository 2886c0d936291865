"""Report: what a pilot's institution states of a period, a day or a change, version by version."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from shidian.apps.supervision.models.pilot import Pilot


class ReportState(models.TextChoices):
    """How far a report is."""

    DRAFT = "draft", _("in draft")
    FILED = "filed", _("filed, to be judged")
    RETURNED = "returned", _("to be revised")
    ACCEPTED = "accepted", _("accepted")


class ReportKind(models.TextChoices):
    """The kinds that rulebooks know."""

    PERIODIC = "periodic", _("periodic report")
    EVENT = "event", _("event report")
    ADVANCE = "advance", _("advance notice")
    FINAL = "final", _("final report")


class Report(models.Model):
    """One report of a duty of the rulebook, over days `first` to `last`, both included.

    Of an event these are its day, of an advance notice the day of the change; `subject` names what.
    `due_on`: the last day in time; None where no calendar counts so far. `due_at`: the same to the
    minute, of a duty counted in hours. `revised_by`: until when a returned one is filed again.

    `draft`: what the institution works on, `{through, drawn_at, lines, texts}` (see
    `report_lines`); it stays when a version is signed, as the beginning of the next one. Where no
    figures could be drawn, `no_figures` says why: `{zh, en}`.
    `draft_seq` grows with every change of it. `checked_at`, `checked_entry`: when the last version
    was last held against telemetry, and as of which entry.
    """

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="reports")
    number = models.PositiveIntegerField()
    """Its place among the pilot's reports, from 1."""
    duty = models.CharField(max_length=64)
    kind = models.CharField(max_length=16, choices=ReportKind)
    first = models.DateField()
    last = models.DateField()
    subject = models.CharField(max_length=300, blank=True)
    due_on = models.DateField(null=True)
    due_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=16, choices=ReportState, default=ReportState.DRAFT)
    revised_by = models.DateField(null=True)
    draft = models.JSONField()
    draft_seq = models.PositiveIntegerField(default=1)
    draft_at = models.DateTimeField()
    draft_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    checked_at = models.DateTimeField(null=True)
    checked_entry = models.BigIntegerField(default=0)

    class Meta:
        """Newest first; of a period there is one report of a duty."""

        ordering: ClassVar = ["-last", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pilot", "number"], name="report_number"),
            models.UniqueConstraint(
                fields=["pilot", "duty", "first"],
                condition=models.Q(kind__in=["periodic", "final"]),
                name="report_of_a_period_once",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "due_on"], name="report_queue")]

    def __str__(self) -> str:
        return f"{self.pilot} {self.duty} {self.last}"


class ReportVersion(models.Model):
    """A report as the institution's officer signed it. Append-only.

    `canonical`: the text that was signed (RFC 8785), `digest` its SHA-256. `evidence`: what the
    second factor answered, enough to check a passkey's signature again; `factor_use` names that
    one use.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    canonical = models.TextField()
    digest = models.CharField(max_length=80)
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    nonce = models.CharField(max_length=64)
    challenge = models.CharField(max_length=80)
    method = models.CharField(max_length=16)
    factor_use = models.CharField(max_length=160, unique=True)
    evidence = models.JSONField()

    class Meta:
        """In the order in which they were signed."""

        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["report", "number"], name="report_version_number")
        ]

    def __str__(self) -> str:
        return f"{self.report_id} v{self.number}"

    @property
    def content(self) -> dict[str, Any]:
        """What was signed, as data."""
        content: dict[str, Any] = json.loads(self.canonical)
        return content


class ReportStepKind(models.TextChoices):
    """What happened to a report."""

    OPENED = "opened", _("begun")
    FILED = "filed", _("signed and filed")
    RETURNED = "returned", _("returned")
    ACCEPTED = "accepted", _("accepted")
    ASKED = "asked", _("revised report asked for")
    CHANGED = "changed", _("telemetry has changed since")


class ReportStep(models.Model):
    """One thing that happened to a report. Append-only. `by`: None: the rules did it.

    `version`: the one it is about; None before the first. `changes`: of `changed`, the figures as
    `[{key, title, unit, filed, now, evidence}]`; `due_on`: until when a revised one is asked for.
    `automatic` names the rule of what nobody decided.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="steps")
    version = models.ForeignKey(
        ReportVersion, on_delete=models.PROTECT, null=True, related_name="steps"
    )
    kind = models.CharField(max_length=16, choices=ReportStepKind)
    text = models.TextField(blank=True)
    changes = models.JSONField(default=list, blank=True)
    due_on = models.DateField(null=True)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    automatic = models.JSONField(default=dict, blank=True)

    class Meta:
        """As they happened."""

        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.report_id}: {self.kind}"


class ReportChallenge(models.Model):
    """The text that a signer is asked to sign, with a fresh nonce. It serves one attempt."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    draft_seq = models.PositiveIntegerField()
    nonce = models.CharField(max_length=64, unique=True)
    """32 random bytes, in hexadecimal."""
    canonical = models.TextField()
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        """In the order of asking."""

        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["person", "made_at"], name="report_challenge_recent")
        ]

    def __str__(self) -> str:
        return f"{self.report_id} {self.nonce[:8]}"
