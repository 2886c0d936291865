"""PublishedLeaf: where on the public record a published text stands, and how a reader checks it."""

from __future__ import annotations

from django.db import models

from shidian.apps.notices.models.snapshot import PublishedSnapshot


class PublishedLeaf(models.Model):
    """A leaf of the record whose text anyone may read. Append-only.

    The text is the snapshot's, else `document`. `salt` is given where the leaf holds a commitment:
    it is public for as long as the text is, and goes when the text is erased.
    """

    index = models.PositiveBigIntegerField(primary_key=True)
    snapshot = models.OneToOneField(
        PublishedSnapshot, null=True, on_delete=models.PROTECT, related_name="leaf"
    )
    document = models.JSONField(null=True)
    salt = models.CharField(max_length=64, blank=True)
    """Hex."""
    erased_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("index",)

    def __str__(self) -> str:
        return f"leaf {self.index}"
