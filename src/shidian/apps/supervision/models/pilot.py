"""A pilot: the run of an admitted case, and the versions of its plan."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class PilotState(models.TextChoices):
    """Whether a pilot runs. Suspension is a state of the pilot, not a stage of its case.

    Terminated: it takes no new business any more; its system goes on sending what runs off, until
    the case is closed.
    """

    PENDING = "pending", _("Not executable yet")
    RUNNING = "running", _("Running")
    SUSPENDED = "suspended", _("Suspended")
    TERMINATED = "terminated", _("Terminated, running off")
    CLOSED = "closed", _("Closed")


AT_WORK = (PilotState.RUNNING, PilotState.SUSPENDED, PilotState.TERMINATED)
"""It has been activated, and its case is not closed: what its system sends is watched."""


class Pilot(models.Model):
    """The run of one admitted case. `public_id` (`P-2026-0001`) is its project in the journal.

    `start_us`: start of the run as event time, µs UTC; set when the run is activated.
    `problems`: what of its rulebook this release cannot execute, as `[{path, zh, en}]`; a pilot
    with any stays PENDING and sends nothing. `automatic`: what the system did by itself, `{started:
    {rule, rulebook, software}, closed: …}`; empty where a person did it.
    """

    case = models.OneToOneField("cases.Case", on_delete=models.PROTECT, related_name="pilot")
    public_id = models.CharField(max_length=32, unique=True)
    state = models.CharField(max_length=16, choices=PilotState, default=PilotState.PENDING)
    starts_on = models.DateField()
    ends_on = models.DateField()
    start_us = models.BigIntegerField(null=True, blank=True)
    rules_digest = models.CharField(max_length=80)
    problems = models.JSONField(default=list, blank=True)
    automatic = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Newest last, as they were admitted."""

        ordering: ClassVar = ["public_id"]

    def __str__(self) -> str:
        return self.public_id


class PlanVersion(models.Model):
    """The plan's parameters as agreed or as changed. Append-only.

    `values`: `{parameter: text}`. `outbox_id` names the control record that carries it to the
    journal; its `ControlReceipt` says from which entry it is in force; without one it is pending.
    The first version travels in the activation. `change`, `order`, `tightening`: what carries a
    version that differs from the one before; the database refuses one that none of them carries
    (`plan_triggers`).
    """

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="plan_versions")
    number = models.PositiveIntegerField()
    values = models.JSONField()
    effective_us = models.BigIntegerField()
    reason = models.TextField(blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    outbox_id = models.BigIntegerField(null=True, blank=True)
    change = models.ForeignKey(
        "supervision.PlanChange", on_delete=models.PROTECT, null=True, related_name="versions"
    )
    order = models.ForeignKey(
        "supervision.Order", on_delete=models.PROTECT, null=True, related_name="plan_versions"
    )
    tightening = models.ForeignKey(
        "supervision.PlanTightening", on_delete=models.PROTECT, null=True, related_name="versions"
    )

    class Meta:
        """One row a number; a proof carries one version."""

        ordering: ClassVar = ["pilot", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pilot", "number"], name="plan_version_number"),
            models.UniqueConstraint(
                fields=["tightening"],
                condition=models.Q(tightening__isnull=False),
                name="plan_version_of_a_tightening",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pilot_id} v{self.number}"
