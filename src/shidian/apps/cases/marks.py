"""What an event means for statistics: said once, for its transaction and for old histories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from shidian.apps.cases.models.case_mark import MarkKind
from shidian.core.procedure.types import EventKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

SECONDS_AN_HOUR = 3600
KEY_MAX = 64
MARKED = (
    EventKind.STAGE_ENTERED,
    EventKind.CASE_SUBMITTED,
    EventKind.CASE_CLOSED,
    EventKind.REQUEST_OPENED,
    EventKind.CHECKLIST_FILED,
)


@dataclass(frozen=True, slots=True)
class Before:
    """What came before the event: the stage, since when, and whether the case was ever filed."""

    stage: str = ""
    since: datetime | None = None
    filed: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A row of `CaseMark`."""

    kind: MarkKind
    day: date
    key: str = ""
    hours: int = 0


def marks_of(kind: str, at: datetime, data: dict[str, Any], before: Before) -> Iterator[Mark]:
    """The marks that one event leaves."""
    day = timezone.localdate(at)
    match kind:
        case EventKind.STAGE_ENTERED if before.since is not None:
            seconds = max(0.0, (at - before.since).total_seconds())
            yield Mark(MarkKind.STAY, day, before.stage, int(seconds // SECONDS_AN_HOUR))
        case EventKind.CASE_SUBMITTED if not before.filed:
            yield Mark(MarkKind.FILED, day)
        case EventKind.CASE_CLOSED:
            yield Mark(MarkKind.CLOSED, day)
        case EventKind.REQUEST_OPENED:
            yield Mark(MarkKind.REQUESTED, day, before.stage)
            for name in data.get("about", ()):
                yield Mark(MarkKind.WANTING, day, f"{before.stage}/{name}"[:KEY_MAX])
        case EventKind.CHECKLIST_FILED:
            for key, one in data["findings"].items():
                if not one["met"]:
                    yield Mark(MarkKind.UNMET, day, key)


def after(kind: str, at: datetime, data: dict[str, Any], before: Before) -> Before:
    """What came before the next event."""
    if kind == EventKind.STAGE_ENTERED:
        return Before(str(data["to"]), at, before.filed)
    if kind == EventKind.CASE_SUBMITTED:
        return Before(before.stage, before.since, filed=True)
    return before
