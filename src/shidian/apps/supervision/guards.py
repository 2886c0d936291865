"""Which of supervision's tables are append-only."""

from __future__ import annotations

from shidian.apps.cases.append_only import Guard
from shidian.apps.supervision import models

GUARDS = (
    Guard(models.PlanVersion),
    Guard(models.ControlReceipt),
    Guard(models.AlertItem),
    Guard(models.AlertAcknowledgement),
)
