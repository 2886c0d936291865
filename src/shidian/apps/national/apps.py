"""The national body: what working groups send it, what it says to them, what it sees of all."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class NationalConfig(AppConfig):
    name = "shidian.apps.national"
    label = "national"
    verbose_name = _("National body")

    def ready(self) -> None:
        """Register permissions and what the desk shows; keep the triggers in place."""
        from shidian.apps.national import (
            consumers,  # noqa: F401 - registers them
            desk,  # noqa: F401 - registers what the desk shows
            rules,  # noqa: F401 - registers permissions
            telling,  # noqa: F401 - registers what news can be of
        )

        post_migrate.connect(_install_guards, sender=self)


def _install_guards(*, using: str, **_kwargs: Any) -> None:
    from shidian.apps.cases.append_only import install
    from shidian.apps.national import tip_triggers
    from shidian.apps.national.guards import GUARDS
    from shidian.apps.supervision import triggers

    install(GUARDS, using)
    triggers.install(tip_triggers.TRIGGERS, using)
