"""IndicatorReturn: a table of figures that a named person of the firm attests for a period."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from shidian.apps.supervision.models.pilot import Pilot


class ReturnState(models.TextChoices):
    """How far a return is."""

    PREPARED = "prepared", _("waits for a signer")
    DROPPED = "dropped", _("dropped")
    ATTESTED = "attested", _("attested")


class IndicatorReturn(models.Model):
    """Rows of one stream over one period, filed as a file. What was filed never changes.

    `number` counts a pilot's returns from 1. `rows`: `[line, time_us, {field: value}]` in the
    file's order. Once attested, `numbers` has for each row its `[seqno, rev]` in the source
    `returns`, and `events` what is sent for it: `[seqno, rev, op, time_us, {field: value}]`. An
    attested return replaces the one before it of the same stream and period.
    """

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="returns")
    number = models.PositiveIntegerField()
    stream = models.CharField(max_length=100)
    starts_on = models.DateField()
    ends_on = models.DateField()
    """Both days included, in the rulebook's zone."""
    state = models.CharField(
        max_length=12, choices=ReturnState.choices, default=ReturnState.PREPARED
    )
    replaces = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="replaced_by"
    )
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()
    signed_by_key = models.CharField(max_length=64, blank=True)
    """Id of the pilot's machine key whose signature over the file came with it."""
    rows = models.JSONField()
    row_count = models.PositiveIntegerField()
    totals = models.JSONField()
    """Field → its sum as decimal text."""
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    prepared_at = models.DateTimeField()

    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    """Who attested or dropped it."""
    ended_at = models.DateTimeField(null=True)
    statement = models.TextField(blank=True)
    """Canonical JSON of what was attested, as the person read it."""
    evidence = models.JSONField(null=True)
    """How the person proved who they are: `{method, use, …}`."""
    numbers = models.JSONField(null=True)
    events = models.JSONField(null=True)
    last_seqno = models.PositiveBigIntegerField(default=0)
    """Highest number of the source that this return or one before it uses."""
    outbox_id = models.BigIntegerField(null=True)

    delivered_at = models.DateTimeField(null=True)
    counts = models.JSONField(null=True)
    """The gate's status → how many events got it."""
    first_entry = models.BigIntegerField(null=True)
    last_entry = models.BigIntegerField(null=True)
    problem = models.CharField(max_length=500, blank=True)
    """Why the gate takes it no more; in the gate's words."""

    class Meta:
        """Newest first."""

        default_permissions = ()
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("pilot", "number"), name="return_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.pilot_id}/{self.number}"

    @property
    def path(self) -> str:
        """Where the file lies in the storage."""
        return f"returns/{self.sha256[:2]}/{self.sha256}"
