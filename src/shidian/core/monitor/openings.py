"""When calendar windows open: instants that an activation carries, so that the log says them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import count, takewhile
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from shidian.core.rulebook.model import Rulebook

MONTHS = 241
"""How far a calendar reaches: the month of the start and twenty years on."""

_SECOND_US = 1_000_000


def openings(
    rulebook: Rulebook, start_us: int, trading_days: Sequence[date] = ()
) -> dict[str, list[int]]:
    """Per calendar window that an indicator has, the instants (µs UTC) at which one opens.

    At 00:00 in the rulebook's monitoring zone: a month on its first day; a day at its beginning,
    wanted by monthly averages from the end of the first day on; a trading day on the day after the
    one before it, so that what happens on a day without a session belongs to the next, as a night
    session does. `trading_days`: days of the market's calendar, rising, as far as it is known.
    """
    zone = ZoneInfo(rulebook.monitoring.zone)
    start = datetime.fromtimestamp(start_us // _SECOND_US, UTC).astimezone(zone).date()
    averages = any(limit.measured == "monthly-average" for limit in rulebook.limits)
    months = _months(start)
    found = {}
    if averages or any(one.window == "month" for one in rulebook.indicators):
        found["month"] = _instants(months, zone)
    if averages:
        found["day"] = _instants(_days_after(start, months[-1]), zone)
    if counts_trading_days(rulebook):
        nights = (day + timedelta(days=1) for day in trading_days)
        before = [day for day in nights if day <= start][-1:]
        found["trading-day"] = _instants(
            [*before, *(day + timedelta(days=1) for day in trading_days if day >= start)], zone
        )
    return found


def counts_trading_days(rulebook: Rulebook) -> bool:
    """Whether an indicator's window is a trading day."""
    return any(one.window == "trading-day" for one in rulebook.indicators)


def _months(start: date) -> list[date]:
    first = start.year * 12 + start.month - 1
    numbers = (divmod(number, 12) for number in range(first, first + MONTHS))
    return [date(year, month + 1, 1) for year, month in numbers]


def _days_after(first: date, last: date) -> Iterator[date]:
    return takewhile(lambda day: day <= last, (first + timedelta(days=n) for n in count(1)))


def _instants(days: Iterable[date], zone: ZoneInfo) -> list[int]:
    return [int(datetime.combine(day, time(), zone).timestamp()) * _SECOND_US for day in days]
