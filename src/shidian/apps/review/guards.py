"""Which of the review tables are append-only, and in which columns they are not."""

from __future__ import annotations

from shidian.apps.cases.append_only import Guard
from shidian.apps.review import models

GUARDS = (
    Guard(models.Panel, mutable=("ends_on", "closed", "score", "passed")),
    Guard(models.Assignment),
    Guard(models.Conflict),
    Guard(models.Review),
    Guard(models.Commission),
    Guard(models.Assessment),
    Guard(models.DrawPool),
    Guard(models.Session),
    Guard(models.SessionCall),
    Guard(models.SessionItem),
    Guard(models.Presenters),
    Guard(models.Minutes),
)
