"""Which journal keeps a pilot's telemetry, and its way from one to another."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from shidian.apps.supervision.models.pilot import Pilot
from shidian.config import MAIN_JOURNAL


class PilotJournal(models.Model):
    """The journal of a pilot; without a row it is the main one.

    `moving_to`: the one to which it is on its way. Meanwhile what the journal is to be told waits.
    """

    pilot = models.OneToOneField(Pilot, on_delete=models.PROTECT, related_name="placement")
    journal = models.CharField(max_length=32, default=MAIN_JOURNAL)
    moving_to = models.CharField(max_length=32, blank=True)

    class Meta:
        """As pilots are."""

        ordering: ClassVar = ["pilot"]

    def __str__(self) -> str:
        return f"{self.pilot_id}: {self.journal}"


class MoveState(models.TextChoices):
    """How far a move has come; each step can be done again."""

    ASKED = "asked", _("asked for")
    FENCED = "fenced", _("the old gate takes nothing more")
    DRAINED = "drained", _("all alerts of the old journal are here")
    COPIED = "copied", _("the log lies with the new gate")
    DONE = "done", _("done")
    REFUSED = "refused", _("refused")


class JournalMove(models.Model):
    """One move of a pilot from `source` to `target`.

    `departure_outbox` and `arrival_outbox`: the control records of both; `entry`: that of the
    departure. `problem`: why it does not go on, or was refused.
    """

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="journal_moves")
    source = models.CharField(max_length=32)
    target = models.CharField(max_length=32)
    state = models.CharField(max_length=16, choices=MoveState, default=MoveState.ASKED)
    asked_at = models.DateTimeField()
    departure_outbox = models.BigIntegerField(null=True)
    arrival_outbox = models.BigIntegerField(null=True)
    entry = models.BigIntegerField(null=True)
    problem = models.CharField(max_length=500, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """In the order they were asked for; one at a time for a pilot."""

        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["pilot"], condition=models.Q(ended_at=None), name="one_move_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.pilot_id}: {self.source} → {self.target}, {self.state}"
