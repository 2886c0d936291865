"""The database itself refuses a plan that its officers do not carry, whoever writes."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from shidian.apps.supervision.domain.plan_text import text_of_tightening
from shidian.apps.supervision.models import (
    PlanApproval,
    PlanSignature,
    PlanTightening,
    PlanVersion,
)
from shidian.apps.supervision.plan_triggers import TRIGGERS
from shidian_kit.wire.digest import sha256_tag

from . import orders as given_orders
from .plans import approve, propose, sign, tightened
from .things import PLAN, quick_pilot


@pytest.fixture
def pilot(walk):
    return quick_pilot(walk)


def refused(statement: str, *params: object) -> None:
    with (
        pytest.raises(IntegrityError, match=r"plan|append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, params)


def version(pilot, values, number=2, **more):
    return PlanVersion(
        pilot=pilot,
        number=number,
        values={**PLAN, **values},
        effective_us=0,
        made_at=pilot.created_at,
        **more,
    )


def write_refused(row):
    with pytest.raises(IntegrityError, match="plan"), transaction.atomic():
        row.save(force_insert=True)


IN_FORCE = "UPDATE supervision_planchange SET state = 'in-force', in_force_at = proposed_at"


def test_the_triggers_stand(db):
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
        assert set(TRIGGERS.names()) <= {row[0] for row in cursor.fetchall()}


@pytest.mark.parametrize("value", ["101", "100.01", "1000000000"])
def test_a_looser_version_that_nothing_carries_is_refused(pilot, walk, value):
    write_refused(version(pilot, {"investors_max": value}, made_by=walk.officer))
    without = version(pilot, {})
    del without.values["investors_max"]
    write_refused(without)


def test_a_version_that_changes_nothing_needs_nothing(pilot):
    version(pilot, {}).save(force_insert=True)


@pytest.mark.parametrize("value", ["100.00", "99.99", "9"])
def test_a_stricter_version_that_nobody_proved_is_refused(pilot, walk, value):
    write_refused(version(pilot, {"investors_max": value}))
    write_refused(version(pilot, {"investors_max": value}, made_by=walk.officer))


def proof(pilot, officer, values, **more):
    """Of an officer who tightened the newest version of a pilot's plan so."""
    newest = pilot.plan_versions.latest("number")
    text = text_of_tightening(newest, values, reason="投诉较多")
    given = {
        "at": pilot.created_at,
        "digest": sha256_tag(text.encode()),
        "nonce": "n",
        "challenge": "c",
        "method": "totp",
        "factor_use": "u",
        "evidence": {},
    }
    return PlanTightening(officer=officer, canonical=text, **(given | more))


STRICTER = {"investors_max": "50"}


def test_a_stricter_version_is_carried_by_the_proof_of_its_officer(pilot, walk):
    kept = proof(pilot, walk.officer, STRICTER)
    kept.save(force_insert=True)
    version(pilot, STRICTER, made_by=walk.officer, tightening=kept).save(force_insert=True)
    assert pilot.plan_versions.latest("number").values["investors_max"] == "50"


def test_a_proof_carries_nothing_but_its_own_text_of_its_own_officer(pilot, walk, world):
    from tests.factories import Walk

    kept = proof(pilot, walk.officer, STRICTER)
    kept.save(force_insert=True)
    by = {"made_by": walk.officer, "tightening": kept}
    write_refused(version(pilot, {"investors_max": "40"}, **by))
    write_refused(version(pilot, STRICTER | {"losses_max": "5"}, **by))
    without = version(pilot, STRICTER, **by)
    del without.values["losses_max"]
    write_refused(without)
    for person in (world.case_officer["finance"], None):
        write_refused(version(pilot, STRICTER, made_by=person, tightening=kept))
    other = quick_pilot(Walk(world, title="另一项目"))
    write_refused(version(other, STRICTER, **by))
    version(pilot, STRICTER, **by).save(force_insert=True)
    write_refused(version(pilot, {"investors_max": "30"}, number=3, **by))


def test_a_proof_is_an_officers_and_its_factor_served_no_order(pilot, walk, world):
    order = given_orders.propose(pilot, "warn", walk.officer, walk.tick())
    given_orders.approve(order, walk.officer, walk.tick())
    used = order.approvals.get().factor_use
    write_refused(proof(pilot, walk.officer, STRICTER, factor_use=used))
    for person in (world.signer, world.auditor):
        write_refused(proof(pilot, person, STRICTER))


def test_a_stricter_version_names_no_order_that_nobody_approved(pilot, walk):
    order = given_orders.propose(
        pilot, "restrict", walk.officer, walk.tick(), plan={"investors_max": "50"}
    )
    warning = given_orders.propose(pilot, "warn", walk.officer, walk.tick())
    given_orders.approve(warning, walk.officer, walk.tick())
    for one in (order, warning):
        write_refused(version(pilot, STRICTER, order=one, made_by=walk.officer))
    given_orders.approve(order, walk.officer, walk.tick())
    assert pilot.plan_versions.latest("number").order == order


def test_mixed_versions_and_gaps_are_refused(pilot):
    write_refused(version(pilot, {"investors_max": "1", "losses_max": "1000000.01"}))
    write_refused(version(pilot, {}, number=3))


def test_a_change_needs_two_officers_and_the_institution(pilot, walk, world):
    change = propose(pilot, walk.officer, walk.tick())
    refused(IN_FORCE)
    change = approve(change, walk.officer, walk.tick())
    refused(IN_FORCE)
    refused("UPDATE supervision_planchange SET required_approvals = 1")
    change = approve(change, world.case_officer["finance"], walk.tick())
    refused(IN_FORCE)
    write_refused(version(pilot, {"losses_max": "2000000"}, change=change))
    sign(change, world.signer, walk.tick())


def test_a_change_of_another_pilot_carries_nothing(pilot, walk, world):
    from tests.factories import Walk

    change = propose(pilot, walk.officer, walk.tick())
    approve(change, walk.officer, walk.tick())
    approve(change, world.case_officer["finance"], walk.tick())
    change = sign(change, world.signer, walk.tick())
    other = quick_pilot(Walk(world, title="另一项目"))
    write_refused(version(other, {"investors_max": "200"}, change=change))


def test_an_order_carries_what_its_kind_can(pilot, walk):
    warning = given_orders.propose(pilot, "warn", walk.officer, walk.tick())
    given_orders.approve(warning, walk.officer, walk.tick())
    restriction = given_orders.propose(pilot, "restrict", walk.officer, walk.tick())
    for order in (warning, restriction):
        write_refused(version(pilot, {"investors_max": "200"}, order=order))
    given_orders.approve(restriction, walk.officer, walk.tick())
    lifting = given_orders.propose(pilot, "resume", walk.officer, walk.tick())
    given_orders.approve(lifting, walk.officer, walk.tick())
    write_refused(version(pilot, {"investors_max": "100"}, number=3, order=lifting))


def evidence(change, **more):
    return {
        "at": change.proposed_at,
        "digest": change.digest,
        "nonce": "n",
        "challenge": "c",
        "method": "totp",
        "factor_use": "u",
        "evidence": {},
    } | more


def test_approvals_are_given_by_officers_of_this_text_and_with_a_fresh_factor(pilot, walk, world):
    change = propose(pilot, walk.officer, walk.tick())
    order = given_orders.propose(pilot, "warn", walk.officer, walk.tick())
    given_orders.approve(order, walk.officer, walk.tick())
    used = order.approvals.get().factor_use
    for officer, more in (
        (walk.officer, {"digest": "sha256:x"}),
        (walk.officer, {"factor_use": used}),
        (world.signer, {}),
    ):
        write_refused(PlanApproval(change=change, officer=officer, **evidence(change, **more)))


def test_signatures_are_given_by_signers_of_the_lead_after_the_officers(pilot, walk, world):
    change = propose(pilot, walk.officer, walk.tick())
    write_refused(PlanSignature(change=change, signer=world.signer, **evidence(change)))
    approve(change, walk.officer, walk.tick())
    approve(change, world.case_officer["finance"], walk.tick())
    for signer in (world.drafter, world.rival_signer, walk.officer):
        write_refused(PlanSignature(change=change, signer=signer, **evidence(change)))
    wrong = evidence(change, digest="sha256:x")
    write_refused(PlanSignature(change=change, signer=world.signer, **wrong))
    first = pilot.plan_versions.get()
    write_refused(PlanSignature(version=first, signer=world.drafter, **evidence(change)))


def test_what_is_written_stays(pilot, walk, world):
    change = propose(pilot, walk.officer, walk.tick())
    approve(change, walk.officer, walk.tick())
    approve(change, world.case_officer["finance"], walk.tick())
    sign(change, world.signer, walk.tick())
    tightened(pilot=pilot, values=STRICTER, reason="理由", by=walk.officer)
    for table in ("planchange", "planapproval", "plansignature", "planversion", "plantightening"):
        refused(f"DELETE FROM supervision_{table}")
    for statement in (
        "planchange SET state = 'proposed'",
        "planchange SET state = 'declined'",
        "planchange SET canonical = 'x'",
        "planapproval SET digest = 'x'",
        "plansignature SET signer_id = 1",
        "planversion SET change_id = NULL",
        "plantightening SET digest = 'x'",
    ):
        refused(f"UPDATE supervision_{statement}")
