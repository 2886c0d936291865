"""Supervision: running pilots, their plans, keys and alerts, as people see them."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class SupervisionConfig(AppConfig):
    """Registers the app, its outbox consumers and its append-only tables."""

    name = "shidian.apps.supervision"
    label = "supervision"
    verbose_name = _("Supervision")

    def ready(self) -> None:
        """Register consumers and receivers; keep the append-only triggers after every migration."""
        from shidian.apps.supervision import (
            consumers,  # noqa: F401 - registers them
            order_evidence,  # noqa: F401 - registers them
            public_acts,  # noqa: F401 - registers them
            rules,  # noqa: F401 - registers permissions
        )
        from shidian.apps.supervision.domain import complaints  # noqa: F401 - receives them

        post_migrate.connect(_install_guards, sender=self)


def _install_guards(*, using: str, **_kwargs: Any) -> None:
    from shidian.apps.cases.append_only import install
    from shidian.apps.supervision import order_triggers, plan_triggers, triggers
    from shidian.apps.supervision.guards import GUARDS

    install(GUARDS, using)
    for kept in (order_triggers.TRIGGERS, plan_triggers.TRIGGERS):
        triggers.install(kept, using)
