"""The board and the pilots' pages: who sees them, in both languages, at what cost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.urls import reverse

from shidian.apps.supervision.domain import keys
from shidian.apps.supervision.models import AlertStep, PlanChallenge
from shidian.apps.supervision.worker import projection
from shidian.apps.supervision.worker.controls import send_controls
from shidian.apps.supervision.worker.gate_client import GateRefusedError
from shidian.core.monitor.evaluator import Fault
from shidian_kit.wire import keys as wire_keys
from shidian_kit.wire.token import read_live_token

from .plans import tightened
from .things import item, quick_pilot, reading

pytestmark = pytest.mark.rendering

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def pilot(walk):
    pilot = quick_pilot(walk)
    projection.apply_items([item(pilot, 1)])
    projection.apply_readings([reading(pilot, 1, value=80, minute=29_000_000)])
    return pilot


def get(client, person, name, *args, language="zh-hans"):
    client.force_login(person)
    return client.get(reverse(name, args=args), headers={"accept-language": language})


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_show_the_alert_with_its_sum(client, pilot, walk, language):
    page = get(client, walk.officer, "supervision:board", language=language)
    assert page.status_code == 200
    title = "委托失败激增" if language == "zh-hans" else "Surge of failed orders"
    assert title in page.text
    page = get(client, walk.officer, "supervision:pilot", pilot.public_id, language=language)
    assert page.status_code == 200
    assert title in page.text
    assert '<td class="num">150</td>' in page.text


@pytest.mark.parametrize("who", ["outsider", "rival_signer"])
@pytest.mark.parametrize(
    "name", ["pilot", "pilot-live", "pilot-token", "plan", "plan-change", "key"]
)
def test_who_may_not_see_the_case_finds_nothing(client, pilot, world, who, name):
    page = get(client, getattr(world, who), f"supervision:{name}", pilot.public_id)
    assert page.status_code == 404
    unknown = get(client, getattr(world, who), f"supervision:{name}", "P-1999-0001")
    assert unknown.status_code == 404
    assert page.text == unknown.text


def test_the_applicant_sees_their_pilot_and_cannot_act_on_it(client, pilot, world):
    page = get(client, world.drafter, "supervision:pilot", pilot.public_id)
    assert page.status_code == 200
    assert reverse("supervision:plan", args=[pilot.public_id]) in page.text
    assert "acknowledge/" not in page.text
    plan = get(client, world.drafter, "supervision:plan", pilot.public_id)
    assert plan.status_code == 200
    assert reverse("supervision:plan-change", args=[pilot.public_id]) not in plan.text
    assert get(client, world.drafter, "supervision:plan-change", pilot.public_id).status_code == 404
    assert get(client, world.drafter, "supervision:board").status_code == 404


def test_acknowledging_needs_a_post_and_leaves_a_row(client, pilot, walk):
    client.force_login(walk.officer)
    address = reverse("supervision:alert-act", args=[pilot.public_id, "e1", "acknowledge"])
    assert client.get(address).status_code == 405
    client.post(address, {"level": "breach", "text": HOSTILE})
    row = AlertStep.objects.get()
    assert (row.level, row.by, row.text) == ("breach", walk.officer, HOSTILE)
    page = get(client, walk.officer, "supervision:pilot", pilot.public_id)
    assert HOSTILE not in page.text


@pytest.mark.parametrize("address", ["pilot", "pilot-live"])
def test_what_an_officer_noted_on_an_alert_never_reaches_the_institution(
    client, pilot, walk, world, address
):
    noted = "内部研判：拟约谈"
    client.force_login(walk.officer)
    acknowledged = reverse("supervision:alert-act", args=[pilot.public_id, "e1", "acknowledge"])
    client.post(acknowledged, {"level": "breach", "text": noted})

    def read(person):
        page = get(client, person, f"supervision:{address}", pilot.public_id)
        assert page.status_code == 200
        return noted in page.text, f"{walk.officer.name} 已确认" in page.text

    assert read(walk.officer) == read(world.auditor) == (True, True)
    assert read(world.drafter) == read(world.signer) == (False, False)


def test_an_episode_of_another_pilot_is_not_there(client, pilot, walk, world):
    from tests.factories import Walk

    other = quick_pilot(Walk(world, title="另一项目"))
    client.force_login(walk.officer)
    address = reverse("supervision:alert-act", args=[other.public_id, "e1", "acknowledge"])
    assert client.post(address, {"level": "breach"}).status_code == 404


def test_a_token_names_only_what_the_person_may_see(client, pilot, walk):
    from shidian import keyring
    from shidian.config import settings

    given = get(client, walk.officer, "supervision:pilot-token", pilot.public_id).json()
    secret = keyring.live_secret(settings().keys)
    token = read_live_token(secret, given["token"], now=0)
    assert token.topics == {f"pilot:{pilot.public_id}"}
    given = get(client, walk.officer, "supervision:board-token").json()
    assert read_live_token(secret, given["token"], now=0).topics == {"board:demo-city"}


def test_who_sees_no_pilot_gets_no_token(client, pilot, world):
    assert get(client, world.outsider, "supervision:board-token").json() == {}


def test_lowering_the_plan_by_its_form_is_put_before_the_officer_once_more(client, pilot, walk):
    client.force_login(walk.officer)
    address = reverse("supervision:plan-change", args=[pilot.public_id])
    page = client.post(address, {"investors_max": "60", "reason": ""})
    assert page.status_code == 422
    sent = client.post(
        address,
        {
            "investors_max": "60",
            "turnover_daily_max": "1000000",
            "losses_max": "1000000",
            "reason": "投诉较多",
        },
    )
    asked = PlanChallenge.objects.get(pilot=pilot)
    assert sent.url == reverse("supervision:plan-tighten", args=[pilot.public_id, asked.nonce])
    assert pilot.plan_versions.latest("number").values["investors_max"] == "100"


class RefusingGate:
    """Refuses what it is told to, takes the rest."""

    def __init__(self, *kinds):
        self.kinds = kinds

    def control(self, records):
        return [
            GateRefusedError(f"no {record['kind']} {HOSTILE}")
            if record["kind"] in self.kinds
            else record["outbox_id"]
            for record in records
        ]


def test_a_refused_control_record_is_not_called_pending(client, pilot, walk):
    send_controls(RefusingGate())
    key = keys.register_machine_key(
        pilot=pilot,
        source="orders-1",
        public_key=wire_keys.public_text(wire_keys.generate().public_key()),
        by=None,
    )
    tightened(pilot=pilot, values={"investors_max": "60"}, reason="理由", by=walk.officer)
    waiting = get(client, walk.officer, "supervision:pilot", pilot.public_id, language="en").text
    assert waiting.count(">pending<") == 2

    send_controls(RefusingGate("plan", "key"))
    page = get(client, walk.officer, "supervision:pilot", pilot.public_id, language="en").text
    assert "pending" not in page
    assert "refused: no plan" in page
    assert "refused: no key" in page
    assert HOSTILE not in page
    assert "in force from entry" in page  # the first version of the plan
    page = get(client, walk.officer, "supervision:pilot", pilot.public_id).text
    assert "被拒绝：no plan" in page

    keys.revoke_machine_key(key=key, by=None)
    send_controls(RefusingGate("key"))
    page = get(client, walk.officer, "supervision:pilot", pilot.public_id, language="en").text
    assert "The revocation was refused: no key" in page


def test_the_board_costs_the_same_for_one_pilot_and_three(client, pilot, walk, world):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests.factories import Walk

    def cost():
        with CaptureQueriesContext(connection) as captured:
            assert get(client, walk.officer, "supervision:board-live").status_code == 200
        return len(captured)

    cost()
    one = cost()
    for number in range(2):
        quick_pilot(Walk(world, title=f"项目 {number}"))
    assert cost() == one


def test_the_series_is_csv(client, pilot, walk):
    page = get(client, walk.officer, "supervision:series-csv", pilot.public_id, "investors")
    assert page.text.splitlines()[1].endswith(",80")
    large = reading(pilot, 2, value=2**62 - 1, minute=29_000_001, indicator="investors")
    projection.apply_readings([replace(large, scale=2)])
    page = get(client, walk.officer, "supervision:series-csv", pilot.public_id, "investors")
    assert page.text.splitlines()[2].endswith(",46116860184273879.03")  # no float could say it
    missing = get(client, walk.officer, "supervision:series-csv", pilot.public_id, "no-such")
    assert missing.status_code == 404


@pytest.mark.parametrize("address", ["board", "board-live", "pilot", "pilot-live"])
def test_a_pilot_that_is_no_longer_evaluated_is_never_quiet(client, pilot, walk, address):
    name, args = f"supervision:{address}", [pilot.public_id] * address.startswith("pilot")
    assert "监测已" not in get(client, walk.officer, name, *args).text

    projection.apply_faults([Fault(41, pilot.public_id, "SumOverflow: beyond")])
    page = get(client, walk.officer, name, *args).text
    assert "监测已" in page
    assert "41" in page
    assert "Monitoring has stopped" in get(client, walk.officer, name, *args, language="en").text
