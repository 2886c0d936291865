"""Where a firm's system takes its orders."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from shidian.apps.supervision.models.pilot import Pilot


class OrderEndpoint(models.Model):
    """An address at which a pilot's system takes orders; one at a time, the earlier ones stay."""

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="order_endpoints")
    url = models.CharField(max_length=500)
    registered_at = models.DateTimeField()
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """In the order of registration."""

        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["pilot"], condition=models.Q(ended_at=None), name="one_order_endpoint"
            )
        ]

    def __str__(self) -> str:
        return f"{self.pilot_id} {self.url}"
