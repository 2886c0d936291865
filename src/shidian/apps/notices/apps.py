"""Public notices, comments on them, and every published snapshot."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS
from django.db.models.signals import post_migrate


class NoticesConfig(AppConfig):
    name = "shidian.apps.notices"
    label = "notices"

    def ready(self) -> None:
        """Register permissions; keep append-only triggers and search in place after migrations."""
        from shidian.apps.notices import rules  # noqa: F401 - registers permissions
        from shidian.apps.notices.zones import covered  # noqa: F401 - objects to acts

        post_migrate.connect(_install_guards, sender=self)


def _install_guards(*, using: str, **_: Any) -> None:
    from shidian.apps.cases.append_only import install
    from shidian.apps.notices.domain.finding import find_what_was_published
    from shidian.apps.notices.domain.listing import list_what_was_published
    from shidian.apps.notices.guards import GUARDS
    from shidian.apps.notices.search import PUBLISHED

    install(GUARDS, using)
    PUBLISHED.install(using)
    if using == DEFAULT_DB_ALIAS:
        list_what_was_published()
        find_what_was_published()
