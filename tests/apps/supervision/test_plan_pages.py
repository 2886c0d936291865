"""Pages of the plan: who sees what, in both languages, and the way from a proposal into force."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from shidian.apps.supervision.domain import plan_changes
from shidian.apps.supervision.models import ControlReceipt, PlanChallenge

from .orders import fresh_code
from .plans import approve, propose, sign, tightened
from .things import PLAN, quick_pilot

pytestmark = pytest.mark.rendering
NOTED = "内部研判：不宜放宽"
LANGUAGES = pytest.mark.parametrize("language", ["zh-hans", "en"])


@pytest.fixture
def pilot(walk):
    return quick_pilot(walk)


def get(client, person, name, *args, language="zh-hans"):
    client.force_login(person)
    return client.get(
        reverse(f"supervision:{name}", args=args), headers={"accept-language": language}
    )


def post(client, person, name, *args, **data):
    client.force_login(person)
    return client.post(reverse(f"supervision:{name}", args=args), data, follow=True)


def form(**changed):
    return {**PLAN, "reason": "同意扩大", "basis": "试点协议第九条", **changed}


def answered(client, person, name, pilot, **data):
    """Open the page of an act, and answer its newest challenge."""
    get(client, person, name, pilot.public_id, 1)
    nonce = PlanChallenge.objects.filter(person=person).latest("pk").nonce
    return post(client, person, name, pilot.public_id, 1, nonce=nonce, **data)


@LANGUAGES
def test_a_looser_value_goes_the_whole_way_into_force(client, pilot, walk, world, language):
    second = world.case_officer["finance"]
    post(client, walk.officer, "plan-change", pilot.public_id, **form(losses_max="2000000"))
    page = get(client, walk.officer, "plan-proposal", pilot.public_id, 1, language=language).text
    assert {"zh-hans": "尚须 2 名人员批准", "en": "2 officers have to approve it"}[language] in page
    assert pilot.plan_versions.count() == 1

    for officer in (walk.officer, second):
        answered(client, officer, "plan-approve", pilot, code=fresh_code(officer))
    page = get(client, world.signer, "plan-proposal", pilot.public_id, 1, language=language).text
    assert {"zh-hans": "等待机构签署", "en": "The institution has to sign it"}[language] in page

    answered(client, world.signer, "plan-sign", pilot)
    version = pilot.plan_versions.latest("number")
    assert version.values["losses_max"] == "2000000"
    waiting = {"zh-hans": "待生效", "en": "pending"}[language]
    page = get(client, world.signer, "plan-proposal", pilot.public_id, 1, language=language).text
    assert f">{waiting}<" in page
    ControlReceipt.objects.create(outbox_id=version.outbox_id, entry=77, received_at=walk.at)
    page = get(client, world.signer, "plan-proposal", pilot.public_id, 1, language=language).text
    assert f">{waiting}<" not in page
    assert "77" in page


@LANGUAGES
def test_a_stricter_value_is_confirmed_with_a_code_of_ones_own(client, pilot, walk, language):
    page = post(client, walk.officer, "plan-change", pilot.public_id, **form(investors_max="50"))
    assert pilot.plan_versions.count() == 1
    nonce = PlanChallenge.objects.filter(person=walk.officer).earliest("pk").nonce
    shown = get(
        client, walk.officer, "plan-tighten", pilot.public_id, nonce, language=language
    ).text
    assert {"zh-hans": "收紧方案", "en": "Tighten the plan"}[language] in shown
    assert "同意扩大" in shown
    assert ">50 " in shown
    fresh_code(walk.officer)
    answer = {"nonce": PlanChallenge.objects.latest("pk").nonce, "code": "000000"}
    page = post(client, walk.officer, "plan-tighten", pilot.public_id, nonce, **answer)
    assert page.status_code == 422
    assert pilot.plan_versions.count() == 1
    answer = {"nonce": PlanChallenge.objects.latest("pk").nonce, "code": fresh_code(walk.officer)}
    page = post(client, walk.officer, "plan-tighten", pilot.public_id, nonce, **answer)
    assert page.status_code == 200
    assert pilot.plan_versions.latest("number").values["investors_max"] == "50"


def test_a_tightening_is_put_before_who_wrote_it_alone(client, pilot, walk, world):
    post(client, walk.officer, "plan-change", pilot.public_id, **form(investors_max="50"))
    nonce = PlanChallenge.objects.latest("pk").nonce
    others = (world.case_officer["finance"], world.signer, world.auditor, world.outsider)
    for person in others:
        page = get(client, person, "plan-tighten", pilot.public_id, nonce)
        assert page.status_code in (403, 404)
    assert get(client, walk.officer, "plan-tighten", pilot.public_id, "x").status_code == 404


def test_a_stricter_value_is_in_force_without_a_proposal(client, pilot, walk, world):
    post(client, walk.officer, "plan-change", pilot.public_id, **form(investors_max="50"))
    nonce = PlanChallenge.objects.latest("pk").nonce
    answer = {"nonce": nonce, "code": fresh_code(walk.officer)}
    post(client, walk.officer, "plan-tighten", pilot.public_id, nonce, **answer)
    assert pilot.plan_versions.latest("number").values["investors_max"] == "50"
    assert not pilot.plan_changes.exists()
    page = get(client, world.signer, "plan", pilot.public_id, language="en").text
    assert "Sign this version" in page
    get(client, world.signer, "plan-version-sign", pilot.public_id, 2)
    nonce = PlanChallenge.objects.latest("pk").nonce
    post(client, world.signer, "plan-version-sign", pilot.public_id, 2, nonce=nonce)
    page = get(client, world.signer, "plan", pilot.public_id, language="en").text
    assert "Signed by the institution on" in page


def test_a_form_with_an_error_says_where_and_loses_nothing(client, pilot, walk):
    page = post(client, walk.officer, "plan-change", pilot.public_id, **form(investors_max="many"))
    assert page.status_code == 422
    assert 'value="many"' in page.text
    assert "试点协议第九条" in page.text
    page = post(
        client, walk.officer, "plan-change", pilot.public_id, **form(losses_max="2000000", basis="")
    )
    assert page.status_code == 422


def test_a_wrong_code_or_an_old_page_changes_nothing(client, pilot, walk):
    propose(pilot, walk.officer, walk.tick())
    fresh_code(walk.officer)
    page = answered(client, walk.officer, "plan-approve", pilot, code="000000")
    assert page.status_code == 422
    page = post(client, walk.officer, "plan-approve", pilot.public_id, 1, nonce="x", code="123456")
    assert page.status_code == 422
    page = post(client, walk.officer, "plan-approve", pilot.public_id, 1, nonce="x")
    assert page.status_code == 422
    page = answered(client, walk.officer, "plan-approve", pilot, credential="{broken")
    assert page.status_code == 422
    page = answered(client, walk.officer, "plan-approve", pilot)
    assert page.status_code == 422
    assert not pilot.plan_changes.get().approvals.exists()


PAGES = ("plan-proposal", "plan-sign", "plan-approve", "plan-end")


def test_a_proposal_is_the_authorities_own_until_officers_approved_it(client, pilot, walk, world):
    change = propose(pilot, walk.officer, walk.tick())
    for person in (world.signer, world.drafter):
        assert get(client, person, "plan-proposal", pilot.public_id, 1).status_code == 404
        assert change.reason_zh not in get(client, person, "plan", pilot.public_id).text
    assert get(client, world.signer, "plan-sign", pilot.public_id, 1).status_code == 404
    assert get(client, world.auditor, "plan-proposal", pilot.public_id, 1).status_code == 200


def test_a_declined_proposal_and_its_note_never_reach_the_institution(client, pilot, walk, world):
    second = world.case_officer["finance"]
    change = approve(propose(pilot, walk.officer, walk.tick()), walk.officer, walk.tick())
    approve(change, second, walk.tick())
    plan_changes.decline_change(change=change, reason=NOTED, by=second)
    assert NOTED in get(client, walk.officer, "plan-proposal", pilot.public_id, 1).text
    assert NOTED in get(client, world.auditor, "plan-proposal", pilot.public_id, 1).text
    for person in (world.signer, world.drafter):
        for name in PAGES:
            assert get(client, person, name, pilot.public_id, 1).status_code == 404
        for name in ("plan", "pilot"):
            page = get(client, person, name, pilot.public_id).text
            assert NOTED not in page
            assert change.reason_zh not in page


def test_the_institution_reads_no_officers_name(client, pilot, walk, world):
    second = world.case_officer["finance"]
    tightened(pilot=pilot, values={"investors_max": "5"}, reason="理由", by=walk.officer)
    change = approve(propose(pilot, walk.officer, walk.tick()), walk.officer, walk.tick())
    sign(approve(change, second, walk.tick()), world.signer, walk.tick())
    pages = [("plan-proposal", 1), ("plan",), ("pilot",)]
    for name, *more in pages:
        read = get(client, walk.officer, name, pilot.public_id, *more).text
        assert walk.officer.name in read
        read = get(client, world.signer, name, pilot.public_id, *more).text
        assert second.name not in read
        assert walk.officer.name not in read


@pytest.mark.parametrize("who", ["rival_signer", "outsider"])
def test_nobody_else_finds_a_plan_nor_its_changes(client, pilot, walk, world, who):
    change = approve(propose(pilot, walk.officer, walk.tick()), walk.officer, walk.tick())
    sign(approve(change, world.case_officer["finance"], walk.tick()), world.signer, walk.tick())
    person = getattr(world, who)
    for name in ("plan", "plan-change"):
        assert get(client, person, name, pilot.public_id).status_code == 404
    for name in (*PAGES, "plan-version-sign"):
        assert get(client, person, name, pilot.public_id, 1).status_code == 404
        assert post(client, person, name, pilot.public_id, 1).status_code == 404


def test_another_pilots_change_is_not_there(client, pilot, walk, world):
    from tests.factories import Walk

    propose(pilot, walk.officer, walk.tick())
    other = quick_pilot(Walk(world, title="另一项目"))
    assert get(client, walk.officer, "plan-proposal", other.public_id, 1).status_code == 404
    assert get(client, walk.officer, "plan-version-sign", other.public_id, 7).status_code == 404


def test_the_page_costs_the_same_for_one_version_and_three(client, pilot, walk):
    def cost():
        with CaptureQueriesContext(connection) as captured:
            assert get(client, walk.officer, "plan", pilot.public_id).status_code == 200
        return len(captured)

    cost()
    one = cost()
    for value in ("90", "80"):
        tightened(pilot=pilot, values={"investors_max": value}, reason="理由", by=walk.officer)
    change = propose(pilot, walk.officer, walk.tick())
    plan_changes.withdraw_change(change=change, reason="x", by=walk.officer)
    three = cost()
    change = propose(pilot, walk.officer, walk.tick())
    plan_changes.withdraw_change(change=change, reason="x", by=walk.officer)
    assert cost() == three
    assert three <= one + 3
