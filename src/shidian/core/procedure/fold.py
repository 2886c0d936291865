"""From events to the case's state: the only reader of history.

`fold` reads a whole history; `apply_events` reads on from a state already known, and `derive` adds
what follows from a state on a day: `fold(history) == derive(apply_events(CaseState(), history))`.
"""

from __future__ import annotations

from functools import cache
from itertools import groupby
from operator import attrgetter, is_
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from shidian.core.procedure.case_clocks import case_clocks, steady
from shidian.core.procedure.event_rules import RULES, Happened
from shidian.core.procedure.reading import Data
from shidian.core.procedure.state import Reckoned
from shidian.core.procedure.tasks import open_tasks
from shidian.core.procedure.types import CaseState, NewEvent, PastEvent

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
    for at, together in groupby(events, key=attrgetter("at")):  # those of one act
        state = apply_on(rulebook, state, together, local_day(at, zone)).but(last_at=at)
    return state


def apply_on(
    rulebook: Rulebook, state: CaseState, events: Iterable[PastEvent | NewEvent], day: date
) -> CaseState:
    """The state after events that all happened on that day in the scheme's zone."""
    for event in events:
        rule = RULES.get(event.kind)
        if rule is None:
            raise ValueError(f"{event.kind!r} is no event that this version knows")
        state = rule(state, Happened(rulebook, day, event.actor.person, Data(event.data)))
    return state


def derive(
    rulebook: Rulebook,
    calendar: WorkingCalendar,
    state: CaseState,
    now: datetime,
    zone: str | None = None,
) -> CaseState:
    """The state with the clocks and open tasks that it has at `now`."""
    return derive_on(rulebook, calendar, state, local_day(now, zone or rulebook.zone))


def derive_on(
    rulebook: Rulebook, calendar: WorkingCalendar, state: CaseState, today: date
) -> CaseState:
    """The same for who knows the day."""
    sums, reckoned = _reckon(rulebook, calendar, state, today)
    if reckoned is not state.reckoned:
        state = state.but(sums=sums, reckoned=reckoned)
    return state.but(day=today, tasks=open_tasks(rulebook, calendar, state, today))


def clocks_on(
    rulebook: Rulebook, calendar: WorkingCalendar, state: CaseState, today: date
) -> tuple[ClockSum, ...]:
    """The case's clocks on a day: those of the state as far as it knows them already."""
    sums, _ = _reckon(rulebook, calendar, state, today)
    return tuple(one.on(today) for one in sums)


def _reckon(
    rulebook: Rulebook, calendar: WorkingCalendar, state: CaseState, today: date
) -> tuple[tuple[ClockSum, ...], Reckoned]:
    """Sums that hold on a day, and what they were made from. Anew only where something changed."""
    before, inputs = state.reckoned, _reckoned_from(rulebook, calendar, state)
    if (
        before is not None
        and (before.steady or before.day == today)
        # The very same objects: cheaper to see than equal ones.
        and all(map(is_, before.inputs, inputs))
    ):
        return state.sums, before
    sums = case_clocks(rulebook, calendar, state, today)
    return sums, Reckoned(inputs, today, steady(rulebook, state, sums))


def _reckoned_from(
    rulebook: Rulebook, calendar: WorkingCalendar, state: CaseState
) -> tuple[object, ...]:
    """All that clocks are summed from but for the day. What an event leaves stays the same object.

    Of the notice only its days: comments come and are answered while it runs.
    """
    notice = state.notice
    return (
        rulebook,
        calendar,
        state.visits,
        state.requests,
        notice.opened if notice else None,
        notice.until if notice else None,
        notice.closed if notice else None,
        state.consultations,
        state.extensions,
        state.term_until,
        state.tier,
        state.submitted,
        state.pilot_started,
        state.objection,
    )
