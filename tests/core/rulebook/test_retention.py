"""Until when things of a closed case are kept: the anniversary's end, in the scheme's legal time."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from shidian.core.rulebook.retention import kept_until


def rules(years, zone="Asia/Shanghai"):
    exit_ = None if years is None else SimpleNamespace(retention_years=years)
    return SimpleNamespace(exit=exit_, zone=zone)


@pytest.mark.parametrize(
    ("closed", "years", "until"),
    [
        # 9 March in Shanghai already, so 10 March 2036 begins where it is kept no more.
        ("2026-03-08T16:30:00Z", 10, "2036-03-09T16:00:00Z"),
        ("2026-03-08T15:30:00Z", 10, "2036-03-08T16:00:00Z"),
        ("2024-02-29T04:00:00Z", 3, "2027-03-01T16:00:00Z"),
        ("2024-02-29T04:00:00Z", 4, "2028-02-29T16:00:00Z"),
    ],
)
def test_kept_to_the_end_of_the_anniversary(closed, years, until):
    found = kept_until(rules({"graduated": years}), "graduated", datetime.fromisoformat(closed))
    assert found.astimezone(UTC) == datetime.fromisoformat(until)


@pytest.mark.parametrize("years", [None, {}, {"rejected": 3}])
def test_what_nobody_limited_is_kept(years):
    assert kept_until(rules(years), "graduated", datetime(2026, 3, 8, tzinfo=UTC)) is None
