"""Public notices, comments on them, and every published snapshot."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class NoticesConfig(AppConfig):
    name = "shidian.apps.notices"
    label = "notices"

    def ready(self) -> None:
        """Register permissions; keep the append-only triggers in place after every migration."""
        from shidian.apps.notices import rules  # noqa: F401 - registers permissions

        post_migrate.connect(_install_guards, sender=self)


def _install_guards(*, using: str, **_: Any) -> None:
    from shidian.apps.cases.append_only import install
    from shidian.apps.notices.guards import GUARDS

    install(GUARDS, using)
