"""When calendar windows open, in the zone of monitoring."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from shidian.core.monitor.openings import openings
from tests.core.rulebook.texts import SMALL, broken, load

SHANGHAI = ZoneInfo("Asia/Shanghai")
START_US = int(datetime(2026, 1, 15, 20, tzinfo=UTC).timestamp()) * 1_000_000  # the 16th there


def local(instants):
    return [datetime.fromtimestamp(at // 1_000_000, UTC).astimezone(SHANGHAI) for at in instants]


def test_without_calendar_windows_nothing_opens():
    assert openings(load(SMALL).rulebook, START_US) == {}


def test_months_open_on_their_first_day_for_twenty_years():
    opened = local(
        openings(load(broken("window: 1d", "window: month")).rulebook, START_US)["month"]
    )

    assert [str(at) for at in opened[:2]] == [
        "2026-01-01 00:00:00+08:00",
        "2026-02-01 00:00:00+08:00",
    ]
    assert (len(opened), opened[-1].year) == (241, 2046)


def test_averages_are_taken_of_days_from_the_end_of_the_first_on():
    rulebook = load(broken("warn_at: [70, 90]", "measured: monthly-average")).rulebook

    opened = openings(rulebook, START_US)

    assert str(local(opened["day"])[0]) == "2026-01-17 00:00:00+08:00"
    assert opened["day"][-1] == opened["month"][-1]


def test_day_without_a_session_belongs_to_the_next_trading_day():
    rulebook = load(broken("window: 1d", "window: trading-day")).rulebook
    friday, monday, tuesday = date(2026, 1, 16), date(2026, 1, 19), date(2026, 1, 20)

    opened = local(
        openings(rulebook, START_US, [date(2026, 1, 15), friday, monday, tuesday])["trading-day"]
    )

    assert [at.date() for at in opened] == [friday, date(2026, 1, 17), tuesday, date(2026, 1, 21)]
