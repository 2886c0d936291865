"""Loosening a plan: two officers, each with a fresh factor, and the institution's signature."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from shidian.apps.accounts.domain.proving import NotProvenError
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.models import Outbox
from shidian.apps.supervision.domain import plan_changes, plan_signing, plan_steps
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.instants import to_us
from shidian.apps.supervision.domain.orders.approving import CodeAnswer, PasskeyAnswer
from shidian.apps.supervision.models import PlanApproval, PlanChallenge, PlanSignature
from shidian.apps.supervision.worker import projection
from shidian_kit.wire.digest import sha256_tag

from . import orders as given_orders
from .orders import Passkey, fresh_code, give_codes, on_site
from .plans import LOOSER, approve, propose, sign, tightened
from .things import PLAN, item, quick_pilot, reading


@pytest.fixture
def pilot(walk):
    return quick_pilot(walk)


@pytest.fixture
def second(world):
    return world.case_officer["finance"]


def approved(pilot, walk, second, **more):
    """A change that waits for the institution alone."""
    change = approve(propose(pilot, walk.officer, walk.tick(), **more), walk.officer, walk.tick())
    return approve(change, second, walk.tick())


def newest(pilot):
    return pilot.plan_versions.latest("number")


def test_a_change_is_in_force_once_two_officers_and_the_institution_carry_it(
    pilot, walk, world, second
):
    change = propose(pilot, walk.officer, walk.tick())
    assert newest(pilot).values == PLAN
    change = approve(change, walk.officer, walk.tick())
    assert (change.state, newest(pilot).number) == ("proposed", 1)
    change = approve(change, second, walk.tick())
    assert (change.state, newest(pilot).number) == ("proposed", 1)

    change = sign(change, world.signer, walk.tick())
    version = newest(pilot)
    assert (change.state, version.number, version.change_id) == ("in-force", 2, change.pk)
    assert version.values == {**PLAN, **LOOSER}
    record = Outbox.objects.get(pk=version.outbox_id)
    assert (record.topic, record.payload["plan"]) == ("gate.control", version.values)


def test_what_is_approved_and_signed_is_one_text_and_its_proof_is_kept(pilot, walk, world, second):
    change = sign(approved(pilot, walk, second), world.signer, walk.tick())
    text = json.loads(change.canonical)
    assert text["values"] == LOOSER
    assert text["plan"] == {**PLAN, **LOOSER}
    assert text["base"] == 1
    rows = [*PlanApproval.objects.all(), *PlanSignature.objects.all()]
    assert (
        {row.digest for row in rows} == {change.digest} == {sha256_tag(change.canonical.encode())}
    )
    assert len({row.factor_use for row in rows}) == 3
    assert len({row.nonce for row in rows}) == 3
    assert [row.method for row in rows] == ["totp", "totp", "session"]


def test_the_same_officer_is_not_two(pilot, walk):
    change = approve(propose(pilot, walk.officer, walk.tick()), walk.officer, walk.tick())
    with pytest.raises(SupervisionError, match=r"another|另"):
        approve(change, walk.officer, walk.tick())


def test_the_institution_cannot_sign_before_the_officers(pilot, walk, world):
    change = approve(propose(pilot, walk.officer, walk.tick()), walk.officer, walk.tick())
    with pytest.raises(SupervisionError):
        sign(change, world.signer, walk.tick())


@pytest.mark.parametrize("who", ["drafter", "rival_signer", "signer", "outsider", "auditor"])
def test_who_is_no_officer_in_charge_neither_proposes_nor_approves(pilot, walk, world, who):
    person = getattr(world, who)
    with pytest.raises(ForbiddenError):
        propose(pilot, person, walk.tick())
    change = propose(pilot, walk.officer, walk.tick())
    give_codes(person)
    with pytest.raises(ForbiddenError):
        approve(change, person, walk.tick())
    with pytest.raises(ForbiddenError):
        plan_changes.decline_change(change=change, reason="x", by=person)


@pytest.mark.parametrize("who", ["drafter", "rival_signer", "partner_drafter", "outsider"])
def test_only_a_signer_of_the_lead_signs(pilot, walk, world, second, who):
    change = approved(pilot, walk, second)
    with pytest.raises(ForbiddenError):
        sign(change, getattr(world, who), walk.tick())
    with pytest.raises(ForbiddenError):
        sign(change, walk.officer, walk.tick())


def test_a_signer_with_a_second_factor_must_use_it(pilot, walk, world, second):
    change = approved(pilot, walk, second)
    give_codes(world.signer)
    with pytest.raises(NotProvenError):
        sign(change, world.signer, walk.tick())
    challenge = plan_signing.begin_plan_signature(of=change, by=world.signer, at=walk.tick())
    answer = CodeAnswer(fresh_code(world.signer))
    plan_signing.sign_plan(challenge=challenge, answer=answer, by=world.signer, at=walk.at)
    assert newest(pilot).number == 2


def test_a_passkey_signs_the_very_change_and_no_other_text(pilot, walk, second):
    passkey = Passkey(second)
    change = propose(pilot, walk.officer, walk.tick())
    for wrong in (b"0" * 32, None):
        challenge = plan_signing.begin_plan_approval(change=change, by=second, at=walk.tick())
        signed = wrong or plan_signing.plan_challenge_bytes(challenge)
        with on_site():
            answer = PasskeyAnswer(passkey.sign(signed))
            if wrong:
                with pytest.raises(NotProvenError):
                    plan_signing.approve_change(
                        challenge=challenge, answer=answer, by=second, at=walk.at
                    )
            else:
                plan_signing.approve_change(
                    challenge=challenge, answer=answer, by=second, at=walk.at
                )
    assert PlanApproval.objects.get().method == "webauthn"


def test_a_challenge_serves_once_for_ten_minutes_and_one_person(pilot, walk, second):
    change = propose(pilot, walk.officer, walk.tick())
    challenge = plan_signing.begin_plan_approval(change=change, by=walk.officer, at=walk.at)

    def answer(by, at):
        return plan_signing.approve_change(
            challenge=challenge, answer=CodeAnswer(fresh_code(by)), by=by, at=at
        )

    with pytest.raises(SupervisionError):
        answer(second, walk.at)
    with pytest.raises(SupervisionError):
        answer(walk.officer, walk.at + timedelta(minutes=11))
    answer(walk.officer, walk.at)
    with pytest.raises(SupervisionError):
        answer(walk.officer, walk.at)


def test_a_code_that_served_an_order_serves_no_change(pilot, walk):
    code = fresh_code(walk.officer)
    order = given_orders.propose(pilot, "warn", walk.officer, walk.tick())
    given_orders.approve(order, walk.officer, walk.tick(), code)
    change = propose(pilot, walk.officer, walk.tick())
    with pytest.raises(NotProvenError):
        approve(change, walk.officer, walk.tick(), code)


def test_a_mixed_change_is_a_loosening_and_not_taken_by_the_short_way(pilot, walk):
    mixed = {"investors_max": "50", "losses_max": "2000000"}
    with pytest.raises(SupervisionError):
        tightened(pilot=pilot, values=mixed, reason="理由", by=walk.officer)
    assert propose(pilot, walk.officer, walk.tick(), values=mixed).state == "proposed"


def test_what_only_tightens_needs_no_proposal(pilot, walk):
    with pytest.raises(SupervisionError):
        propose(pilot, walk.officer, walk.tick(), values={"investors_max": "50"})


@pytest.mark.parametrize(
    ("values", "field"),
    [({"investors_max": "x"}, "investors_max"), ({"unknown": "1"}, "unknown"), ({}, None)],
)
def test_values_that_mean_nothing_are_refused(pilot, walk, values, field):
    with pytest.raises(SupervisionError) as refusal:
        propose(pilot, walk.officer, walk.tick(), values=values)
    assert refusal.value.field == field


def test_a_plan_tightened_meanwhile_stops_the_change(pilot, walk, world, second):
    change = approved(pilot, walk, second)
    tightened(pilot=pilot, values={"investors_max": "5"}, reason="理由", by=walk.officer)
    with pytest.raises(SupervisionError, match=r"anew|重新"):
        sign(change, world.signer, walk.tick())
    plan_changes.decline_change(change=change, reason="方案已变更", by=second)
    assert propose(pilot, walk.officer, walk.tick()).number == 2


def test_one_change_is_open_at_a_time(pilot, walk):
    first = propose(pilot, walk.officer, walk.tick())
    with pytest.raises(SupervisionError, match="1"):
        propose(pilot, walk.officer, walk.tick())
    plan_changes.withdraw_change(change=first, reason="另行提出", by=walk.officer)
    assert propose(pilot, walk.officer, walk.tick()).number == 2


def test_a_restriction_is_lifted_by_an_order_and_not_around_it(pilot, walk):
    lower = {"losses_max": "50"}
    order = given_orders.propose(pilot, "restrict", walk.officer, walk.tick(), plan=lower)
    with pytest.raises(SupervisionError, match=order.public_id):
        propose(pilot, walk.officer, walk.tick())
    given_orders.approve(order, walk.officer, walk.tick())
    with pytest.raises(SupervisionError, match=order.public_id):
        propose(pilot, walk.officer, walk.tick(), values={"losses_max": "60"})


def test_an_order_to_stop_that_is_open_stops_the_signature(pilot, walk, world, second):
    change = approved(pilot, walk, second)
    given_orders.propose(pilot, "suspend", walk.officer, walk.tick())
    with pytest.raises(SupervisionError):
        sign(change, world.signer, walk.tick())
    assert not PlanSignature.objects.exists()
    assert newest(pilot).number == 1


def test_only_who_proposed_it_withdraws_it_and_it_ends_once(pilot, walk, second):
    change = propose(pilot, walk.officer, walk.tick())
    with pytest.raises(ForbiddenError):
        plan_changes.withdraw_change(change=change, reason="x", by=second)
    with pytest.raises(SupervisionError):
        plan_changes.decline_change(change=change, reason=" ", by=second)
    plan_changes.decline_change(change=change, reason="理由不足", by=second)
    with pytest.raises(SupervisionError):
        plan_changes.withdraw_change(change=change, reason="x", by=walk.officer)
    with pytest.raises(SupervisionError):
        approve(change, second, walk.tick())


def test_the_institution_signs_what_an_officer_tightened_and_once(pilot, walk, world):
    version = tightened(pilot=pilot, values={"investors_max": "50"}, reason="理由", by=walk.officer)
    sign(version, world.signer, walk.tick())
    assert PlanSignature.objects.get().version == version
    with pytest.raises(SupervisionError):
        sign(version, world.signer, walk.tick())
    with pytest.raises(SupervisionError):
        sign(pilot.plan_versions.get(number=1), world.signer, walk.tick())


def test_lifting_a_restriction_still_returns_the_values(pilot, walk, second):
    order = given_orders.propose(pilot, "restrict", walk.officer, walk.tick())
    given_orders.approve(order, walk.officer, walk.tick())
    assert newest(pilot).values["investors_max"] == "50"
    lifting = given_orders.propose(pilot, "resume", walk.officer, walk.tick())
    given_orders.approve(lifting, walk.officer, walk.tick())
    given_orders.approve(lifting, second, walk.tick())
    assert newest(pilot).values == PLAN
    assert newest(pilot).order_id == lifting.pk


def test_ten_wrong_codes_and_no_more(pilot, walk):
    give_codes(walk.officer)
    change = propose(pilot, walk.officer, walk.tick())
    for _ in range(10):
        challenge = plan_signing.begin_plan_approval(change=change, by=walk.officer, at=walk.at)
        with pytest.raises(NotProvenError):
            plan_signing.approve_change(
                challenge=challenge, answer=CodeAnswer("000000"), by=walk.officer, at=walk.at
            )
    challenge = plan_signing.begin_plan_approval(change=change, by=walk.officer, at=walk.at)
    with pytest.raises(SupervisionError):
        plan_signing.approve_change(
            challenge=challenge,
            answer=CodeAnswer(fresh_code(walk.officer)),
            by=walk.officer,
            at=walk.at,
        )
    assert PlanChallenge.objects.filter(used_at=None).count() == 1


def stepped(walk, days=120):
    """A pilot that has run long enough and well enough for the first step, and when that is."""
    pilot = quick_pilot(walk)
    projection.apply_readings(
        [reading(pilot, seq, value=3, indicator=name)
         for seq, name in enumerate(("failures_5m", "complaints_1d"), start=1)]
    )  # fmt: skip
    walk.sleep(days)
    return pilot


def propose_step(pilot, walk, **more):
    said = {"step": "second-step", "reason": "同意扩大", "basis": "试点协议第九条"} | more
    return plan_changes.propose_step(pilot=pilot, by=walk.officer, at=walk.tick(), **said)


def test_a_step_raises_what_the_rulebook_says_and_only_by_decision(walk, world, second):
    pilot = stepped(walk)
    change = propose_step(pilot, walk)
    assert change.values == {"investors_max": "200", "turnover_daily_max": "2000000.00"}
    assert [fact["met"] for fact in change.facts] == [True] * 4
    assert json.loads(change.canonical)["facts"] == change.facts
    assert newest(pilot).values == PLAN
    approve(change, walk.officer, walk.tick())
    sign(approve(change, second, walk.tick()), world.signer, walk.tick())
    assert newest(pilot).values["investors_max"] == "200"
    assert plan_steps.judged_step(pilot) is None
    with pytest.raises(SupervisionError):
        propose_step(pilot, walk)


@pytest.mark.parametrize("days", [0, 88])
def test_a_step_is_not_open_before_its_time(walk, days):
    with pytest.raises(SupervisionError):
        propose_step(stepped(walk, days), walk)


def test_a_breach_closes_a_step_even_when_officers_have_approved_it(walk, world, second):
    pilot = stepped(walk)
    change = propose_step(pilot, walk)
    approve(change, walk.officer, walk.tick())
    approve(change, second, walk.tick())
    start_us = to_us(walk.at)
    projection.apply_items([item(pilot, 5, start_us=start_us, since_us=start_us, at_us=start_us)])
    with pytest.raises(SupervisionError):
        sign(change, world.signer, walk.tick())
    assert newest(pilot).number == 1


def test_an_unknown_indicator_value_is_not_met(walk):
    pilot = quick_pilot(walk)
    walk.sleep(120)
    with pytest.raises(SupervisionError):
        propose_step(pilot, walk)


def test_what_rises_in_steps_is_not_raised_beside_them_but_returned_to_what_it_was(walk):
    pilot = quick_pilot(walk)
    with pytest.raises(SupervisionError) as refusal:
        propose(pilot, walk.officer, walk.tick(), values={"investors_max": "101"})
    assert refusal.value.field == "investors_max"
    tightened(pilot=pilot, values={"investors_max": "50"}, reason="理由", by=walk.officer)
    assert propose(pilot, walk.officer, walk.tick(), values={"investors_max": "100"}).number == 1
