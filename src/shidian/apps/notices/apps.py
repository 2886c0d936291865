"""Public notices, comments on them, and every published snapshot."""

from __future__ import annotations

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "shidian.apps.notices"
    label = "notices"
