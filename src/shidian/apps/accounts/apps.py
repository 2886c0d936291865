"""People, institutions, authorities, and who may do what."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "shidian.apps.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Register permissions."""
        from shidian.apps.accounts import rules  # noqa: F401 - registers permissions
