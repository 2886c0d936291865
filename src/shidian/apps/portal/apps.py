"""The public site: renders published snapshots and nothing else."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    """Registers the app. It has no tables of its own."""

    name = "shidian.apps.portal"
    label = "portal"
    verbose_name = _("Public site")
