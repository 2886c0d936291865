"""Expert panels, conflicts of interest, score sheets and assessments."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ReviewConfig(AppConfig):
    name = "shidian.apps.review"
    label = "review"

    def ready(self) -> None:
        """Register permissions; keep the append-only triggers in place after every migration."""
        from shidian.apps.review import rules  # noqa: F401 - registers permissions

        post_migrate.connect(_install_guards, sender=self)


def _install_guards(*, using: str, **_: Any) -> None:
    from shidian.apps.cases.append_only import install
    from shidian.apps.review.guards import GUARDS

    install(GUARDS, using)
