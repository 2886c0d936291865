"""Which tables a zone's database has. The public one has those of what is published, and no others.

A router decides it at every migration: the tables of cases, people and orders are not empty there,
they do not exist. Triggers and indexes ask the same router.
"""

from __future__ import annotations

from typing import Any

PUBLIC_TABLES = frozenset(
    {
        "publishedcard",
        "publishedleaf",
        "publishedname",
        "publishedsnapshot",
        "publishedtext",
        "sealedsubmission",
        "submission",
        "zonebundle",
        "zoneitem",
    }
)
"""Models of `notices`: published texts, sealed submissions with their status, bundles."""


class PublicZoneRouter:
    """Lets migrations of the public zone make these tables alone."""

    def allow_migrate(
        self, db: str, app_label: str, model_name: str | None = None, **hints: Any
    ) -> bool:
        """False for every other model, and for whatever else another app's migration does."""
        del db, hints
        if app_label != "notices":
            return False
        return model_name is None or model_name.lower() in PUBLIC_TABLES
