"""A bridge: what may go on after a pilot's end while a licence application is pending. Pure.

Its steps are folded into where it stands. The institution asks, an authority grants or declines,
and it ends with what became of the application, or by itself when its last day is over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from shidian.core.procedure.periods import last_day_of
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from shidian.core.procedure.working_calendar import WorkingCalendar
    from shidian.core.rulebook.model import BridgeRules


class BridgeAct(StrEnum):
    """What is done about a bridge."""

    ASKED = "asked"
    GRANTED = "granted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"
    LAPSED = "lapsed"


class BridgeState(StrEnum):
    """Where a bridge stands."""

    ASKED = "asked"
    OPEN = "open"
    REFUSED = "refused"
    OVER = "over"


_BECOMES = {
    BridgeAct.ASKED: BridgeState.ASKED,
    BridgeAct.GRANTED: BridgeState.OPEN,
    BridgeAct.DECLINED: BridgeState.REFUSED,
    BridgeAct.WITHDRAWN: BridgeState.OVER,
    BridgeAct.ENDED: BridgeState.OVER,
    BridgeAct.LAPSED: BridgeState.OVER,
}
_FROM: dict[BridgeAct, tuple[BridgeState, ...]] = {
    BridgeAct.GRANTED: (BridgeState.ASKED,),
    BridgeAct.DECLINED: (BridgeState.ASKED,),
    BridgeAct.WITHDRAWN: (BridgeState.ASKED, BridgeState.OPEN),
    BridgeAct.ENDED: (BridgeState.OPEN,),
    BridgeAct.LAPSED: (BridgeState.OPEN,),
}


@dataclass(frozen=True, slots=True)
class Step:
    """An act as it is kept; `starts_on`, `ends_on`: of a grant, both included."""

    act: BridgeAct
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Bridge:
    """As its steps leave it. `starts_on`, `ends_on`: once granted, its first and its last day."""

    state: BridgeState
    starts_on: date | None = None
    ends_on: date | None = None

    def runs_out(self, today: date) -> bool:
        """Whether its last day is over, and nothing has ended it yet."""
        return self.state is BridgeState.OPEN and self.ends_on is not None and self.ends_on < today


def folded(steps: Iterable[Step]) -> Bridge | None:
    """Where a bridge stands; None before it is asked for."""
    found: Bridge | None = None
    for step in steps:
        before = found or Bridge(BridgeState.ASKED)
        found = replace(before, state=_BECOMES[step.act])
        if step.act is BridgeAct.GRANTED:
            found = replace(found, starts_on=step.starts_on, ends_on=step.ends_on)
    return found


def refusal(bridge: Bridge | None, act: BridgeAct) -> Text | None:
    """Why the act does not follow on what stands; None where it does."""
    if act is BridgeAct.ASKED:
        if bridge is not None and bridge.state in (BridgeState.ASKED, BridgeState.OPEN):
            return Text(zh="已有过渡申请或过渡正在进行。", en="A bridge was asked for, or is open.")
        return None
    if bridge is None or bridge.state not in _FROM[act]:
        return Text(
            zh="过渡的状态已有变化，请查看后再办理。",
            en="The bridge stands otherwise by now: look at it again.",
        )
    return None


def ask_until(rules: BridgeRules, closed_on: date, calendar: WorkingCalendar | None) -> date | None:
    """The last day on which it is asked for; None where the rulebook or the calendar sets none."""
    return None if rules.ask_within is None else last_day_of(rules.ask_within, closed_on, calendar)


def longest(rules: BridgeRules, starts_on: date, calendar: WorkingCalendar | None) -> date | None:
    """The latest last day of a bridge that starts so; None where the calendar does not reach."""
    return last_day_of(rules.lasts, starts_on, calendar)
