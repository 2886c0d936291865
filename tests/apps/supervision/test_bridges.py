"""While a licence is pending: asked for by the firm, granted by a signing officer, ended or lapsed."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.models import Outbox
from shidian.apps.record.acts import all_acts, untold
from shidian.apps.record.domain import prepare_leaves
from shidian.apps.record.models import LeafRow
from shidian.apps.supervision.domain import bridges as verbs
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.models import BridgeStep, LicenceResult, Pilot
from shidian.core.procedure.bridging import BridgeState
from shidian.core.rulebook.model import StageKind

from .things import run_outbox

pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def ended(walk):
    """Its pilot has graduated."""
    walk.to(StageKind.CLOSED)
    run_outbox()
    assert walk.case.outcome == "graduated"
    return walk


def ask(walk, **more):
    given = {
        "licence": "证券投资咨询业务许可",
        "authority": "示范市证券监管局",
        "receipt": "受理 2026-17",
        "applied_on": walk.at.date(),
        "by": walk.world.signer,
        "at": walk.tick(),
    }
    return verbs.ask_for_bridge(case=walk.case, **given | more)


def decider(walk):
    return walk.world.signing_officer["bureau"]


def grant(walk, **more):
    given = {"reason": "存量客户需要持续服务。", "by": decider(walk), "at": walk.tick()}
    return verbs.grant_bridge(case=walk.case, **given | more)


def leaves(kind):
    return Outbox.objects.filter(topic="record.leaf", payload__kind=kind)


def test_it_holds_from_the_grant_for_the_rulebooks_time_under_the_plan_as_it_was(ended):
    ask(ended)
    step = grant(ended)

    assert step.ends_on == step.starts_on.replace(year=step.starts_on.year + 1)
    assert (step.business, step.plan_version) == ("existing", 1)
    assert Pilot.objects.get(case=ended.case).state == "closed"
    standing = verbs.standing_bridge(ended.case)
    assert (standing.state, standing.ends_on) == (BridgeState.OPEN, step.ends_on)
    (row,) = leaves("bridge.granted")
    prepare_leaves(slot_s=3600, now=ended.at)
    leaf = LeafRow.objects.get(outbox=row)
    assert (leaf.sealed, leaf.opened) == (True, False)
    assert "持续服务" not in bytes(leaf.leaf).decode()
    assert untold(all_acts()) == []
    told = Outbox.objects.filter(payload__kind="bridge").values_list("topic", flat=True)
    assert set(told) == {"mail.signing-officer", "mail.applicant", "mail.officer"}


def test_a_bridge_is_not_granted_longer_than_the_rulebook_lets_it(ended):
    ask(ended)
    for days in (-1, 400):
        with pytest.raises(SupervisionError) as refused:
            grant(ended, ends_on=(ended.at + timedelta(days=days)).date())
        assert refused.value.field == "ends_on"
    shorter = (ended.at + timedelta(days=30)).date()
    assert grant(ended, ends_on=shorter).ends_on == shorter


@pytest.mark.parametrize("field", ["licence", "authority", "receipt"])
def test_what_was_applied_for_must_be_stated(ended, field):
    with pytest.raises(SupervisionError) as refused:
        ask(ended, **{field: " "})
    assert refused.value.field == field
    assert not BridgeStep.objects.exists()


def test_it_follows_only_on_a_pilot_that_ended_as_the_rulebook_says_and_in_time(walk):
    walk.to(StageKind.EVALUATION)
    with pytest.raises(SupervisionError, match="尚未以"):
        ask(walk)
    walk.close()
    walk.sleep(60)
    with pytest.raises(SupervisionError, match="最后一日"):
        ask(walk)


def test_one_is_open_at_a_time_and_another_may_follow(ended):
    ask(ended)
    with pytest.raises(SupervisionError):
        ask(ended)
    verbs.decline_bridge(case=ended.case, reason="材料不全", by=decider(ended), at=ended.tick())
    ask(ended)
    grant(ended)
    with pytest.raises(SupervisionError):
        grant(ended)
    with pytest.raises(SupervisionError):
        verbs.decline_bridge(case=ended.case, reason="x", by=decider(ended), at=ended.tick())
    ended_now = verbs.end_bridge(
        case=ended.case,
        result=LicenceResult.GRANTED,
        reason="牌照已核发",
        by=decider(ended),
        at=ended.tick(),
    )
    assert (ended_now.number, ended_now.result) == (2, "granted")
    assert leaves("bridge.ended").count() == 1
    assert untold(all_acts()) == []


def test_it_ends_by_itself_the_day_after_its_last_and_names_the_rule(ended):
    ask(ended)
    last = ended.at + timedelta(days=10)
    step = grant(ended, ends_on=timezone.localdate(last))

    assert verbs.lapse_due_bridges(at=last) == 0
    assert verbs.lapse_due_bridges(at=last + timedelta(days=1)) == 1
    assert verbs.lapse_due_bridges(at=last + timedelta(days=2)) == 0

    lapsed = BridgeStep.objects.latest("pk")
    assert (lapsed.kind, lapsed.by, lapsed.number) == ("lapsed", None, step.number)
    assert lapsed.automatic["rule"] == "exit.bridging.lasts"
    assert leaves("bridge.ended").count() == 1
    assert untold(all_acts()) == []


def test_the_firm_gives_it_up_and_only_what_was_open_is_on_record(ended):
    ask(ended)
    verbs.give_up_bridge(case=ended.case, by=ended.world.signer, at=ended.tick())
    assert leaves("bridge.ended").count() == 0
    ask(ended)
    grant(ended)
    verbs.give_up_bridge(case=ended.case, by=ended.world.signer, text="自愿停业", at=ended.tick())
    assert leaves("bridge.ended").count() == 1
    assert untold(all_acts()) == []


def test_signers_ask_signing_officers_decide_and_nobody_else(ended):
    world = ended.world
    for person in (world.drafter, world.rival_signer, ended.officer, world.auditor):
        with pytest.raises(ForbiddenError):
            ask(ended, by=person)
    ask(ended)
    for person in (world.signer, ended.officer, world.rival_signer, world.auditor):
        with pytest.raises(ForbiddenError):
            grant(ended, by=person)
        with pytest.raises(ForbiddenError):
            verbs.decline_bridge(case=ended.case, reason="x", by=person)


def test_what_was_done_stays(ended):
    step = ask(ended)
    for change in (
        lambda: BridgeStep.objects.filter(pk=step.pk).update(receipt="x"),
        lambda: BridgeStep.objects.filter(pk=step.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_by_pages_a_firm_asks_an_officer_grants_and_both_see_the_clock(ended, client):
    world, case = ended.world, ended.case
    address = reverse("supervision:bridge", args=[case.reference])
    with time_machine.travel(ended.tick(), tick=False):
        client.force_login(world.signer, backend=BACKEND)
        asked = {
            "act": "ask",
            "ask-licence": "证券投资咨询业务许可",
            "ask-authority": "示范市证券监管局",
            "ask-receipt": "受理 2026-17",
            "ask-applied_on": ended.at.date().isoformat(),
        }
        assert client.post(address, asked | {"ask-receipt": ""}).status_code == 422
        assert client.post(address, {"act": "grant", "grant-text": "x"}).status_code == 404
        assert client.post(address, asked).status_code == 302

        client.force_login(decider(ended), backend=BACKEND)
        assert client.post(address, {"act": "grant", "grant-text": "持续服务"}).status_code == 302
        page = client.get(address, headers=ENGLISH)
        assert "existing customers are served on" in page.text
        assert "365 days left" in page.text
        assert "ended with the pilot" in page.text
        assert "Investors" in page.text, "the plan's caps"
        assert decider(ended).name in page.text
        assert (
            "Bridge to a licence" in client.get(f"/cases/{case.reference}/", headers=ENGLISH).text
        )

        client.force_login(world.signer, backend=BACKEND)
        firm = client.get(address, headers=ENGLISH)
        assert decider(ended).name not in firm.text
        assert "365 days left" in firm.text
        assert "Bridge to a licence ends" in client.get("/cases/", headers=ENGLISH).text
        assert (
            "Bridge to a licence"
            in client.get(
                reverse("supervision:exit-report", args=[case.reference]), headers=ENGLISH
            ).text
        )

        client.force_login(world.rival_signer, backend=BACKEND)
        assert client.get(address).status_code == 404


def test_the_page_takes_as_many_queries_for_three_steps_as_for_one(ended, client):
    client.force_login(decider(ended), backend=BACKEND)
    address = reverse("supervision:bridge", args=[ended.case.reference])

    def queries() -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as caught:
            client.get(address)
        return len(caught)

    ask(ended)
    one = queries()
    verbs.decline_bridge(case=ended.case, reason="x", by=decider(ended), at=ended.tick())
    ask(ended)
    assert queries() == one
