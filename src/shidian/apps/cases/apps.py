"""Schemes, rulebook versions, calls and cases: the spine."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CasesConfig(AppConfig):
    name = "shidian.apps.cases"
    label = "cases"

    def ready(self) -> None:
        """Register permissions; keep the append-only triggers in place after every migration."""
        from shidian.apps.cases import rules  # noqa: F401 - registers permissions

        post_migrate.connect(_install_guards, sender=self)


def _install_guards(*, using: str, **_: Any) -> None:
    from shidian.apps.cases.append_only import install
    from shidian.apps.cases.guards import GUARDS
    from shidian.apps.cases.search_index import CASES

    install(GUARDS, using)
    CASES.install(using)
