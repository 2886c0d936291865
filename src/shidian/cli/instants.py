"""Instants as an operator writes and reads them."""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from datetime import tzinfo

_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)
_FORM = "write a day 2026-01-31, a time 2026-01-31T09:30, or one with its zone 2026-01-31T01:30Z"


def read_instant(text: str, zone: tzinfo, *, option: str, end_of_day: bool = False) -> int:
    """µs UTC. A day is its beginning in `zone`, or its end; a time without a zone is of `zone`.

    Raises click.UsageError naming the option.
    """
    try:
        if len(text) == len("2026-01-31"):
            day = date.fromisoformat(text) + timedelta(days=1 if end_of_day else 0)
            moment = datetime(day.year, day.month, day.day, tzinfo=zone)
        else:
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        since = moment.astimezone(UTC) - _EPOCH_START
    except (ValueError, OverflowError) as error:
        raise click.UsageError(f"{option} {text!r}: {error}; {_FORM}") from None
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def shown_instant(instant_us: int, zone: tzinfo) -> str:
    """ISO 8601 in a zone (UTC in the years 1 and 9999), to the second, or to the µs if need be."""
    moment = _EPOCH_START + timedelta(microseconds=instant_us)
    if MINYEAR < moment.year < MAXYEAR:
        moment = moment.astimezone(zone)
    return moment.isoformat(timespec="seconds" if moment.microsecond == 0 else "microseconds")
