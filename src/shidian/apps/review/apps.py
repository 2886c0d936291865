"""Expert panels, conflicts of interest, score sheets and assessments."""

from __future__ import annotations

from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "shidian.apps.review"
    label = "review"
