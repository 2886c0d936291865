"""A bridge to a licence: which act follows on what, when it runs out, how long it may last."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.procedure.bridging import (
    Bridge,
    BridgeAct,
    BridgeState,
    Step,
    ask_until,
    folded,
    longest,
    refusal,
)
from shidian.core.procedure.calendars import by_id
from shidian.core.rulebook.model import BridgeRules, Period

FIRST, LAST = date(2026, 3, 2), date(2026, 9, 1)
ASKED, GRANTED = Step(BridgeAct.ASKED), Step(BridgeAct.GRANTED, FIRST, LAST)


def rules(**more):
    given = {"after": ("graduated",), "lasts": Period(length=12, unit="month")}
    return BridgeRules(**given | more)


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ([ASKED], BridgeState.ASKED),
        ([ASKED, GRANTED], BridgeState.OPEN),
        ([ASKED, Step(BridgeAct.DECLINED)], BridgeState.REFUSED),
        ([ASKED, Step(BridgeAct.WITHDRAWN)], BridgeState.OVER),
        ([ASKED, GRANTED, Step(BridgeAct.ENDED)], BridgeState.OVER),
        ([ASKED, GRANTED, Step(BridgeAct.LAPSED)], BridgeState.OVER),
    ],
)
def test_steps_are_folded_into_where_it_stands(steps, state):
    found = folded(steps)
    assert found.state is state
    if GRANTED in steps:
        assert (found.starts_on, found.ends_on) == (FIRST, LAST)


def test_nothing_stands_before_it_is_asked_for():
    assert folded([]) is None
    assert refusal(None, BridgeAct.ASKED) is None
    for act in set(BridgeAct) - {BridgeAct.ASKED}:
        assert refusal(None, act) is not None


@given(st.lists(st.sampled_from(list(BridgeAct)), max_size=12))
def test_acts_that_are_not_refused_never_leave_two_at_once_nor_end_what_is_over(acts):
    kept: list[Step] = []
    for act in acts:
        standing = folded(kept)
        if refusal(standing, act) is None:
            kept.append(Step(act, FIRST, LAST) if act is BridgeAct.GRANTED else Step(act))
    open_now = 0
    for step in kept:
        if step.act is BridgeAct.ASKED:
            assert open_now == 0
            open_now = 1
        elif step.act is not BridgeAct.GRANTED:
            assert open_now == 1
            open_now = 0
    assert (folded(kept) is None) == (not kept)


def test_it_runs_out_once_its_last_day_is_over_and_not_before():
    bridge = Bridge(BridgeState.OPEN, FIRST, LAST)
    assert not bridge.runs_out(LAST)
    assert bridge.runs_out(LAST + timedelta(1))
    assert not Bridge(BridgeState.OVER, FIRST, LAST).runs_out(LAST + timedelta(1))
    assert not Bridge(BridgeState.ASKED).runs_out(LAST)


def test_periods_count_from_the_closing_and_from_the_grant():
    calendar = by_id("cn-working-day")
    asked = rules(ask_within=Period(length=5, unit="working-day"))
    # The Saturday in between is worked, for the holiday before it.
    assert ask_until(asked, date(2026, 2, 27), calendar) == date(2026, 3, 5)
    assert ask_until(rules(), date(2026, 2, 27), calendar) is None
    assert longest(rules(), FIRST, None) == date(2027, 3, 2)
    assert longest(rules(lasts=Period(length=5, unit="working-day")), FIRST, None) is None
