"""Complaint: what someone says went wrong with a pilot, and what was done about it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from shidian.apps.notices.complaint_words import ComplaintCategory, ComplaintChannel, ComplaintState
from shidian.apps.supervision.models.pilot import Pilot


class ComplaintOutcome(models.TextChoices):
    """What it came to."""

    UPHELD = "upheld", _("justified")
    PARTLY = "partly", _("justified in part")
    REJECTED = "rejected", _("not justified")
    HANDED_OVER = "handed-over", _("handed over to another body")


class Complaint(models.Model):
    """A complaint about one pilot. What was said stays as it was sent.

    `contact` is shown to officers, and to the institution where `share_contact` allows it.
    `sealing_key`: what its answers are sealed to, so that only who holds the receipt reads them on
    the public site. `acknowledge_by` and `answer_by`: the institution's last days by the rulebook;
    None where it sets none.
    """

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="complaints")
    reference = models.CharField(max_length=24, unique=True)
    """`T-2026-0007`: how officers and the institution name it. Says nothing of the receipt."""
    receipt_sha256 = models.CharField(max_length=64, unique=True)
    sealing_key = models.CharField(max_length=64)
    channel = models.CharField(max_length=16, choices=ComplaintChannel)
    category = models.CharField(max_length=16, choices=ComplaintCategory)
    body = models.TextField()
    contact = models.CharField(max_length=200, blank=True)
    share_contact = models.BooleanField(default=False)
    received_at = models.DateTimeField()
    state = models.CharField(max_length=16, choices=ComplaintState, default=ComplaintState.RECEIVED)
    acknowledge_by = models.DateField(null=True)
    answer_by = models.DateField(null=True)
    outcome = models.CharField(max_length=16, choices=ComplaintOutcome, blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        """Oldest first: whoever waits longest comes first."""

        ordering: ClassVar = ["received_at", "pk"]

    def __str__(self) -> str:
        return self.reference


class StepKind(models.TextChoices):
    """What was done."""

    RECEIVED = "received", _("received")
    FORWARDED = "forwarded", _("forwarded to the institution")
    ACKNOWLEDGED = "acknowledged", _("taken up by the institution")
    ANSWERED = "answered", _("answered by the institution")
    ESCALATED = "escalated", _("taken to the authority")
    NOTED = "noted", _("noted by an officer")
    CLOSED = "closed", _("closed with an answer")


class ComplaintStep(models.Model):
    """One thing that was done about a complaint. Append-only. `by`: None: the public did it."""

    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=16, choices=StepKind)
    text = models.TextField(blank=True)
    internal = models.BooleanField(default=False)
    """An officer's note: the institution does not see it."""
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        """As they happened."""

        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.complaint_id}: {self.kind}"
