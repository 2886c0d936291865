"""Which periods a working group's periodic report covers, and by when each is sent. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class ReportPeriod:
    """Its first and its last day."""

    first: date
    last: date


def last_period(every_months: int, today: date) -> ReportPeriod:
    """The newest period that is over. Periods are counted from January of the year 1."""
    months = (today.year - 1) * _MONTHS_A_YEAR + today.month - 1
    ends = months // every_months * every_months
    return ReportPeriod(_month(ends - every_months), _month(ends) - timedelta(1))


def _month(count: int) -> date:
    return date(count // _MONTHS_A_YEAR + 1, count % _MONTHS_A_YEAR + 1, 1)
