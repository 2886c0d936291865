"""PublishedSnapshot: a fixed, redacted text for the public site, which reads nothing else."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import get_language

from shidian.apps.notices.querysets import SnapshotQuerySet


class SnapshotKind(models.TextChoices):
    """What a snapshot is of."""

    CALL = "call"
    NOTICE = "notice"
    PILOT = "pilot"
    CASE = "case"
    RULEBOOK = "rulebook"
    DRAFT = "draft"
    CLAUSES = "clauses"
    LESSON = "lesson"
    TIP = "tip"
    SCHEME = "scheme"
    FIGURES = "figures"


class PublishedSnapshot(models.Model):
    """One version of one public page's contents, in both languages.

    Append-only, enforced by triggers: only `withdrawn_at` may be set later. Kind `figures` (live
    values of a running pilot) alone is refreshed in place: its history is the telemetry itself.
    """

    kind = models.CharField(max_length=16, choices=SnapshotKind.choices)
    key = models.CharField(max_length=128)
    """Public name of the thing, as in its URL."""
    version = models.PositiveIntegerField()
    body_zh = models.JSONField()
    body_en = models.JSONField()
    digest = models.CharField(max_length=71)
    """`sha256:…` of the canonical JSON of {kind, key, version, zh, en}."""
    published_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ("kind", "key", "-version")
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "key", "version"), name="snapshot_version_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.key} v{self.version}"

    @property
    def body(self) -> dict[str, Any]:
        """The body in the active language."""
        if (get_language() or "zh-hans").startswith("zh"):
            return dict(self.body_zh)
        return dict(self.body_en)
