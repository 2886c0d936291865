"""Alarms about orders: what must not wait until somebody happens to look."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from shidian.apps.supervision.models.order import Order


class AlarmKind(models.TextChoices):
    """What has gone wrong on an order's way."""

    REFUSED = "refused", _("The gate refused the order: permits do not know of it")
    UNANSWERED = "unanswered", _("The institution's system does not take the order")


class OrderAlarm(models.Model):
    """One thing that went wrong with one order, once; officers were called and one acknowledges.

    The database keeps each kind once an order, so that nobody is called again and again.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="alarms")
    kind = models.CharField(max_length=16, choices=AlarmKind)
    detail = models.CharField(max_length=500, blank=True)
    """What the gate or the firm's system said."""
    raised_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        """In the order in which they were raised; each kind once an order."""

        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "kind"], name="order_alarm_once"),
            models.CheckConstraint(
                condition=models.Q(acknowledged_at=None, acknowledged_by=None)
                | models.Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
                name="order_alarm_acknowledged_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.kind}"
