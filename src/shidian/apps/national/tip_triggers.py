"""Triggers by which the database itself refuses a risk tip that one officer alone published."""

from __future__ import annotations

from shidian.apps.national.models import RiskTip, TipStep
from shidian.apps.supervision.triggers import Trigger, TriggerSet

_TIP = RiskTip._meta.db_table  # noqa: SLF001 - Django's public API in spite of the underscore
_STEP = TipStep._meta.db_table  # noqa: SLF001


def _triggers(_vendor: str) -> list[Trigger]:
    """All triggers; their SQL is the same for every vendor."""
    alone = (
        f'NEW."kind" = \'published\' AND NOT EXISTS (SELECT 1 FROM "{_TIP}" t'  # noqa: S608
        ' WHERE t."id" = NEW."tip_id" AND t."published" AND t."lifted_at" IS NULL'
        ' AND t."sent_by_id" <> NEW."by_id")'
    )
    return [Trigger(f"{_STEP}_two", _STEP, "INSERT", alone, "published by another than its sender")]


TRIGGERS = TriggerSet(TipStep, "tip", _triggers)
