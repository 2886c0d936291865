"""A year added to a calendar by hand, from the notice that says which days are off or worked.

A notice lists days off and weekend days that are worked instead; weekends and all other days
follow. One thing a line: `2027-01-01 元旦 / New Year's Day`, or `2027-02-04..2027-02-10 春节 /
Spring Festival`. Nothing is guessed: a line that is not understood is refused by its number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, NoReturn

from shidian.core.procedure.calendar_sources import COUNTING, MAKE_UP, WEEKEND, is_weekend
from shidian.core.procedure.working_calendar import CalendarRow, DayKind
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.procedure.calendars import CalendarDefinition

LINES_MAX = 60
NAME_CHARACTERS_MAX = 60
_LINE = re.compile(
    r"(?P<first>\d{4}-\d\d-\d\d)(?:\s*(?:\.\.|–|—|至|~)\s*(?P<last>\d{4}-\d\d-\d\d))?"
    r"(?:\s+(?P<name>\S.*))?"
)


class CalendarYearError(ValueError):
    """A notice that does not make a year. `field`: `off` or `worked`; the text names the line."""

    def __init__(self, field: str, text: Text) -> None:
        super().__init__(text.en)
        self.field = field
        self.text = text


@dataclass(frozen=True, slots=True)
class _Listed:
    day: date
    name: Text | None
    line: int


def year_rows(
    definition: CalendarDefinition, year: int, off: str, worked: str
) -> tuple[CalendarRow, ...]:
    """Every day of the year. `off`: days off with their names; `worked`: weekends that are worked.

    Raises CalendarYearError for a line that is not understood, a day of another year, a day listed
    twice, a worked day that is no weekend, and a year without a single day off.
    """
    free = {one.day: one for one in _read("off", off, year)}
    made_up = {one.day: one for one in _read("worked", worked, year)}
    if not free:
        raise CalendarYearError(
            "off", Text(zh="请列出该年的放假日期。", en="List the year's days off.")
        )
    for day, one in made_up.items():
        if day in free:
            _refuse("worked", one.line, f"{day} 同时列为放假", f"{day} is listed as a day off too")
        if not is_weekend(definition, day):
            _refuse("worked", one.line, f"{day} 不是周末", f"{day} is no weekend day")
    days = (date(year, 1, 1) + timedelta(n) for n in range(_length(year)))
    return tuple(_row(definition, day, free, made_up) for day in days)


def _row(
    definition: CalendarDefinition,
    day: date,
    free: dict[date, _Listed],
    made_up: dict[date, _Listed],
) -> CalendarRow:
    if day in free:
        return CalendarRow(day, DayKind.HOLIDAY, free[day].name or WEEKEND)
    if day in made_up:
        return CalendarRow(day, DayKind.MAKE_UP, made_up[day].name or MAKE_UP)
    if is_weekend(definition, day):
        return CalendarRow(day, DayKind.WEEKEND, WEEKEND)
    return CalendarRow(day, DayKind.WORKING, COUNTING[definition.counts])


def _read(field: str, text: str, year: int) -> Iterator[_Listed]:
    lines = [(n, line.strip()) for n, line in enumerate(text.splitlines(), start=1)]
    lines = [(n, line) for n, line in lines if line]
    if len(lines) > LINES_MAX:
        _refuse(
            field, lines[LINES_MAX][0], f"请不超过 {LINES_MAX} 行", f"at most {LINES_MAX} lines"
        )
    seen: set[date] = set()
    for number, line in lines:
        for one in _line(field, number, line):
            if one.day.year != year:
                _refuse(field, number, f"{one.day} 不在 {year} 年", f"{one.day} is not in {year}")
            if one.day in seen:
                _refuse(field, number, f"{one.day} 重复", f"{one.day} is listed twice")
            seen.add(one.day)
            yield one


def _line(field: str, number: int, line: str) -> Iterator[_Listed]:
    found = _LINE.fullmatch(line)
    try:
        first = date.fromisoformat(found["first"]) if found else None
        last = date.fromisoformat(found["last"]) if found and found["last"] else first
    except ValueError:
        first = last = None
    if found is None or first is None or last is None or last < first:
        _refuse(
            field,
            number,
            "请写日期或起止日期及名称，如 2027-02-04..2027-02-10 春节 / Spring Festival",
            "write a day, or first and last day, and the name, such as"
            " 2027-02-04..2027-02-10 春节 / Spring Festival",
        )
    name = _name(field, number, found["name"] or "")
    for n in range((last - first).days + 1):
        yield _Listed(first + timedelta(n), name, number)


def _name(field: str, number: int, words: str) -> Text | None:
    if not words:
        if field == "off":
            _refuse(field, number, "请写明放假名称", "say what the day off is called")
        return None
    zh, _, en = (part.strip() for part in words.partition("/"))
    if max(len(zh), len(en)) > NAME_CHARACTERS_MAX:
        _refuse(field, number, "名称过长", "the name is too long")
    return Text(zh=zh or en, en=en or zh)


def _length(year: int) -> int:
    return (date(year, 12, 31) - date(year, 1, 1)).days + 1


def _refuse(field: str, line: int, zh: str, en: str) -> NoReturn:
    raise CalendarYearError(field, Text(zh=f"第 {line} 行：{zh}。", en=f"Line {line}: {en}."))
