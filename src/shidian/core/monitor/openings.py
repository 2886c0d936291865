"""When calendar windows open: instants that an activation carries, so that the log says them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Rulebook

MONTHS = 241
"""How far a calendar reaches: the month of the start and twenty years on."""

_SECOND_US = 1_000_000


def openings(rulebook: Rulebook, start_us: int) -> dict[str, list[int]]:
    """Per calendar window that an indicator has, the instants (µs UTC) at which one opens.

    A month opens at 00:00 of its first day in the rulebook's monitoring zone.
    """
    wanted = {one.window for one in rulebook.indicators if isinstance(one.window, str)}
    if "month" not in wanted:
        return {}
    zone = ZoneInfo(rulebook.monitoring.zone)
    start = datetime.fromtimestamp(start_us // _SECOND_US, UTC).astimezone(zone)
    first = start.year * 12 + start.month - 1
    months = (divmod(number, 12) for number in range(first, first + MONTHS))
    opens = [datetime(year, month + 1, 1, tzinfo=zone) for year, month in months]
    return {"month": [int(at.timestamp()) * _SECOND_US for at in opens]}
