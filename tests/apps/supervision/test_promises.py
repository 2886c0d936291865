"""A pilot's promises in figures, held against what the monitor measured under each plan."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.instants import day_begins_us, from_us, to_us
from shidian.apps.supervision.domain.pilots import start_pilot
from shidian.apps.supervision.models import ControlReceipt, IndicatorReading
from shidian.apps.supervision.promises import promises_of
from shidian.core.procedure.promises import Standing
from shidian.core.rulebook.model import StageKind

from .plans import approve, propose, sign, tightened
from .things import MINUTE_US, PLAN

pytestmark = pytest.mark.rendering

PROMISED = {**PLAN, "failures_promised": "20", "investors_promised": "50"}


@pytest.fixture
def pilot(walk):
    walk.to(StageKind.SCREENING)
    started = start_pilot(case=walk.case, plan=PROMISED, at=walk.tick())
    received(started.plan_versions.get())
    return started


def received(version):
    ControlReceipt.objects.create(
        outbox_id=version.outbox_id, entry=version.outbox_id, received_at=version.made_at
    )


def measure(pilot, indicator, *values, after=1, scale=0):
    """One value a minute, the first `after` minutes from the start."""
    for n, value in enumerate(values):
        IndicatorReading.objects.create(
            pilot=pilot,
            indicator=indicator,
            instant_us=pilot.start_us + (after + n) * MINUTE_US,
            value=value,
            scale=scale,
        )


def standing(pilot, name, minutes=60):
    at = from_us(pilot.start_us + minutes * MINUTE_US)
    return next(one for one in promises_of(pilot, at) if one.rule.id == name)


def test_the_scheme_asks_for_one_and_the_firm_has_made_two_more(pilot, walk, world):
    from tests.factories import Walk

    made = [one.rule.id for one in promises_of(pilot)]
    assert made == ["orders-go-through", "few-complaints", "investors-served"]
    other = Walk(world, title="另一项目")
    other.to(StageKind.SCREENING)
    plain = start_pilot(case=other.case, plan=PLAN, at=other.tick())
    assert [one.rule.id for one in promises_of(plain)] == ["few-complaints"]


def test_without_a_value_nothing_is_kept_nor_broken(pilot):
    assert {one.standing for one in promises_of(pilot)} == {Standing.NO_VALUE}


def test_one_minute_breaks_a_promise_for_the_whole_run(pilot):
    measure(pilot, "failures_5m", 0, 20, 21, 3)
    assert standing(pilot, "orders-go-through", minutes=2).standing is Standing.KEPT
    now = standing(pilot, "orders-go-through")
    assert (now.standing, now.judged.settled) == (Standing.BROKEN, True)
    assert (now.present.value, now.judged.worst.value) == (3, 21)
    assert now.judged.worst.at_us == pilot.start_us + 3 * MINUTE_US


def test_the_first_of_several_equal_extremes_is_named(pilot):
    measure(pilot, "failures_5m", 30, 0, 30)
    worst = standing(pilot, "orders-go-through").judged.worst
    assert worst.at_us == pilot.start_us + MINUTE_US


def test_values_of_different_scales_are_compared_as_numbers(pilot):
    measure(pilot, "failures_5m", 15, scale=0)
    measure(pilot, "failures_5m", 199, after=2, scale=1)
    now = standing(pilot, "orders-go-through")
    assert (now.standing, now.judged.worst.value * 10) == (Standing.KEPT, 199)


def test_no_value_in_between_neither_keeps_nor_breaks(pilot):
    measure(pilot, "failures_5m", 5, None)
    now = standing(pilot, "orders-go-through")
    assert (now.standing, now.present) == (Standing.KEPT, None)


def test_a_promise_for_the_end_counts_the_value_that_holds_then(pilot):
    end_us = day_begins_us(pilot.ends_on, pilot.case.rulebook.zone, after=1)
    measure(pilot, "investors", 49)
    assert standing(pilot, "investors-served").standing is Standing.UNMET
    late = (end_us - pilot.start_us) // MINUTE_US
    measure(pilot, "investors", 50, after=late - 1)
    assert standing(pilot, "investors-served", late - 1).standing is Standing.MET
    measure(pilot, "investors", 10, after=late + 1)
    over = standing(pilot, "investors-served", late + 5)
    assert (over.standing, over.judged.settled, over.present.value) == (Standing.KEPT, True, 50)


def test_a_run_that_is_closed_early_is_judged_at_its_closing(pilot):
    measure(pilot, "investors", 50, 20)
    pilot.closed_at = from_us(pilot.start_us + 2 * MINUTE_US)
    assert standing(pilot, "investors-served").standing is Standing.KEPT
    pilot.closed_at += timedelta(minutes=1)
    assert standing(pilot, "investors-served").standing is Standing.BROKEN


def test_each_value_is_held_against_the_plan_of_its_time(pilot, walk):
    measure(pilot, "failures_5m", 18, 4)
    version = tightened(
        pilot=pilot,
        values={"failures_promised": "10"},
        reason="理由",
        by=walk.officer,
        at=from_us(pilot.start_us + 5 * MINUTE_US),
    )
    assert standing(pilot, "orders-go-through").bound == 20, "pending binds nobody"
    received(version)
    now = standing(pilot, "orders-go-through")
    assert (now.bound, now.standing) == (10, Standing.KEPT)
    measure(pilot, "failures_5m", 11, after=6)
    assert standing(pilot, "orders-go-through").standing is Standing.BROKEN


def test_what_held_when_the_promise_was_tightened_counts_under_it(pilot, walk):
    measure(pilot, "failures_5m", 18)
    at = from_us(pilot.start_us + 5 * MINUTE_US)
    version = tightened(
        pilot=pilot, values={"failures_promised": "10"}, reason="理由", by=walk.officer, at=at
    )
    received(version)
    now = standing(pilot, "orders-go-through")
    assert (now.standing, now.judged.worst.at_us) == (Standing.BROKEN, to_us(at))


def test_to_promise_less_takes_two_officers_and_the_institution(pilot, walk, world):
    less = {"investors_promised": "40"}
    with pytest.raises(SupervisionError):
        tightened(pilot=pilot, values=less, reason="理由", by=walk.officer)
    change = propose(pilot, walk.officer, walk.tick(), values=less)
    for officer in (walk.officer, world.case_officer["finance"]):
        change = approve(change, officer, walk.tick())
    sign(change, world.signer, walk.tick())
    assert pilot.plan_versions.latest("number").values["investors_promised"] == "40"
    more = {"investors_promised": "60"}
    tightened(pilot=pilot, values=more, reason="理由", by=walk.officer, at=walk.tick())
    assert pilot.plan_versions.latest("number").values["investors_promised"] == "60"


def page(client, person, pilot, language="zh-hans"):
    client.force_login(person)
    address = reverse("supervision:plan", args=(pilot.public_id,))
    return client.get(address, headers={"accept-language": language})


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_officer_and_firm_read_what_was_promised_and_whether_it_is_kept(
    client, pilot, walk, world, language
):
    type(pilot).objects.filter(pk=pilot.pk).update(ends_on=date(2100, 1, 1))
    measure(pilot, "failures_5m", 21, 3)
    measure(pilot, "investors", 50)
    for person in (walk.officer, world.signer, world.drafter):
        text = page(client, person, pilot, language).text
        words = {
            "zh-hans": ("不高于20笔", "未兑现", "目前已达到", "运行期间始终"),
            "en": ("at or below 20 orders", "not kept", "reached now", "throughout the run"),
        }[language]
        for word in words:
            assert word in text
    assert page(client, world.rival_signer, pilot).status_code == 404


def test_the_page_costs_the_same_whatever_was_measured(client, pilot, walk):
    def cost():
        with CaptureQueriesContext(connection) as captured:
            assert page(client, walk.officer, pilot).status_code == 200
        return len(captured)

    measure(pilot, "failures_5m", 1)
    cost()
    one = cost()
    measure(pilot, "failures_5m", 2, 3, 4, after=10)
    measure(pilot, "investors", 2, 3)
    measure(pilot, "complaints_1d", 2, 3)
    assert cost() == one
