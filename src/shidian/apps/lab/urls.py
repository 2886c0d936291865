"""Addresses of the lab."""

from __future__ import annotations

app_name = "lab"

urlpatterns: list[object] = []
