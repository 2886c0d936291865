"""Live figures on the public site: kind `figures`, refreshed in place, one body a language."""

from __future__ import annotations

# Before Python 3.12 pydantic, which describes the open API by these types, takes no other.
from typing_extensions import TypedDict


class LimitUse(TypedDict):
    """How much of a limit is used; `trend` oldest first."""

    id: str
    used: str
    trend: list[str]


class SeriesLine(TypedDict):
    """An indicator over time: `points` are `[moment, value or null]`."""

    indicator: str
    title: str
    unit: str
    points: list[list[str | None]]


class AlertLine(TypedDict):
    """A public alert. `ended_at` empty: still open."""

    title: str
    level: str
    opened_at: str
    ended_at: str


class PilotFigures(TypedDict):
    """Kind `figures`, key `pilot:<public id>`: the live part, refreshed in place."""

    public_id: str
    as_of: str
    stopped_at: str
    """Since when the pilot is no longer monitored; empty while it is. Nothing here is newer."""
    limits: list[LimitUse]
    series: list[SeriesLine]
    alerts: list[AlertLine]


class HomeFigures(TypedDict):
    """Kind `figures`, key `home`. Days are medians, empty while there is none."""

    as_of: str
    applied: int
    admitted: int
    running: int
    closed: int
    days_to_start: str


class Counted(TypedDict):
    """So many of one kind."""

    label: str
    n: int


class StayLine(TypedDict):
    """How long cases stayed in a stage: median of calendar days, over `n` stays that have ended."""

    label: str
    days: str
    n: int


class SchemeFigures(TypedDict):
    """What became of a scheme's cases. `months`: `[first day, filed, closed]`, oldest first."""

    slug: str
    title: str
    reached: list[Counted]
    outcomes: list[Counted]
    stays: list[StayLine]
    months: list[list[str | int]]
    complaints: list[Counted]


class StatisticsBody(TypedDict):
    """Kind `figures`, key `statistics`. Nothing here is of one case: see `fewest`."""

    as_of: str
    fewest: int
    """A length of time is given for no fewer stays than this."""
    schemes: list[SchemeFigures]


class TourPerson(TypedDict):
    """One part of the guided tour of a demonstration."""

    role: str
    name: str
    username: str
    password: str
    does: str
    steps: list[dict[str, str]]
    """`{text, url}`; `url` may be empty."""


class Tour(TypedDict):
    """Kind `figures`, key `tour`: only a demonstration has one."""

    intro: str
    people: list[TourPerson]
