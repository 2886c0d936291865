"""PublishedLeaf: where on the public record a published text stands, and how a reader checks it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from shidian.apps.notices.models.snapshot import PublishedSnapshot


class ErasureGround(models.TextChoices):
    """On what ground a text was erased; said in public beside its leaf."""

    REQUEST = "request", _("the person concerned asked for it")
    RETENTION = "retention", _("the time for which it must be kept is over")
    MISTAKE = "mistake", _("it should not have been kept or published")
    ORDER = "order", _("a court or an authority ordered it")


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
    ground = models.CharField(max_length=16, choices=ErasureGround.choices, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ("index",)

    def __str__(self) -> str:
        return f"leaf {self.index}"
