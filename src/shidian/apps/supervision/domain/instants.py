"""Moments and event time: µs UTC as the journal counts, datetimes as people read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_us(moment: datetime) -> int:
    """An aware datetime → µs UTC since 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """µs UTC since 1970 → aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=us)
