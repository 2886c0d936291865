"""The legal time of a scheme: days are counted in it, and its pages show it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils import timezone

if TYPE_CHECKING:
    from datetime import date, datetime

    from shidian.apps.cases.models import RulebookVersion
    from shidian.core.rulebook.model import Rulebook


def show_times_of(version: RulebookVersion) -> None:
    """Let the rest of this request show times in the zone of these rules."""
    timezone.activate(ZoneInfo(version.rulebook.zone))


def day_in(rulebook: Rulebook, at: datetime) -> date:
    """The day that a moment falls on under these rules."""
    return at.astimezone(ZoneInfo(rulebook.zone)).date()
