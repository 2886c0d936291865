"""Believable dates: working days before the day on which the demonstration is first loaded."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar

ZONE = ZoneInfo("Asia/Shanghai")
_AHEAD = timedelta(days=30)
"""Deadlines that begin on the anchor must end on days that the calendar knows."""


def last_known_day() -> date:
    """The last day whose nature the working-day calendar knows."""
    return date(max(day.year for day in chinese_calendar.holidays), 12, 31)


_MORNING = timedelta(hours=9, minutes=30)
"""The history's last act is of 09:12; before that a day has not begun in it."""


def anchor(now: datetime) -> date:
    """The day the history leads up to: today, once its morning's acts can have happened.

    Or the last one the calendar can still serve.
    """
    return min((now.astimezone(ZONE) - _MORNING).date(), last_known_day() - _AHEAD)


class Diary:
    """Moments counted from the anchor: back in working days (`on`), or in calendar days (`ago`, `ahead`)."""

    def __init__(self, today: date) -> None:
        self.today = today
        self._workdays: list[date] = []

    def workday(self, back: int) -> date:
        """The `back`-th working day before the anchor; 0: the anchor or the last one before it."""
        day = self._workdays[-1] - timedelta(days=1) if self._workdays else self.today
        while len(self._workdays) <= back:
            if chinese_calendar.is_workday(day):
                self._workdays.append(day)
            day -= timedelta(days=1)
        return self._workdays[back]

    def on(self, back: int, clock: str = "10:00") -> datetime:
        """That working day at that local time."""
        return datetime.combine(self.workday(back), time.fromisoformat(clock), tzinfo=ZONE)

    def ago(self, days: int) -> date:
        """The calendar day that many days before the anchor."""
        return self.today - timedelta(days=days)

    def ahead(self, days: int) -> date:
        """The calendar day that many days after the anchor."""
        return self.today + timedelta(days=days)
