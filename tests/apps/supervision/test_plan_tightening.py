"""Tightening a plan takes one officer, who proves it by a second factor used for that very text."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shidian.apps.accounts.domain.proving import NotProvenError
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.orders.approving import CHALLENGE_LIVES, CodeAnswer
from shidian.apps.supervision.domain.plan_tightening import (
    begin_again,
    begin_tightening,
    tighten_plan,
    told,
)
from shidian.apps.supervision.models import PlanTightening
from shidian_kit.wire.digest import sha256_tag

from .orders import approve as approve_order
from .orders import fresh_code
from .orders import propose as propose_order
from .plans import approve, propose, tightened
from .things import quick_pilot

STRICTER = {"investors_max": "50"}


@pytest.fixture
def pilot(walk):
    return quick_pilot(walk)


def begun(pilot, walk, **more):
    said = {"values": STRICTER, "reason": "投诉较多", "by": walk.officer, "at": walk.at}
    return begin_tightening(pilot=pilot, **(said | more))


def tighten(challenge, by, at, code=""):
    answer = CodeAnswer(code or fresh_code(by))
    return tighten_plan(challenge=challenge, answer=answer, by=by, at=at)


def test_a_code_for_the_very_text_puts_it_in_force_and_is_kept(pilot, walk):
    challenge = begun(pilot, walk)
    assert pilot.plan_versions.count() == 1, "nothing changes before"
    version = tighten(challenge, walk.officer, walk.at)
    assert version.values["investors_max"] == "50"
    assert (version.made_by, version.reason) == (walk.officer, "投诉较多")
    kept = version.tightening
    assert kept.officer == walk.officer
    assert kept.digest == sha256_tag(challenge.canonical.encode())
    assert kept.method == "totp"


def test_a_wrong_code_changes_nothing_and_uses_the_challenge_up(pilot, walk):
    challenge = begun(pilot, walk)
    fresh_code(walk.officer)
    with pytest.raises(NotProvenError):
        tighten(challenge, walk.officer, walk.at, code="000000")
    with pytest.raises(SupervisionError):
        tighten(challenge, walk.officer, walk.at)
    assert pilot.plan_versions.count() == 1
    again = begin_again(challenge=challenge, by=walk.officer, at=walk.at)
    assert told(again) == told(challenge)
    tighten(again, walk.officer, walk.at)
    assert pilot.plan_versions.count() == 2


def test_a_code_serves_once_whatever_it_served(pilot, walk, world):
    second = world.case_officer["finance"]
    code = fresh_code(walk.officer)
    first, other = begun(pilot, walk), begun(pilot, walk)
    tighten(first, walk.officer, walk.at, code=code)
    with pytest.raises((NotProvenError, SupervisionError)):
        tighten(other, walk.officer, walk.at, code=code)
    change = propose(pilot, second, walk.tick())
    with pytest.raises(NotProvenError):
        approve(change, walk.officer, walk.at, code=code)
    assert PlanTightening.objects.count() == 1


def test_a_code_that_served_an_order_tightens_nothing(pilot, walk):
    code = fresh_code(walk.officer)
    order = propose_order(pilot, "remind", walk.officer, walk.tick())
    approve_order(order, walk.officer, walk.at, code=code)
    with pytest.raises(NotProvenError):
        tighten(begun(pilot, walk), walk.officer, walk.at, code=code)
    assert pilot.plan_versions.count() == 1


def test_nobody_elses_challenge_serves(pilot, walk, world):
    second = world.case_officer["finance"]
    challenge = begun(pilot, walk)
    with pytest.raises(SupervisionError):
        tighten(challenge, second, walk.at)
    with pytest.raises(ForbiddenError):
        begin_again(challenge=challenge, by=second)
    for person in (world.signer, world.drafter, world.auditor, world.outsider):
        with pytest.raises(ForbiddenError):
            begun(pilot, walk, by=person)


def test_what_was_looked_at_is_what_is_tightened(pilot, walk):
    challenge = begun(pilot, walk)
    tightened(pilot=pilot, values={"investors_max": "60"}, reason="x", by=walk.officer)
    with pytest.raises(SupervisionError, match=r"."):
        tighten(challenge, walk.officer, walk.at)
    assert pilot.plan_versions.latest("number").values["investors_max"] == "60"
    with pytest.raises(SupervisionError):
        begin_again(challenge=challenge, by=walk.officer)


def test_an_old_challenge_serves_no_more(pilot, walk):
    challenge = begun(pilot, walk)
    late = walk.at + CHALLENGE_LIVES + timedelta(seconds=1)
    with pytest.raises(SupervisionError):
        tighten(challenge, walk.officer, late)


@pytest.mark.parametrize(
    ("values", "reason"),
    [(STRICTER, " "), ({"investors_max": "200"}, "x"), ({}, "x"), ({"nothing": "1"}, "x")],
)
def test_what_does_not_tighten_is_not_put_before_anybody(pilot, walk, values, reason):
    with pytest.raises(SupervisionError):
        begun(pilot, walk, values=values, reason=reason)
