"""What goes between the zones: sealed submissions that wait, bundles, and what was sent of what."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class SealedSubmission(models.Model):
    """In the public zone: what somebody sent in, sealed to the internal zone's key.

    Gone as soon as the internal zone says that it has it. Nothing else of it is kept here than the
    `Submission`: a receipt's hash and a status.
    """

    receipt_sha256 = models.CharField(max_length=64, db_index=True)
    sealed = models.TextField()
    at = models.DateTimeField()
    bundle = models.PositiveIntegerField(null=True, db_index=True)
    """Number of the bundle that it left in; None: it has not left yet."""

    class Meta:
        default_permissions = ()
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"sealed {self.pk}"


class ZoneBundle(models.Model):
    """A bundle that was made here, or that came and was applied. Append-only.

    `acknowledged_at`: when the other zone's word came that it has one of ours. `unread`: items of
    one that came which could not be opened or read.
    """

    is_ours = models.BooleanField()
    peer = models.CharField(max_length=80)
    """Name of the other zone's key: with another key the numbers begin anew."""
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    items = models.PositiveIntegerField()
    unread = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField()
    """By the clock of the zone that made it."""
    at = models.DateTimeField()
    """When it was made, or applied, here."""
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=("is_ours", "peer", "number"), name="zone_bundle_once"),
            models.CheckConstraint(
                condition=Q(is_ours=True) | Q(acknowledged_at=None), name="zone_bundle_ours_told"
            ),
        )

    def __str__(self) -> str:
        return f"{'ours' if self.is_ours else 'theirs'} {self.number}"


class ZoneItem(models.Model):
    """In the internal zone: of a published thing, what the public zone was sent last."""

    name = models.CharField(max_length=200, primary_key=True)
    """`page:notice:n-2026-0003:2`, `leaf:12`, `file:checkpoint`, `status:<receipt's hash>`."""
    state = models.CharField(max_length=64)
    """SHA-256 of how it stood."""

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
