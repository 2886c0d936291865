"""Versioned calendars of counting days, built from rows; and the rows that libraries know.

`cn-working-day` counts mainland working days including make-up working days (调休);
`cn-trading-day` counts days with a session in Shanghai. They differ both ways (a make-up Saturday
has no session; 9 February 2024 was a working day without one), so neither is made from the other.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FIRST_YEAR = 2019
LAST_YEAR = 2026

CN_WORKING_DAY = "cn-working-day"
CN_TRADING_DAY = "cn-trading-day"
_LIBRARIES = {CN_WORKING_DAY: "chinesecalendar", CN_TRADING_DAY: "exchange_calendars"}

_WEEKEND = Text(zh="周末", en="Weekend")
_WORKING = Text(zh="工作日", en="Working day")
_TRADING = Text(zh="交易日", en="Trading day")
_NO_SESSION = Text(zh="休市", en="No session")
_SATURDAY = 5

_HOLIDAYS = {
    "New Year's Day": Text(zh="元旦", en="New Year's Day"),
    "Spring Festival": Text(zh="春节", en="Spring Festival"),
    "Tomb-sweeping Day": Text(zh="清明节", en="Tomb-Sweeping Day"),
    "Labour Day": Text(zh="劳动节", en="Labour Day"),
    "Dragon Boat Festival": Text(zh="端午节", en="Dragon Boat Festival"),
    "National Day": Text(zh="国庆节", en="National Day"),
    "Mid-autumn Festival": Text(zh="中秋节", en="Mid-Autumn Festival"),
    "Anti-Fascist 70th Day": Text(zh="抗战胜利纪念日", en="Victory Day (70th anniversary)"),
}


class DayKind(StrEnum):
    """What a day is. Working and make-up days count, weekends and holidays do not."""

    WORKING = "working"
    MAKE_UP = "make-up"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"

    @property
    def counts(self) -> bool:
        return self in (DayKind.WORKING, DayKind.MAKE_UP)


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """One day of a calendar, as stored."""

    day: date
    kind: DayKind
    name: Text


class CalendarMissingError(LookupError):
    """The calendar does not cover a year that the sum needs. Nothing is guessed."""

    def __init__(self, calendar_id: str, year: int) -> None:
        super().__init__(f"calendar {calendar_id} does not cover {year}")
        self.calendar_id = calendar_id
        self.year = year

    @property
    def text(self) -> Text:
        return Text(
            zh=f"日历 {self.calendar_id} 尚无 {self.year} 年的数据，无法计算；请先导入该年日历。",
            en=f"Calendar {self.calendar_id} has no data for {self.year}, so no date is given;"
            f" load that year first.",
        )


@dataclass(frozen=True)
class WorkingCalendar:
    """A calendar as it stood at a version. Covers only years of which it has every day.

    `add` and `count` cost two bisections; both leave out the day they start from, as the day of
    an event is not counted.
    """

    id: str
    version: str
    days: Mapping[date, CalendarRow] = field(repr=False)
    years: frozenset[int] = field(init=False)
    _ordinals: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        years = frozenset(_whole_years(self.days))
        counting = sorted(
            row.day.toordinal()
            for row in self.days.values()
            if row.kind.counts and row.day.year in years
        )
        object.__setattr__(self, "years", years)
        object.__setattr__(self, "_ordinals", tuple(counting))

    @classmethod
    def from_rows(
        cls, calendar_id: str, version: str, rows: Iterable[CalendarRow]
    ) -> WorkingCalendar:
        """A calendar from stored rows, in any order. A day given twice is a ValueError."""
        days: dict[date, CalendarRow] = {}
        for row in rows:
            if row.day in days:
                raise ValueError(f"calendar {calendar_id}: {row.day} is given twice")
            days[row.day] = row
        return cls(calendar_id, version, days)

    def row(self, day: date) -> CalendarRow:
        """What that day is. Raises CalendarMissingError."""
        self._require(day.year)
        return self.days[day]

    def counts(self, day: date) -> bool:
        """Whether that day counts. Raises CalendarMissingError."""
        return self.row(day).kind.counts

    def add(self, start: date, units: int) -> date:
        """The `units`-th counting day after `start`; `start` itself for 0.

        Raises ValueError for a negative number, CalendarMissingError beyond what is covered.
        """
        if units < 0:
            raise ValueError(f"{units} days cannot be added; give 0 or more")
        if units == 0:
            return start
        self._require(start.year)
        index = bisect_right(self._ordinals, start.toordinal()) + units - 1
        reached = (
            date.fromordinal(self._ordinals[index]) if index < len(self._ordinals) else date.max
        )
        for year in range(start.year, reached.year + 1):
            self._require(year)
        return reached

    def count(self, after: date, until: date) -> int:
        """Counting days d with after < d ≤ until; negative where `until` is earlier.

        Raises CalendarMissingError.
        """
        for year in range(min(after, until).year, max(after, until).year + 1):
            self._require(year)
        return bisect_right(self._ordinals, until.toordinal()) - bisect_right(
            self._ordinals, after.toordinal()
        )

    def _require(self, year: int) -> None:
        if year not in self.years:
            raise CalendarMissingError(self.id, year)


def _whole_years(days: Mapping[date, CalendarRow]) -> Iterator[int]:
    per_year: dict[int, int] = {}
    for day in days:
        per_year[day.year] = per_year.get(day.year, 0) + 1
    for year, known in per_year.items():
        if known == (date(year, 12, 31) - date(year, 1, 1)).days + 1:
            yield year


def runs(calendar: WorkingCalendar, first: date, last: date) -> Iterator[tuple[CalendarRow, date]]:
    """Runs of days alike from `first` to `last`: (row of the first day, last day of the run).

    A run is of one kind and one name; weekends inside a counted run are runs of their own.
    Raises CalendarMissingError.
    """
    days = [calendar.row(first + timedelta(n)) for n in range((last - first).days + 1)]
    for _, alike in groupby(days, key=lambda row: (row.kind, row.name)):
        run = list(alike)
        yield run[0], run[-1].day


@cache
def cn_working_day() -> WorkingCalendar:
    """Mainland working days 2019–2026 from `chinesecalendar`."""
    return WorkingCalendar.from_rows(CN_WORKING_DAY, edition_of(CN_WORKING_DAY), working_day_rows())


@cache
def cn_trading_day() -> WorkingCalendar:
    """Days with a session in Shanghai 2019–2026 from `exchange_calendars` (slow to import)."""
    return WorkingCalendar.from_rows(CN_TRADING_DAY, edition_of(CN_TRADING_DAY), trading_day_rows())


def by_id(calendar_id: str) -> WorkingCalendar:
    """The library's calendar of that id. Raises KeyError."""
    return {CN_WORKING_DAY: cn_working_day, CN_TRADING_DAY: cn_trading_day}[calendar_id]()


def working_day_rows(
    first_year: int = FIRST_YEAR, last_year: int = LAST_YEAR
) -> tuple[CalendarRow, ...]:
    """Every day of those years as the State Council's holiday notices made it."""
    return tuple(_working_day_row(day) for day in _all_days(first_year, last_year))


def trading_day_rows(
    first_year: int = FIRST_YEAR, last_year: int = LAST_YEAR
) -> tuple[CalendarRow, ...]:
    """Every day of those years as the Shanghai Stock Exchange opened or did not."""
    from exchange_calendars import get_calendar  # a second's import, rarely needed

    exchange = get_calendar("XSHG", start=f"{first_year}-01-01", end=f"{last_year}-12-31")
    sessions = frozenset(stamp.date() for stamp in exchange.sessions)
    return tuple(_trading_day_row(day, sessions) for day in _all_days(first_year, last_year))


def _working_day_row(day: date) -> CalendarRow:
    from chinese_calendar import get_holiday_detail  # only where rows are made

    is_off, name = get_holiday_detail(day)
    on_weekend = day.weekday() >= _SATURDAY
    if is_off and name is None:
        return CalendarRow(day, DayKind.WEEKEND, _WEEKEND)
    if is_off:
        return CalendarRow(day, DayKind.HOLIDAY, _holiday(name))
    if on_weekend:
        festival = _holiday(name)
        made_up = Text(zh=f"调休上班（{festival.zh}）", en=f"Make-up working day ({festival.en})")
        return CalendarRow(day, DayKind.MAKE_UP, made_up)
    return CalendarRow(day, DayKind.WORKING, _WORKING)


def _trading_day_row(day: date, sessions: frozenset[date]) -> CalendarRow:
    if day in sessions:
        return CalendarRow(day, DayKind.WORKING, _TRADING)
    if day.weekday() >= _SATURDAY:
        return CalendarRow(day, DayKind.WEEKEND, _WEEKEND)
    public = _working_day_row(day)
    return CalendarRow(
        day, DayKind.HOLIDAY, public.name if public.kind is DayKind.HOLIDAY else _NO_SESSION
    )


def _holiday(name: str | None) -> Text:
    plain = str(name)
    return _HOLIDAYS.get(plain, Text(zh=plain, en=plain))


def _all_days(first_year: int, last_year: int) -> Iterator[date]:
    first = date(first_year, 1, 1)
    for offset in range((date(last_year, 12, 31) - first).days + 1):
        yield first + timedelta(offset)


def edition_of(calendar_id: str) -> str:
    """Library and release that a calendar's rows are made from, without making them.

    Raises KeyError for a calendar that no library here knows.
    """
    from importlib.metadata import version  # only where rows are made

    distribution = _LIBRARIES[calendar_id]
    return f"{distribution} {version(distribution)}"
