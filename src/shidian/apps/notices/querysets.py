"""What of the published snapshots is current."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Max, OuterRef, Subquery

if TYPE_CHECKING:
    from shidian.apps.notices.models import (
        PublishedSnapshot,  # noqa: F401 - named as text in a base class
    )


class SnapshotQuerySet(models.QuerySet["PublishedSnapshot"]):
    """Snapshots, cut to what the public site shows."""

    def current(self) -> Self:
        """What the site shows now: the newest version of each thing, unless it was withdrawn."""
        return self.filter(card__isnull=False)

    def newest(self) -> Self:
        """The newest version of each thing, unless that version was withdrawn; without cards."""
        same_thing = self.model.objects.filter(kind=OuterRef("kind"), key=OuterRef("key"))
        newest = same_thing.order_by().values("key").annotate(newest=Max("version"))
        return self.filter(version=Subquery(newest.values("newest")), withdrawn_at__isnull=True)

    def of(self, kind: str) -> Self:
        """Current snapshots of one kind, newest first."""
        return self.current().filter(kind=kind).order_by("-published_at", "key")
