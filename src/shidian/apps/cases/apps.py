"""Schemes, rulebook versions, calls and cases: the spine."""

from __future__ import annotations

from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "shidian.apps.cases"
    label = "cases"
