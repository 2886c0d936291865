"""Business time for a simulation: the calendar carried on beyond what it knows, and days by number.

In production nothing is guessed: a year without its holiday notice gives no date. Here the last
known years come round again, shifted by whole weeks so that weekdays stay weekdays.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date, timedelta

from shidian.core.procedure.working_calendar import CalendarRow, WorkingCalendar

YEARS = 45
_SHIFT = timedelta(364)


class Horizon:
    """A calendar with `YEARS` years and its counting days numbered from 0."""

    def __init__(self, calendar: WorkingCalendar) -> None:
        self.known_first, self.known_last = min(calendar.years), max(calendar.years)
        carried = _carried_on(calendar, self.known_first + YEARS)
        if calendar.trading is not None:
            carried = carried.beside(_carried_on(calendar.trading, self.known_first + YEARS))
        self.calendar = carried
        self._ordinals = [row.day.toordinal() for row in carried.days.values() if row.kind.counts]
        self._ordinals.sort()

    def number(self, day: date) -> int:
        """Number of the working day on or after `day`."""
        return bisect_left(self._ordinals, day.toordinal())

    def day(self, number: int) -> date:
        """The working day of that number; the last there is beyond."""
        return date.fromordinal(self._ordinals[min(number, len(self._ordinals) - 1)])

    def between(self, first: date, last: date) -> int:
        """Working days d with first < d ≤ last."""
        ordinals = self._ordinals
        return bisect_right(ordinals, last.toordinal()) - bisect_right(ordinals, first.toordinal())

    def known_days(self) -> tuple[int, int]:
        """Numbers of the first working day and of the last that the calendar itself knows."""
        return (
            self.number(date(self.known_first, 1, 1)),
            self.number(date(self.known_last + 1, 1, 1)) - 1,
        )


def _carried_on(calendar: WorkingCalendar, last_year: int) -> WorkingCalendar:
    rows = {day: row for day, row in calendar.days.items() if day.year in calendar.years}
    day = date(max(calendar.years) + 1, 1, 1)
    while day.year <= last_year:
        before = rows[day - _SHIFT]
        rows[day] = CalendarRow(day, before.kind, before.name)
        day += timedelta(1)
    return WorkingCalendar(calendar.id, calendar.version, rows)
