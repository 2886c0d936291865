"""Which of the lab's tables are append-only, and in which columns they are not."""

from __future__ import annotations

from shidian.apps.cases.append_only import Guard
from shidian.apps.lab import models

GUARDS = (
    Guard(
        models.RulebookDraft,
        mutable=("state", "last_revision", "last_seq", "published", "changed_at"),
    ),
    Guard(models.DraftRevision),
    Guard(models.CheckResult),
    Guard(models.Approval),
    Guard(models.DraftEvent),
    Guard(models.ExplanatoryNote),
    Guard(
        models.Consultation,
        mutable=("summary_zh", "summary_en", "concluded_at", "concluded_by"),
    ),
    Guard(models.Difficulty),
    Guard(models.Evidence),
    Guard(models.Wording),
    Guard(models.WordingGround),
)
