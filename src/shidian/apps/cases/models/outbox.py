"""Outbox: what the rest of the house must do about an act. The only queue."""

from __future__ import annotations

from django.db import models

from shidian.apps.cases.models.case import Case


class Outbox(models.Model):
    """One thing to be done, written in the transaction of the act. Append-only.

    Its id is the sequence number that consumers outside (the gate) remember it by.
    """

    topic = models.CharField(max_length=64)
    payload = models.JSONField(default=dict)
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="outbox")
    created = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("pk",)
        verbose_name_plural = "outbox"
        indexes = (models.Index(fields=("topic", "id"), name="outbox_topic"),)

    def __str__(self) -> str:
        return f"{self.pk} {self.topic}"


class OutboxDelivery(models.Model):
    """How far one consumer is with one outbox row. `delivered_at` empty: failed so far."""

    outbox = models.ForeignKey(Outbox, on_delete=models.PROTECT, related_name="deliveries")
    consumer = models.CharField(max_length=64)
    delivered_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        default_permissions = ()
        verbose_name_plural = "outbox deliveries"
        constraints = (
            models.UniqueConstraint(fields=("outbox", "consumer"), name="delivered_once"),
        )

    def __str__(self) -> str:
        return f"{self.outbox_id} → {self.consumer}"
