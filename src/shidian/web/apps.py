"""The web layer as a Django app: templates, static files, tags and translations live here."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Top layer: knows every other app; none of them knows it."""

    name = "shidian.web"
    label = "web"
