"""Days from the libraries that know them: one function a library, each imported only when asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING

from shidian.core.procedure.working_calendar import CalendarRow, DayKind
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from shidian.core.procedure.calendars import CalendarDefinition, HolidayNames

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKEND = Text(zh="周末", en="Weekend")
COUNTING = {
    "working-day": Text(zh="工作日", en="Working day"),
    "trading-day": Text(zh="交易日", en="Trading day"),
}
_NO_SESSION = Text(zh="休市", en="No session")
MAKE_UP = Text(zh="调休上班", en="Make-up working day")
_SUFFIX = re.compile(r"^(?P<name>.+?) \((?P<suffix>[a-z, ]+)\)$")


@dataclass(frozen=True, slots=True)
class _Known:
    """What a library says: days that count although of a weekend, and days off with their names.

    `only`: nothing else counts, weekday or not (the sessions of a market).
    """

    off: Mapping[date, str]
    made_up: Mapping[date, str]
    only: frozenset[date] | None = None


def distribution_version(library: str) -> str:
    """The installed release of a library."""
    return version(library)


def known_until(definition: CalendarDefinition) -> int:
    """The last year of which every day is known: the definition's, or where the library ends."""
    ends = _ENDS[definition.library](definition)
    known = [year for year in (definition.last_year, ends) if year is not None]
    if not known:
        raise ValueError(f"calendar {definition.calendar}: {definition.library} has no end; say"
                         " last_year")  # fmt: skip
    return min(known)


def day_rows(
    definition: CalendarDefinition, names: HolidayNames, named_by: Mapping[date, CalendarRow]
) -> Iterator[CalendarRow]:
    """Every day of the calendar's years. `named_by`: the calendar that names days off."""
    last_year = known_until(definition)
    known = _LIBRARIES[definition.library](definition, definition.first_year, last_year)
    say = _Namer(definition, names)
    counting = COUNTING[definition.counts]
    for day in _all_days(definition.first_year, last_year):
        if day in known.made_up and is_weekend(definition, day):
            festival = say(known.made_up[day])
            yield CalendarRow(day, DayKind.MAKE_UP, _made_up(festival))
        elif known.only is not None:
            counted = day in known.only
            yield (
                CalendarRow(day, DayKind.WORKING, counting)
                if counted
                else _closed(definition, day, named_by)
            )
        elif day in known.off:
            yield CalendarRow(day, DayKind.HOLIDAY, say(known.off[day]))
        elif is_weekend(definition, day):
            yield CalendarRow(day, DayKind.WEEKEND, WEEKEND)
        else:
            yield CalendarRow(day, DayKind.WORKING, counting)


def _closed(
    definition: CalendarDefinition, day: date, named_by: Mapping[date, CalendarRow]
) -> CalendarRow:
    """A day without a session: a weekend, a holiday that the other calendar names, or neither."""
    if is_weekend(definition, day):
        return CalendarRow(day, DayKind.WEEKEND, WEEKEND)
    other = named_by.get(day)
    named = other is not None and other.kind is DayKind.HOLIDAY
    return CalendarRow(day, DayKind.HOLIDAY, other.name if other and named else _NO_SESSION)


def is_weekend(definition: CalendarDefinition, day: date) -> bool:
    for rule in definition.weekend:
        if rule.until is None or day.year <= rule.until:
            return _WEEKDAYS[day.weekday()] in rule.days
    return False


def _made_up(festival: Text) -> Text:
    return Text(zh=f"{MAKE_UP.zh}（{festival.zh}）", en=f"{MAKE_UP.en} ({festival.en})")


class _Namer:
    """A holiday's name in both languages; English alone where no Chinese is known."""

    def __init__(self, definition: CalendarDefinition, names: HolidayNames) -> None:
        self._own = definition.holidays
        self._names = names

    def __call__(self, plain: str) -> Text:
        if plain in self._own:
            return self._own[plain]
        return Text(zh="、".join(self._zh(part) for part in plain.split("; ")), en=plain)

    def _zh(self, plain: str) -> str:
        names = self._names
        if plain in names.holidays:
            return names.holidays[plain]
        for prefix, zh in names.prefixes.items():
            if plain.startswith(f"{prefix} "):
                return f"{self._zh(plain[len(prefix) + 1 :])}{zh}"
        found = _SUFFIX.match(plain)
        if found is None:
            return plain
        marks = [names.suffixes.get(mark, mark) for mark in found["suffix"].split(", ")]
        return f"{self._zh(found['name'])}（{'、'.join(marks)}）"


def _notices(_definition: CalendarDefinition, first_year: int, last_year: int) -> _Known:
    """The State Council's yearly notices: festivals off, weekends worked in exchange."""
    from chinese_calendar import get_holiday_detail

    off: dict[date, str] = {}
    made_up: dict[date, str] = {}
    for day in _all_days(first_year, last_year):
        is_off, name = get_holiday_detail(day)
        if is_off and name is not None:
            off[day] = str(name)
        elif not is_off and name is not None:
            made_up[day] = str(name)
    return _Known(off, made_up)


def _notices_end(_definition: CalendarDefinition) -> int | None:
    """The notice for a year comes late in the year before: beyond the last one nothing is known."""
    from chinese_calendar import holidays

    return max((int(day.year) for day in holidays), default=None)


def _sessions(definition: CalendarDefinition, first_year: int, last_year: int) -> _Known:
    """Days on which an exchange has a session."""
    from exchange_calendars import get_calendar  # a second's import, rarely needed

    exchange = get_calendar(definition.code, start=f"{first_year}-01-01", end=f"{last_year}-12-31")
    return _Known({}, {}, frozenset(stamp.date() for stamp in exchange.sessions))


def _exchange_ends(definition: CalendarDefinition) -> int | None:
    from exchange_calendars.calendar_utils import _default_calendar_factories as factories

    bound = factories[definition.code].bound_max()
    return None if bound is None else int(bound.year)


def _public_holidays(definition: CalendarDefinition, first_year: int, last_year: int) -> _Known:
    """Public or bank holidays. Where the moon decides, names of years to come say `estimated`."""
    import holidays

    years = range(first_year, last_year + 1)
    if definition.list == "financial":
        found = holidays.financial_holidays(definition.code or "", years=years, language="en_US")
    else:
        found = holidays.country_holidays(
            definition.code or "",
            subdiv=definition.subdivision,
            years=years,
            language="en_US",
            categories=definition.categories or None,
        )
    made_up = dict.fromkeys(getattr(found, "weekend_workdays", ()), MAKE_UP.en)
    return _Known({day: str(name) for day, name in found.items()}, made_up)


_LIBRARIES: Mapping[str, Callable[[CalendarDefinition, int, int], _Known]] = {
    "chinesecalendar": _notices,
    "exchange_calendars": _sessions,
    "holidays": _public_holidays,
}
_ENDS: Mapping[str, Callable[[CalendarDefinition], int | None]] = {
    "chinesecalendar": _notices_end,
    "exchange_calendars": _exchange_ends,
    "holidays": lambda _definition: None,
}


def _all_days(first_year: int, last_year: int) -> Iterator[date]:
    first = date(first_year, 1, 1)
    for offset in range((date(last_year, 12, 31) - first).days + 1):
        yield first + timedelta(offset)
