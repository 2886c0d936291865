"""Whenever the demonstration is loaded, its history lies in the past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from demo.days import Diary, anchor


@pytest.mark.parametrize("hour", range(24))
@pytest.mark.parametrize("day", [22, 23, 27])
def test_the_last_act_of_the_history_has_happened_at_any_hour(day: int, hour: int) -> None:
    """From a Sunday to a Friday; a working day in Beijing begins while it is night in UTC."""
    now = datetime(2026, 11, day, hour, 5, tzinfo=UTC)

    last = Diary(anchor(now)).on(0, "09:12")

    assert last <= now
    assert now - last < timedelta(days=4)
