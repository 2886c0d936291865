"""Supervision: running pilots, their plans, keys and alerts, as people see them."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupervisionConfig(AppConfig):
    """Registers the app."""

    name = "shidian.apps.supervision"
    label = "supervision"
    verbose_name = _("Supervision")
