"""Lines of an iCalendar file (RFC 5545)."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

LINE_OCTETS_MAX = 75


def escaped(text: str) -> str:
    """A text value: RFC 5545, 3.3.11. Other control characters have no place in it."""
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return "".join(one for one in text if one.isprintable())


def folded(line: str) -> str:
    """At most 75 octets a line, and no character torn apart: RFC 5545, 3.1."""
    parts, part, room = [], "", LINE_OCTETS_MAX
    for character in line:
        size = len(character.encode())
        if size > room:
            parts.append(part)
            part, room = "", LINE_OCTETS_MAX - 1
        part += character
        room -= size
    return "\r\n ".join([*parts, part])


def whole_day(uid: str, summary: str, on: date, stamp: datetime, *, url: str = "") -> list[str]:
    """One entry that takes a whole day and nobody's time. `uid` says it is the same one later."""
    return [
        "BEGIN:VEVENT",
        f"UID:{escaped(uid)}",
        f"DTSTAMP:{stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{on:%Y%m%d}",
        f"DTEND;VALUE=DATE:{on + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{escaped(summary)}",
        *([f"URL:{url}"] if url else []),
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def calendar(name: str, product: str, entries: Iterable[list[str]]) -> str:
    """A whole calendar, as a file."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//Shidian//{product}//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escaped(name)}",
        *(line for entry in entries for line in entry),
        "END:VCALENDAR",
    ]
    return "".join(f"{folded(line)}\r\n" for line in lines)
