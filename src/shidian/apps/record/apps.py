"""The record: leaves made of outbox rows, kept with where they stand on the log."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class RecordConfig(AppConfig):
    """Registers the app and its append-only table."""

    name = "shidian.apps.record"
    label = "record"
    verbose_name = _("Public record")

    def ready(self) -> None:
        """Keep the append-only triggers in place after every migration."""
        post_migrate.connect(_install_guards, sender=self)


def _install_guards(*, using: str, **_kwargs: Any) -> None:
    from shidian.apps.cases.append_only import install
    from shidian.apps.record.guards import GUARDS

    install(GUARDS, using)
