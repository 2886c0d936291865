"""A person's deadlines as an iCalendar file (RFC 5545): what is theirs to do, and by which day."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from django.db.models import F

from shidian.apps.cases.models import DeadlineFeed, Task
from shidian.apps.cases.views.roles import viewer_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from shidian.apps.accounts.models import Person

ENTRIES_MAX = 500
LINE_OCTETS_MAX = 75


def reader_of(secret_sha256: str) -> Person | None:
    """Whose deadlines are read under the secret of that digest: nobody's, once it is revoked."""
    feeds = DeadlineFeed.objects.select_related("person")
    feed = feeds.filter(secret_sha256=secret_sha256, revoked_at=None).first()
    if feed is None or not feed.person.is_active:
        return None
    return feed.person


def deadlines_of(person: Person) -> list[Task]:
    """The person's own open tasks that have a day, the earliest first.

    Cut like the desk: of a case denied to them not even the reference is there.
    """
    tasks = Task.objects.open().reaching(person).filter(viewer_of(person).mine(), due__isnull=False)
    return list(tasks.select_related("case").order_by(F("due"), "pk")[:ENTRIES_MAX])


def calendar_text(name: str, tasks: Iterable[Task], host: str, now: datetime) -> str:
    """The file. It names cases by their reference alone: calendars lie with others' servers."""
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Shidian//Deadlines//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escaped(name)}",
    ]
    for task in tasks:
        if task.due is None:
            continue
        lines += [
            "BEGIN:VEVENT",
            f"UID:task-{task.pk}@{host}",
            f"DTSTAMP:{stamp}",
            f"DTSTART;VALUE=DATE:{task.due:%Y%m%d}",
            f"DTEND;VALUE=DATE:{task.due + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{escaped(f'{task.what} ({task.case.reference})')}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{folded(line)}\r\n" for line in lines)


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
