"""Live figures on the public site: kind `figures`, refreshed in place, one body a language."""

from __future__ import annotations

from typing import NotRequired

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


class DecisionLine(TypedDict):
    """A public decision: what was done, about what. `reference`: the case's public course."""

    reference: str
    title: str
    what: str
    note: str
    decided_on: str


class HomeFigures(TypedDict):
    """Kind `figures`, key `home`. Days are medians, empty while there is none."""

    as_of: str
    applied: int
    admitted: int
    running: int
    closed: int
    days_to_start: str
    decisions: NotRequired[list[DecisionLine]]
    """Newest first. Not in figures of earlier releases."""


class Counted(TypedDict):
    """So many of one kind."""

    label: str
    n: int


class StayLine(TypedDict):
    """How long cases stayed in a stage: median of calendar days, over `n` stays that have ended."""

    label: str
    days: str
    n: int


class NamedPilot(TypedDict):
    """A pilot by its public name."""

    public_id: str
    title: str


class MatrixCell(TypedDict):
    """Pilots of one technology in one scene: how many, and the first of them by their id."""

    n: int
    pilots: list[NamedPilot]


class MatrixRow(TypedDict):
    """One technology; a cell for each scene."""

    label: str
    n: int
    cells: list[MatrixCell]


class Matrix(TypedDict):
    """Technologies against scenes of business, as projects say of themselves in public answers.

    A project that names several is in several cells, and counts once in each row and column.
    """

    columns: list[Counted]
    rows: list[MatrixRow]


class SchemeFigures(TypedDict):
    """What became of a scheme's cases. `months`: `[first day, filed, closed]`, oldest first."""

    slug: str
    title: str
    reached: list[Counted]
    outcomes: list[Counted]
    stays: list[StayLine]
    months: list[list[str | int]]
    complaints: list[Counted]
    matrix: NotRequired[Matrix]
    """Not in figures of earlier releases."""


class StatisticsBody(TypedDict):
    """Kind `figures`, key `statistics`. Nothing here is of one case: see `fewest`."""

    as_of: str
    fewest: int
    """A length of time is given for no fewer stays than this."""
    schemes: list[SchemeFigures]


class InstitutionLine(TypedDict):
    """An institution that leads pilots: how many, and how many of them are not closed."""

    name: str
    pilots: int
    running: int


class InstitutionsBody(TypedDict):
    """Kind `figures`, key `institutions`: who answers for pilots, by name."""

    as_of: str
    institutions: list[InstitutionLine]


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
