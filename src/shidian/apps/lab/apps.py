"""The policy lab: drafts of rules, from a pilot's difficulty to a published clause."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class LabConfig(AppConfig):
    name = "shidian.apps.lab"
    label = "lab"
    verbose_name = _("Policy lab")

    def ready(self) -> None:
        """Register permissions, consumers, public acts, what a notice asks of drafts; triggers."""
        from shidian.apps.lab import (
            consumers,  # noqa: F401 - registers them
            public_acts,  # noqa: F401 - registers them
            rules,  # noqa: F401 - registers permissions
        )
        from shidian.apps.lab.domain.consulting import DraftSubject
        from shidian.apps.notices.subjects import register_drafts

        register_drafts(DraftSubject())
        post_migrate.connect(_install_guards, sender=self)


def _install_guards(*, using: str, **_kwargs: Any) -> None:
    from shidian.apps.cases.append_only import install
    from shidian.apps.lab.guards import GUARDS

    install(GUARDS, using)
