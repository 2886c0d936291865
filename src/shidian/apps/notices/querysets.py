"""What of the published snapshots is current."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Max, OuterRef, Subquery


class SnapshotQuerySet(models.QuerySet["models.Model"]):
    """Snapshots, cut to what the public site shows."""

    def current(self) -> Self:
        """The newest version of each thing, unless that version was withdrawn."""
        newest = (
            self.model._default_manager.filter(kind=OuterRef("kind"), key=OuterRef("key"))  # noqa: SLF001 - Django's own name
            .order_by()
            .values("key")
            .annotate(newest=Max("version"))
            .values("newest")
        )
        return self.filter(version=Subquery(newest), withdrawn_at__isnull=True)

    def of(self, kind: str) -> Self:
        """Current snapshots of one kind, newest first."""
        return self.current().filter(kind=kind).order_by("-published_at", "key")
