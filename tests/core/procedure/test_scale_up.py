"""Staged scale-up: a step is open once its time has passed and each criterion holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.core.procedure.scale_up import Found, conditions, next_step, raised
from tests.core.procedure.rulebooks import demo_city

RULEBOOK = demo_city()
STEP = RULEBOOK.scale_up[0]
GOOD = Found(
    since=date(2026, 1, 5),
    until=date(2026, 4, 5),
    today=date(2026, 4, 6),
    plan={"investors_max": "100", "turnover_daily_max": "1000000.00"},
    values={"failures_5m": Fraction(20), "complaints_1d": Fraction(0)},
    alerts={"no-breach": 0},
)


def met(found):
    return [one.met for one in conditions(RULEBOOK, STEP, found)]


def test_a_step_is_open_where_time_and_every_criterion_are_met():
    assert met(GOOD) == [True, True, True, True]


@pytest.mark.parametrize(
    ("change", "unmet"),
    [
        ({"today": date(2026, 4, 5)}, 0),
        ({"until": None}, 0),
        ({"alerts": {"no-breach": 1}}, 1),
        ({"values": {**GOOD.values, "failures_5m": Fraction(201, 10)}}, 2),
        ({"values": {"failures_5m": Fraction(20)}}, 3),
    ],
)
def test_one_condition_that_is_not_met_is_said_with_its_figure(change, unmet):
    found = conditions(RULEBOOK, STEP, replace(GOOD, **change))
    assert [index for index, one in enumerate(found) if not one.met] == [unmet]
    assert found[unmet].asked.zh
    assert found[unmet].found.zh


def test_what_is_raised_is_the_share_the_rulebook_says_and_only_of_what_is_agreed():
    assert raised(RULEBOOK, STEP, GOOD.plan) == {
        "investors_max": "200",
        "turnover_daily_max": "2000000.00",
    }
    assert raised(RULEBOOK, STEP, {"investors_max": "0"}) == {}


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_nothing_is_raised_beyond_its_maximum_nor_ever_lowered(agreed, most):
    plan = tuple(
        one.model_copy(update={"maximum": str(most)}) if one.id == "investors_max" else one
        for one in RULEBOOK.plan
    )
    found = raised(RULEBOOK.model_copy(update={"plan": plan}), STEP, {"investors_max": str(agreed)})
    value = int(found.get("investors_max", agreed))
    assert agreed <= value <= max(agreed, most)


def test_steps_are_taken_in_order_and_once():
    assert next_step(RULEBOOK, set()) is STEP
    assert next_step(RULEBOOK, {STEP.id}) is None
