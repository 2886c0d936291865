"""What follows from a breach by the rulebook itself, without anybody's decision."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from shidian.apps.supervision.models.pilot import Pilot


class Consequence(models.Model):
    """A permission that ended by law, or a transition plan that has to start. Never an order.

    Of a `kind` (the rulebook's word `on_breach`), a pilot and a rule at most one stands at a time:
    a permission that has ended does not end again. `item_seq` names the item of the stream that
    stated the breach. `automatic`: the rule, the rulebook and the software that recorded it.
    `withdrawn_at`: when late records showed that the breach never was; what that means for the
    pilot is for the authority to say.
    """

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="consequences")
    rule = models.CharField(max_length=64)
    kind = models.CharField(max_length=32)
    episode = models.CharField(max_length=80)
    item_seq = models.BigIntegerField()
    start_us = models.BigIntegerField()
    title_zh = models.CharField(max_length=300)
    title_en = models.CharField(max_length=300)
    public = models.BooleanField()
    automatic = models.JSONField()
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """As they were recorded."""

        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "episode"], name="one_consequence"),
            models.UniqueConstraint(
                fields=["pilot", "rule", "kind"],
                condition=models.Q(withdrawn_at=None),
                name="one_standing_consequence",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pilot_id} {self.kind} {self.rule}"
