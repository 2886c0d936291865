"""The library's calendars: what `rulebooks/calendars/<id>.yaml` says of each, and their days.

A calendar is data: its file names the library that knows the days, the code to ask it by, the
weekend, and the names of holidays. Working days, trading days and sessions are never made from one
another: a make-up Saturday has no session, and a market may close on a working day.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, ValidationError

from shidian.core.procedure.calendar_sources import day_rows, distribution_version, known_until
from shidian.core.procedure.working_calendar import (
    CalendarMissingError,
    CalendarRow,
    DayKind,
    WorkingCalendar,
    runs,
)
from shidian.core.rulebook.model import Frozen, Identifier, Rulebook, Text, Unit
from shidian.core.rulebook.problems import RulebookErrors
from shidian.core.rulebook.tree import SIZE_MAX_BYTES, Map, parse, to_json, walk

__all__ = [
    "CalendarDefinition",
    "CalendarDefinitionError",
    "CalendarMissingError",
    "CalendarRow",
    "DayKind",
    "HolidayNames",
    "WeekendRule",
    "WorkingCalendar",
    "by_id",
    "calendar_for",
    "calendars_counted",
    "calendars_needed",
    "definition_of",
    "edition_of",
    "known_ids",
    "names_of",
    "runs",
    "years_of",
]

NAMES = "names"
"""`names.yaml` lies among the calendars and is none: the Chinese of holidays' English names."""

_HERE = Path("rulebooks") / "calendars"
_SHIPPED = Path(__file__).resolve().parents[4] / "rulebooks" / "calendars"

_Model = TypeVar("_Model", bound=Frozen)

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class CalendarDefinitionError(ValueError):
    """A calendar's file is not right: `file:line: path: what is wrong`, one a line."""


class WeekendRule(Frozen):
    """The days of the week that are a weekend, up to and including the year `until`."""

    days: tuple[Weekday, ...] = Field(min_length=1, max_length=3)
    until: int | None = None


class CalendarDefinition(Frozen):
    """Where a calendar's days come from.

    `list`: whether `code` is a country's or a financial market's in the library `holidays`.
    `named_by`: the calendar whose holiday names a day without a session bears. `last_year`: how far
    to go where the library could go on for ever. `holidays`: names that differ from the library's.
    """

    calendar: Identifier
    names: Text
    counts: Literal["working-day", "trading-day"]
    meaning: Text
    library: Literal["chinesecalendar", "exchange_calendars", "holidays"]
    code: str | None = Field(default=None, pattern=r"^[A-Z]{2,4}$")
    list: Literal["country", "financial"] = "country"
    subdivision: str | None = None
    categories: tuple[str, ...] = ()
    weekend: tuple[WeekendRule, ...] = Field(min_length=1)
    first_year: int = Field(ge=1990, le=2100)
    last_year: int | None = Field(default=None, ge=1990, le=2100)
    named_by: Identifier | None = None
    holidays: dict[str, Text] = Field(default_factory=dict)
    note: Text | None = None


class HolidayNames(Frozen):
    """Chinese for the English names that libraries give: whole names, prefixes, suffixes."""

    holidays: dict[str, str]
    prefixes: dict[str, str] = Field(default_factory=dict)
    suffixes: dict[str, str] = Field(default_factory=dict)


def calendars_folder() -> Path:
    """The folder of calendars: where the program is called, else the one shipped."""
    return _HERE if _HERE.is_dir() else _SHIPPED


def known_ids() -> tuple[str, ...]:
    """Ids of every calendar in the library, sorted."""
    found = (path.stem for path in calendars_folder().glob("*.yaml"))
    return tuple(sorted(name for name in found if name != NAMES))


@cache
def definition_of(calendar_id: str) -> CalendarDefinition:
    """What the library says of a calendar. Raises KeyError, or CalendarDefinitionError."""
    # The id may stand in anybody's rulebook: it names a listed file or nothing, never a path.
    if calendar_id not in known_ids():
        raise KeyError(calendar_id)
    path = calendars_folder() / f"{calendar_id}.yaml"
    definition = _read(path, CalendarDefinition)
    if definition.calendar != calendar_id:
        raise CalendarDefinitionError(
            f"{path}: /calendar: is {definition.calendar}; write {calendar_id}"
        )
    return definition


def names_of(rulebook: Rulebook) -> dict[str, Text]:
    """Names of the calendars that the rulebook mentions; one that the library lacks is left out."""
    calendars = rulebook.calendars
    if calendars is None:
        return {}
    mentioned = {calendars.deadlines, calendars.market, calendars.session}
    return {one: definition_of(one).names for one in known_ids() if one in mentioned}


@cache
def by_id(calendar_id: str) -> WorkingCalendar:
    """The library's calendar of that id, made once. Raises KeyError, CalendarDefinitionError."""
    definition = definition_of(calendar_id)
    named_by = by_id(definition.named_by).days if definition.named_by else {}
    rows = day_rows(definition, _names(), named_by)
    return WorkingCalendar.from_rows(calendar_id, edition_of(calendar_id), rows)


def edition_of(calendar_id: str) -> str:
    """Library, release and definition that a calendar's days come from, without making them.

    Changes with each, so that other days are another edition. Raises KeyError.
    """
    definition = definition_of(calendar_id)
    digest = hashlib.sha256(definition.model_dump_json().encode()).hexdigest()[:8]
    return f"{definition.library} {distribution_version(definition.library)}+{digest}"


def years_of(calendar_id: str) -> tuple[int, int]:
    """First and last year that the calendar covers, without making its days. Raises KeyError."""
    definition = definition_of(calendar_id)
    return definition.first_year, known_until(definition)


def calendars_needed(rulebook: Rulebook) -> tuple[str, ...]:
    """Ids of the calendars by which the rulebook's clocks count, that of deadlines first."""
    if rulebook.calendars is None:
        return ()
    trading = any(clock.unit is Unit.TRADING_DAY for clock in rulebook.clocks)
    market = (rulebook.calendars.market,) if trading else ()
    return (rulebook.calendars.deadlines, *market)


def calendars_counted(rulebook: Rulebook) -> tuple[str, ...]:
    """The same, with that of the market where a window of monitoring counts by it."""
    needed = calendars_needed(rulebook)
    windows = any(indicator.window == "trading-day" for indicator in rulebook.indicators)
    if rulebook.calendars is None or not windows or rulebook.calendars.market in needed:
        return needed
    return (*needed, rulebook.calendars.market)


def calendar_for(rulebook: Rulebook) -> WorkingCalendar:
    """The library's calendar of deadlines, with that of trading days where a clock counts them.

    Raises KeyError where the rulebook names none, or one that the library lacks.
    """
    needed = calendars_needed(rulebook)
    if not needed:
        raise KeyError("calendars")
    deadlines = by_id(needed[0])
    return deadlines.beside(by_id(needed[1])) if len(needed) > 1 else deadlines


@cache
def _names() -> HolidayNames:
    return _read(calendars_folder() / f"{NAMES}.yaml", HolidayNames)


def _read(path: Path, model: type[_Model]) -> _Model:
    """A file read by the rulebooks' own reader, which types nothing, and then typed strictly."""
    with path.open("rb") as file:
        data = file.read(SIZE_MAX_BYTES)
    try:
        root = parse(data.decode("utf-8-sig"), str(path))
    except (UnicodeDecodeError, RulebookErrors) as error:
        raise CalendarDefinitionError(f"{path}: {error}") from None
    try:
        return model.model_validate(to_json(root))
    except ValidationError as error:
        raise CalendarDefinitionError(_said(root, error, path)) from None


def _said(root: Map, error: ValidationError, path: Path) -> str:
    lines = {where: node.mark.line for where, node in walk(root)}
    said = []
    for wrong in error.errors():
        where = "/" + "/".join(str(part) for part in wrong["loc"])
        nearest = where
        while nearest not in lines:
            nearest = nearest.rpartition("/")[0]
        said.append(f"{path}:{lines[nearest]}: {where}: {wrong['msg']}")
    return "\n".join(said)
