"""A session as an iCalendar file (RFC 5545): when and where, of the case its reference alone."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from shidian.ics import escaped, folded

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.review.models import SessionCall


def invitation_text(call: SessionCall, summary: str, host: str, now: datetime) -> str:
    """The file. A later call of the same session takes the earlier's place in the calendar.

    `summary` names the case by its reference alone: calendars lie with others' servers.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Shidian//Sessions//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:session-{call.session_id}@{host}",
        f"SEQUENCE:{call.version - 1}",
        f"DTSTAMP:{_utc(now)}",
        f"DTSTART:{_utc(call.starts_at)}",
        f"DTEND:{_utc(call.ends_at)}",
        f"SUMMARY:{escaped(summary)}",
        f"STATUS:{'CANCELLED' if call.off else 'CONFIRMED'}",
    ]
    if call.place:
        lines.append(f"LOCATION:{escaped(call.place)}")
    if call.address:
        lines.append(f"URL:{''.join(one for one in call.address if one.isprintable())}")
    lines += ["END:VEVENT", "END:VCALENDAR"]
    return "".join(f"{folded(line)}\r\n" for line in lines)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
