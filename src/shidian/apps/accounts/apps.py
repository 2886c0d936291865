"""People, institutions, authorities, and who may do what."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "shidian.apps.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Register permissions, and what is remembered when a second factor is set up."""
        from shidian.apps.accounts import rules, second_factor  # noqa: F401 - register themselves
