"""How a call's window stands: in days, in working days, and on its last day by the clock. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


@dataclass(frozen=True, slots=True)
class Window:
    """A window at a moment, in the time of its zone.

    `days`: from today to the last day, or to the first one of a window still to come; None for one
    without end, and when it is over. `working_days`: those among them that count, where the
    calendar is known. `minutes`: left on the last day. `now`: the moment, in the zone.
    """

    state: Literal["later", "now", "past"]
    now: datetime
    days: int | None = None
    working_days: int | None = None
    minutes: int | None = None

    @property
    def clock(self) -> tuple[int, int]:
        """Hours and minutes left on the last day."""
        return divmod(self.minutes or 0, 60)

    @property
    def offset(self) -> str:
        """`+08:00`: how far the zone is from Greenwich at the moment."""
        shown = f"{self.now:%z}"
        return f"{shown[:3]}:{shown[3:5]}"


def window_of(body: Mapping[str, Any], at: datetime) -> Window:
    """The window of a call's published body at an aware moment. The last day is whole."""
    zone = ZoneInfo(body.get("zone") or "Asia/Shanghai")
    now = at.astimezone(zone)
    today = now.date()
    opens = date.fromisoformat(body["opens_on"])
    closes = date.fromisoformat(body["closes_on"]) if body["closes_on"] else None
    if today < opens:
        return Window("later", now, days=(opens - today).days)
    if closes is None:
        return Window("now", now)
    if today > closes:
        return Window("past", now)
    minutes = None
    if today == closes:
        end = datetime.combine(closes + timedelta(days=1), time.min, zone)
        # Not in local time, where an hour may be missing or come twice.
        minutes = -(-(end.astimezone(UTC) - at.astimezone(UTC)) // timedelta(minutes=1))
    counting = body.get("counting_days")
    working = sum(today.isoformat() < day for day in counting) if counting else None
    return Window("now", now, (closes - today).days, working, minutes)
