"""LeafRow: one outbox row as a leaf of the record, from its making to its place on the log."""

from __future__ import annotations

from django.db import models

from shidian.apps.cases.models import Outbox


class LeafRow(models.Model):
    """The bytes that go on the log, fixed before the notary sees them. Append-only.

    They are fixed first because a commitment has a random salt: a leaf made anew after a crash
    would be another one. `index` empty: not on the log yet.
    """

    outbox = models.OneToOneField(Outbox, on_delete=models.PROTECT, related_name="leaf")
    key = models.PositiveBigIntegerField(unique=True)
    """Under which the notary knows the leaf, however often it is sent: the outbox id, or another
    number where that one was used before the database was put back to an older state."""
    leaf = models.BinaryField()
    sealed = models.BooleanField()
    """Whether the leaf holds a commitment."""
    opened = models.BooleanField()
    """Whether the public may read what the leaf stands for."""
    salt = models.BinaryField(max_length=32, null=True)
    document = models.JSONField(null=True)
    """What the leaf's digest was taken of; None: a page, whose text is its snapshot; or erased."""
    due = models.DateTimeField()
    """Not before: a slot of the fixed schedule for what must not tell its hour."""
    index = models.PositiveBigIntegerField(null=True, unique=True)
    size = models.PositiveBigIntegerField(null=True)
    """Of the log, in the first checkpoint that covers the leaf."""
    recorded_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True)
    retry_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("pk",)
        indexes = (
            models.Index(fields=("due",), condition=models.Q(index=None), name="leaf_waiting"),
        )

    def __str__(self) -> str:
        return f"{self.outbox_id} → {'waiting' if self.index is None else self.index}"
