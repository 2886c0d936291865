"""Moments and event time: µs UTC as the journal counts, datetimes as people read."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_us(moment: datetime) -> int:
    """An aware datetime → µs UTC since 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """µs UTC since 1970 → aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=us)


def day_begins_us(day: date, zone: str, *, after: int = 0) -> int:
    """When a day begins in an IANA zone, `after` days later, in µs UTC since 1970."""
    return to_us(datetime.combine(day + timedelta(days=after), time(), ZoneInfo(zone)))
