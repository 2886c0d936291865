"""Clocks on another day, where nothing but the day has changed: most acts leave most sums be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.clocks import counting, units_left
from shidian.core.procedure.memo import per_rulebook
from shidian.core.procedure.state import ClockState

if TYPE_CHECKING:
    from datetime import date

    from shidian.core.procedure.state import CaseState, ClockSum
    from shidian.core.procedure.working_calendar import WorkingCalendar
    from shidian.core.rulebook.model import Rulebook


def carried_clocks(
    rulebook: Rulebook, calendar: WorkingCalendar, state: CaseState, today: date
) -> tuple[ClockSum, ...] | None:
    """The state's clocks as they stand on another day: the same as summed anew on that day.

    None where a day alone may start a clock or end a pause; then they must be summed anew.
    """
    chained, waiting = _moved_by_days(rulebook)
    if chained or (waiting and state.consultations):
        return None
    found: list[ClockSum] = []
    for one in state.clocks:
        now = carried(one, calendar, today)
        if now is None:
            return None
        found.append(now)
    return tuple(found)


@per_rulebook
def _moved_by_days(rulebook: Rulebook) -> tuple[bool, bool]:
    """Whether clocks start when others run out, and whether they wait for who is consulted."""
    return (
        any(clock.starts == "clock.expired" for clock in rulebook.clocks),
        any("consultation" in clock.pauses_on for clock in rulebook.clocks),
    )


def carried(one: ClockSum, calendar: WorkingCalendar, today: date) -> ClockSum | None:
    """The same sum on another day. None where its last day depends on the day: while it pauses."""
    if one.stopped is not None:
        return one
    counted = counting(one.unit, calendar)
    if one.provisional or one.due is None or counted is None:
        return None
    state = ClockState.EXPIRED if today > one.due else ClockState.RUNNING
    return one.standing(units_left(one.unit, counted, today, one.due), state)
