"""From events to the case's state: the only reader of history.

`fold` reads a whole history; `apply_events` reads on from a state already known, and `derive` adds
what follows from a state on a day: `fold(history) == derive(apply_events(CaseState(), history))`.
"""

from __future__ import annotations

from functools import cache
from operator import is_
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from shidian.core.procedure.case_clocks import case_clocks
from shidian.core.procedure.event_rules import RULES, Happened
from shidian.core.procedure.reading import Data
from shidian.core.procedure.tasks import open_tasks
from shidian.core.procedure.types import CaseState, EventKind, NewEvent, PastEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from shidian.core.procedure.calendars import WorkingCalendar
    from shidian.core.procedure.types import ClockSum
    from shidian.core.rulebook.model import Rulebook

_zone = cache(ZoneInfo)


def local_day(at: datetime, zone: str) -> date:
    """The day of a moment in the scheme's zone. Raises ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError(f"{at} has no zone; give an aware datetime")
    return at.astimezone(_zone(zone)).date()


def fold(
    rulebook: Rulebook,
    calendar: WorkingCalendar,
    history: Sequence[PastEvent],
    now: datetime,
    *,
    zone: str | None = None,
) -> CaseState:
    """The case as it stands at `now`: state, clocks and open tasks. `zone`: the rulebook's.

    Raises ValueError where history holds an event that this version does not know.
    """
    state = apply_events(rulebook, CaseState(), history, zone)
    return derive(rulebook, calendar, state, now, zone)


def apply_events(
    rulebook: Rulebook,
    state: CaseState,
    events: Iterable[PastEvent | NewEvent],
    zone: str | None = None,
) -> CaseState:
    """The state after further events, its clocks and tasks still those of before: `derive` them.

    Raises ValueError where an event is of a kind that this version does not know.
    """
    zone = zone or rulebook.zone
    for event in events:
        rule = RULES[EventKind(event.kind)]
        it = Happened(rulebook, local_day(event.at, zone), event.actor.person, Data(event.data))
        state = rule(state, it).but(last_at=event.at)
    return state


def derive(
    rulebook: Rulebook,
    calendar: WorkingCalendar,
    state: CaseState,
    now: datetime,
    zone: str | None = None,
) -> CaseState:
    """The state with the clocks and open tasks that it has at `now`."""
    today = local_day(now, zone or rulebook.zone)
    inputs = _reckoned_from(rulebook, calendar, state, today)
    if not _same(state.reckoned, inputs):
        clocks = case_clocks(rulebook, calendar, state, today)
        state = state.but(clocks=clocks, reckoned=inputs)
    return state.but(tasks=open_tasks(rulebook, calendar, state, today))


def clocks_on(
    rulebook: Rulebook, calendar: WorkingCalendar, state: CaseState, today: date
) -> tuple[ClockSum, ...]:
    """The case's clocks on a day: those of the state where they were summed for that day."""
    if _same(state.reckoned, _reckoned_from(rulebook, calendar, state, today)):
        return state.clocks
    return case_clocks(rulebook, calendar, state, today)


def _reckoned_from(
    rulebook: Rulebook, calendar: WorkingCalendar, state: CaseState, today: date
) -> tuple[object, ...]:
    """All that clocks are summed from. The parts of a state that an event leaves stay the same."""
    return (
        today,
        rulebook,
        calendar,
        state.visits,
        state.requests,
        state.notice,
        state.consultations,
        state.extensions,
        state.term_until,
        state.tier,
        state.submitted,
        state.pilot_started,
    )


def _same(before: tuple[object, ...], now: tuple[object, ...]) -> bool:
    """The same day, and of the rest the very same objects: cheaper to see than equal ones."""
    return bool(before) and before[0] == now[0] and all(map(is_, before[1:], now[1:]))
