"""A calendar of counting days: rows of one edition, and arithmetic on them by bisection."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Text, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


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
    an event is not counted. `trading`: the calendar of trading days beside this one, if a clock of
    the rulebook counts by it.
    """

    id: str
    version: str
    days: Mapping[date, CalendarRow] = field(repr=False)
    trading: WorkingCalendar | None = field(default=None, repr=False)
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

    def beside(self, trading: WorkingCalendar) -> WorkingCalendar:
        """The same calendar, with that of trading days beside it."""
        return replace(self, trading=trading)

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


def counts_days(unit: Unit) -> bool:
    """Whether the unit counts days of a calendar."""
    return unit in (Unit.WORKING_DAY, Unit.TRADING_DAY)


def units_between(unit: Unit, calendar: WorkingCalendar, after: date, until: date) -> int:
    """Units d with after < d ≤ until, days for a month clock; negative where `until` is earlier.

    Raises CalendarMissingError.
    """
    return calendar.count(after, until) if counts_days(unit) else (until - after).days


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
