"""A clock as it stands: its sum, line by line."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from shidian.core.procedure.working_calendar import CalendarMissingError, units_between

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from shidian.core.procedure.working_calendar import WorkingCalendar
    from shidian.core.rulebook.model import Force, Text, Unit


class LineKind(StrEnum):
    """What a line of a clock's sum is about."""

    RECEIVED = "received"
    COUNTED = "counted"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKE_UP = "make-up"
    PAUSED = "paused"
    EXTENDED = "extended"
    DUE = "due"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class ClockLine:
    """One line of the sum: days `first` … `last`, of which `units` count towards the length.

    `running` is the sum so far. Lines are in order and their units add up to the clock's length.
    """

    kind: LineKind
    first: date
    last: date
    units: int
    running: int
    what: Text


class ClockState(StrEnum):
    """Where a clock stands. `stopped`: what it measured was done; `unknown`: calendar missing."""

    RUNNING = "running"
    PAUSED = "paused"
    EXPIRED = "expired"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ClockSum:
    """A clock as a sum that can be checked line by line, and how it stands on the day `asked`.

    `due`: its last day, inclusive; while paused, the day it would be if resumed on the day asked
    (`provisional`); None when `missing` says why. `counted`: the calendar whose version `calendar`
    names. A sum that has stopped was asked on the day it did.
    `clock` is the rulebook's clock id, or `request` where a request's own days are meant;
    `key` tells clocks apart: `<stage>/<clock>`, `<clock>` where no stage owns it, `request/r1`.
    """

    key: str
    clock: str
    name: Text
    stage: str | None
    force: Force
    unit: Unit
    length: int
    received: date
    due: date | None
    provisional: bool
    stopped: date | None
    paused_units: int
    calendar: str
    counted: WorkingCalendar = field(compare=False, repr=False)
    asked: date
    lines: Sequence[ClockLine]
    missing: Text | None = None

    @property
    def state(self) -> ClockState:
        """Where it stands on the day asked."""
        if self.stopped is not None:
            return ClockState.STOPPED
        if self.due is None:
            return ClockState.UNKNOWN
        if self.provisional:
            return ClockState.PAUSED
        return ClockState.EXPIRED if self.asked > self.due else ClockState.RUNNING

    @property
    def left(self) -> int | None:
        """Units after the day asked up to `due` (days for a month clock), negative once past.

        None when stopped or unknown, and where the calendar does not reach from one to the other.
        """
        if self.stopped is not None or self.due is None:
            return None
        try:
            return units_between(self.unit, self.counted, self.asked, self.due)
        except CalendarMissingError:
            return None

    def on(self, day: date) -> ClockSum:
        """The same sum asked on another day. Of one that is provisional only the standing is."""
        if self.stopped is not None or day == self.asked:
            return self
        return replace(self, asked=day)
