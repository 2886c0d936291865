"""What the journal must know: machine keys, and the receipts of control records."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from shidian.apps.supervision.models.pilot import Pilot


class ControlReceipt(models.Model):
    """The gate's answer to one control record: the journal entry that it became. Append-only.

    A control record without a receipt is pending, or was refused: see `queries.refusals`.
    """

    outbox_id = models.BigIntegerField(unique=True)
    entry = models.BigIntegerField()
    received_at = models.DateTimeField()

    class Meta:
        """In the order of the journal."""

        ordering: ClassVar = ["entry"]

    def __str__(self) -> str:
        return f"{self.outbox_id} → {self.entry}"


class MachineKey(models.Model):
    """A public key with which one pilot system may write as (project, source), and only there.

    `public_key`: the line `ed25519:…`. `outbox_id`: its registration's control
    record; `revoked_outbox_id`: its revocation's.
    """

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="machine_keys")
    source = models.CharField(max_length=64)
    key_id = models.CharField(max_length=64, unique=True)
    public_key = models.CharField(max_length=64)
    registered_at = models.DateTimeField()
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    outbox_id = models.BigIntegerField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    revoked_outbox_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        """In the order of registration."""

        ordering: ClassVar = ["registered_at", "id"]

    def __str__(self) -> str:
        return self.key_id
