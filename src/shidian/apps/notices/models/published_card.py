"""PublishedCard: what lists show of a thing that the site shows now."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import get_language

from shidian.apps.notices.models.snapshot import PublishedSnapshot, SnapshotKind


class PublishedCard(models.Model):
    """One row for each published thing: its current snapshot, and what a list needs of it.

    Kept by `publish_snapshot`, gone with `withdraw_snapshot`: what has no card is not current.
    Lists sort, cut and count by these columns: none reads the bodies of thousands of pages.
    """

    kind = models.CharField(max_length=16, choices=SnapshotKind.choices)
    key = models.CharField(max_length=128)
    snapshot = models.OneToOneField(
        PublishedSnapshot, on_delete=models.CASCADE, related_name="card"
    )
    published_at = models.DateTimeField()
    opens_on = models.DateField(null=True)
    closes_on = models.DateField(null=True)
    """Of a call, notice or pilot: its last day; None where none is set, or shown."""
    state = models.CharField(max_length=32, blank=True)
    """Of a pilot."""
    gravity = models.PositiveSmallIntegerField(default=0)
    """Of a pilot: of its gravest public alert that is open; 0 where there is none."""
    body_zh = models.JSONField()
    body_en = models.JSONField()

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("kind", "key"), name="published_card_once"),)
        indexes = (models.Index(fields=("kind", "-published_at"), name="published_card_newest"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

    @property
    def body(self) -> dict[str, Any]:
        """What a list shows, in the active language."""
        if (get_language() or "zh-hans").startswith("zh"):
            return dict(self.body_zh)
        return dict(self.body_en)
