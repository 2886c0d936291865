"""Addresses of the board and of pilots, for those who supervise or run them."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "supervision"

urlpatterns: list[URLPattern] = []
