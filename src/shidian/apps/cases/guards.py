"""Which of the case tables are append-only, and in which columns they are not."""

from __future__ import annotations

from shidian.apps.cases import models
from shidian.apps.cases.append_only import Guard

GUARDS = (
    Guard(models.CaseEvent),
    Guard(models.Outbox),
    Guard(models.RulebookVersion),
    Guard(models.FormSection),
    Guard(models.Attachment),
    Guard(models.CalendarVersion),
    Guard(models.CalendarDay),
    Guard(models.AccessRow, mutable=("ends", "ended_because")),
    Guard(models.CaseHandler, mutable=("ends",)),
    Guard(models.CaseNote),
    Guard(models.TaskReminder),
    Guard(models.Letter),
    Guard(models.LetterVersion),
    Guard(models.LetterNumber),
    Guard(models.LetterStep),
)
