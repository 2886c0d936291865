"""Orders' pages: who finds them, what they show to whom, and that no route issues without officers."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from shidian.apps.accounts import domain as accounts
from shidian.apps.accounts.models import OfficerRole, Person
from shidian.apps.cases.models import AccessRow, CaseEvent
from shidian.apps.supervision.domain import orders
from shidian.apps.supervision.models import Order, OrderApproval, OrderChallenge, OrderState
from shidian.apps.supervision.orders import visible_orders
from shidian.apps.supervision.worker import projection
from tests.factories import LONG_AGO, Walk

from .orders import HOST, Passkey, approve, fresh_code, give_codes, propose
from .things import item, quick_pilot

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def pilot(walk):
    return quick_pilot(walk)


@pytest.fixture
def second(world):
    return world.case_officer["finance"]


def get(client, person, name, *args, language="zh-hans"):
    client.force_login(person)
    address = reverse(f"supervision:{name}", args=args)
    return client.get(address, headers={"accept-language": language})


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_an_officer_proposes_approves_and_follows_an_order(client, walk, pilot, language):
    give_codes(walk.officer)
    page = get(client, walk.officer, "pilot", pilot.public_id, language=language)
    assert reverse("supervision:order-new", args=[pilot.public_id]) in page.text
    written = {"kind": "suspend", "reason": HOSTILE, "basis": "试点协议第八条"}
    address = reverse("supervision:order-new", args=[pilot.public_id])
    sent = client.post(address, written)
    order = Order.objects.get()
    assert sent.url == reverse("supervision:order", args=[order.public_id])
    page = get(client, walk.officer, "order", order.public_id, language=language)
    assert HOSTILE not in page.text
    assert reverse("supervision:order-approve", args=[order.public_id]) in page.text
    page = get(client, walk.officer, "order-approve", order.public_id, language=language)
    challenge = OrderChallenge.objects.get()
    assert challenge.nonce in page.text
    given = {"nonce": challenge.nonce, "code": fresh_code(walk.officer)}
    sent = client.post(reverse("supervision:order-approve", args=[order.public_id]), given)
    assert sent.status_code == 302
    order.refresh_from_db()
    assert order.state == OrderState.ISSUED
    page = get(client, walk.officer, "pilot", pilot.public_id, language=language)
    words = "暂停" if language == "zh-hans" else "Suspended"
    assert words in page.text
    assert order.public_id in page.text


def test_a_passkey_approves_by_the_page(client, walk, pilot):
    passkey = Passkey(walk.officer)
    order = propose(pilot, "suspend", walk.officer, walk.tick())
    client.force_login(walk.officer)
    address = reverse("supervision:order-approve", args=[order.public_id])
    page = client.get(address, headers={"host": passkey.host})
    asked = page.context["js_data"]["request_options"]["publicKey"]["challenge"]
    from fido2.utils import websafe_decode

    signed = passkey.sign(websafe_decode(asked))
    nonce = page.context["challenge"].nonce
    sent = client.post(
        address,
        {"nonce": nonce, "credential": json.dumps(signed)},
        headers={"host": passkey.host},
    )
    assert sent.status_code == 302
    assert OrderApproval.objects.get().method == "webauthn"
    order.refresh_from_db()
    assert order.state == OrderState.ISSUED


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"code": "000000"},
        {"credential": "{}"},
        {"credential": "[]"},
        {"credential": "x" * 20_000},
        {"credential": '{"id": 1, "rawId": 2, "type": "public-key", "response": 3}'},
    ],
)
def test_what_proves_nothing_is_refused_with_a_new_challenge(client, walk, pilot, sent):
    Passkey(walk.officer)
    give_codes(walk.officer)
    order = propose(pilot, "suspend", walk.officer, walk.tick())
    client.force_login(walk.officer)
    address = reverse("supervision:order-approve", args=[order.public_id])
    nonce = client.get(address, headers={"host": HOST}).context["challenge"].nonce
    page = client.post(address, {"nonce": nonce, **sent}, headers={"host": HOST})
    assert page.status_code == 422
    assert page.context["challenge"].nonce != nonce
    assert not OrderApproval.objects.exists()


def test_a_wrong_proposal_says_what_is_wrong_beside_the_field(client, walk, pilot):
    client.force_login(walk.officer)
    address = reverse("supervision:order-new", args=[pilot.public_id])
    page = client.post(address, {"kind": "suspend", "reason": "x", "basis": ""})
    assert "basis" in page.context["form"].errors
    page = client.post(
        address, {"kind": "restrict", "reason": "x", "basis": "y", "plan-investors_max": "9999"}
    )
    assert "plan-investors_max" in page.context["form"].errors
    page = client.post(address, {"kind": "resume", "reason": "x", "basis": "y"})
    assert page.context["form"].non_field_errors()
    assert not Order.objects.exists()


def test_from_an_alert_the_form_begins_with_its_words(client, walk, pilot):
    projection.apply_items([item(pilot, 1)])
    orders.decline_order(order=Order.objects.get(), reason="重提", by=walk.officer, at=walk.tick())
    page = get(client, walk.officer, "pilot", pilot.public_id)
    link = reverse("supervision:order-new", args=[pilot.public_id]) + "?episode=e1&amp;kind=suspend"
    assert link in page.text
    page = client.get(reverse("supervision:order-new", args=[pilot.public_id]) + "?episode=e1")
    assert "150" in page.context["form"].initial["reason"]
    client.post(
        reverse("supervision:order-new", args=[pilot.public_id]),
        {"kind": "warn", "reason": "x", "basis": "y", "episode": "e1"},
    )
    assert Order.objects.latest("pk").episode == "e1"
    other = quick_pilot(Walk(walk.world, title="另一项目"))
    address = reverse("supervision:order-new", args=[other.public_id])
    assert client.get(address + "?episode=e1").status_code == 404


# Who sees what


def test_the_firm_sees_what_was_issued_without_the_officers_names(client, walk, pilot, world):
    proposal = propose(pilot, "warn", walk.officer, walk.tick())
    order = propose(pilot, "suspend", walk.officer, walk.tick())
    approve(order, walk.officer, walk.tick())
    page = get(client, world.drafter, "pilot", pilot.public_id)
    assert order.public_id in page.text
    assert proposal.public_id not in page.text
    page = get(client, world.drafter, "order", order.public_id)
    assert page.status_code == 200
    assert "委托失败激增" in page.text
    assert str(walk.officer) not in page.text
    assert reverse("supervision:order-approve", args=[order.public_id]) not in page.text
    assert get(client, world.drafter, "order", proposal.public_id).status_code == 404


def conflicted(world, case) -> Person:
    """An officer of a deciding authority who declared a conflict."""
    person = accounts.enrol_person(username="conflicted", name="回避人")
    accounts.appoint_officer(
        person=person,
        authority=world.authorities["bureau"],
        role=OfficerRole.CASE,
        starts=LONG_AGO,
    )
    AccessRow.objects.create(
        case=case,
        effect="deny",
        person=person,
        starts=case.created_at,
        because=CaseEvent.objects.filter(case=case).first(),
    )
    return Person.objects.get(pk=person.pk)


def test_who_must_not_know_of_the_pilot_learns_of_no_order(client, walk, pilot, world):
    order = propose(pilot, "suspend", walk.officer, walk.tick())
    approve(order, walk.officer, walk.tick())
    strangers = [
        world.rival_signer,
        world.outsider,
        world.experts[0].person,
        world.assessor,
        conflicted(world, walk.case),
    ]
    for person in strangers:
        assert not visible_orders(person).exists()
        client.force_login(person)
        for name in ("order", "order-live", "order-proof", "order-approve", "order-end"):
            address = reverse(f"supervision:{name}", args=[order.public_id])
            unknown = reverse(f"supervision:{name}", args=["D-1999-0001"])
            assert client.get(address).status_code == 404
            assert client.get(address).text == client.get(unknown).text
        assert order.public_id not in client.get(reverse("supervision:orders")).text
    assert not visible_orders(AnonymousUser()).exists()
    client.logout()
    assert client.get(reverse("supervision:order", args=[order.public_id])).status_code == 302


@pytest.mark.parametrize("n", [1, 3])
def test_the_list_asks_the_same_however_long_it_is(
    client, walk, pilot, n, django_assert_num_queries
):
    for number in range(n):
        own = pilot if number == 0 else quick_pilot(Walk(walk.world, title=f"项目{number}"))
        approve_or_not = propose(own, "suspend", walk.officer, walk.tick())
        if number == 0:
            approve(approve_or_not, walk.officer, walk.tick())
    client.force_login(walk.officer)
    client.get(reverse("supervision:orders"))
    with django_assert_num_queries(6):
        page = client.get(reverse("supervision:orders"))
    assert page.text.count('scope="row"') == n


def test_the_lists_views_stand_in_the_address(client, walk, pilot, second):
    issued = approve(
        propose(pilot, "suspend", walk.officer, walk.tick()), walk.officer, walk.tick()
    )
    waiting = propose(pilot, "warn", walk.officer, walk.tick())
    declined = propose(pilot, "remind", walk.officer, walk.tick())
    orders.decline_order(order=declined, reason="x", by=second, at=walk.tick())
    client.force_login(walk.officer)
    shown = {
        "show=waiting": {waiting},
        "show=lapsing": {issued},
        "show=to-decide": {issued, waiting},
        "show=in-force": {issued},
        "show=past": {declined},
        "kind=warn": {waiting},
        "kind=nonsense": {issued, waiting, declined},
        "show=waiting&kind=suspend": set(),
    }
    for query, wanted in shown.items():
        page = client.get(f"{reverse('supervision:orders')}?{query}")
        assert {one.order for one in page.context["orders"]} == wanted, query


def test_a_suspended_pilot_says_so_wherever_it_stands(client, walk, pilot, world):
    order = approve(propose(pilot, "suspend", walk.officer, walk.tick()), walk.officer, walk.tick())
    for person, name, args in (
        (walk.officer, "board", []),
        (walk.officer, "pilot", [pilot.public_id]),
        (world.drafter, "pilot", [pilot.public_id]),
    ):
        assert "已暂停" in get(client, person, name, *args).text
    for person in (walk.officer, world.drafter):
        client.force_login(person)
        page = client.get(reverse("cases:case", args=[walk.case.reference]))
        assert order.public_id in page.text
        assert "已暂停" in page.text
        events = [one for group in page.context["timeline"] for one in group["events"]]
        assert order.public_id in events[-1]["what"]
        assert str(walk.officer) not in events[-1]["who"]


def test_a_declined_proposal_keeps_its_reason_for_the_authorities(client, walk, pilot, second):
    order = propose(pilot, "suspend", walk.officer, walk.tick())
    client.force_login(second)
    address = reverse("supervision:order-end", args=[order.public_id])
    assert "reason" in client.post(address, {"reason": ""}).context["form"].errors
    assert client.post(address, {"reason": "已整改"}).status_code == 302
    assert "已整改" in get(client, walk.officer, "order", order.public_id).text
    order.refresh_from_db()
    assert (order.state, order.ended_by) == (OrderState.DECLINED, second)


# The matrix: every route of orders × everyone × what they are to the pilot

ROUTES = {
    "orders": (),
    "order": ("issued",),
    "order-live": ("issued",),
    "order-approve": ("proposed",),
    "order-end": ("proposed",),
    "order-new": ("pilot",),
}
AUTHORITIES = {"case officer", "signing officer", "second authority"}
READERS = AUTHORITIES | {"national", "auditor"}
PARTIES = {"drafter", "signer", "partner"}
OFFICERS = READERS | {"other authority"}
MAY_OPEN = {
    "orders": OFFICERS,
    "order": READERS | PARTIES,
    "order-live": READERS | PARTIES,
    "order-approve": AUTHORITIES,
    "order-end": AUTHORITIES,
    "order-new": AUTHORITIES,
}


def test_every_route_opens_to_whom_it_should_and_none_issues(client, walk, pilot, world, second):
    from shidian.apps.supervision import urls

    own = {one.name for one in urls.urlpatterns if "order" in str(one.name)}
    assert own == {*ROUTES, "order-acknowledge", "order-proof"}  # a new route stands in the matrix
    AccessRow.objects.create(
        case=walk.case,
        effect="grant",
        institution=world.partner,
        starts=walk.case.created_at,
        because=CaseEvent.objects.filter(case=walk.case).first(),
    )
    walk.case.parties.create(institution=world.partner)
    issued = approve(propose(pilot, "suspend", second, walk.tick()), second, walk.tick())
    proposed = propose(pilot, "terminate", second, walk.tick())
    named = {"issued": issued.public_id, "proposed": proposed.public_id, "pilot": pilot.public_id}
    people = {
        "case officer": walk.officer,
        "signing officer": world.signing_officer["bureau"],
        "second authority": world.signing_officer["finance"],
        "national": world.national,
        "auditor": world.auditor,
        "other authority": world.outsider,
        "drafter": world.drafter,
        "signer": world.signer,
        "partner": world.partner_drafter,
        "other firm": world.rival_signer,
        "expert": world.experts[0].person,
        "assessor": world.assessor,
        "conflicted": conflicted(world, walk.case),
    }
    for route, args in ROUTES.items():
        address = reverse(f"supervision:{route}", args=[named[one] for one in args])
        for who, person in people.items():
            client.force_login(person)
            opened = client.get(address).status_code == 200
            assert opened == (
                who in MAY_OPEN[route] or (who == "conflicted" and route == "orders")
            ), f"{who} at {route}"
            answered = client.post(address, {"nonce": "x", "code": "123456", "kind": "resume"})
            assert answered.status_code in ({200, 422} if opened else {404}), f"{who} at {route}"
        client.logout()
        assert client.get(address).status_code == 302
        assert quote(address) in client.get(address).url
    address = reverse("supervision:order-acknowledge", args=[issued.public_id])
    for who, person in people.items():
        client.force_login(person)
        assert client.get(address).status_code == 405
        answered = client.post(address)
        assert answered.status_code == (302 if who in AUTHORITIES else 404), who
    assert Order.objects.filter(issued_at__isnull=False).count() == 1
    assert OrderApproval.objects.count() == 1


def test_an_office_that_ended_while_the_page_was_open_approves_nothing(client, walk, pilot):
    give_codes(walk.officer)
    order = propose(pilot, "suspend", walk.officer, walk.tick())
    challenge = orders.begin_approval(order=order, by=walk.officer)
    walk.officer.officer_of.update(ends=LONG_AGO + timedelta(days=1))
    client.force_login(walk.officer)
    sent = client.post(
        reverse("supervision:order-approve", args=[order.public_id]),
        {"nonce": challenge.nonce, "code": fresh_code(walk.officer)},
    )
    assert sent.status_code == 404
    assert not OrderApproval.objects.exists()


# In public


def public_page(client, pilot, language="zh-hans"):
    from shidian.apps.supervision.publish import refresh

    pilot = type(pilot).objects.select_related("case__scheme", "case__lead").get(pk=pilot.pk)
    refresh.publish_pilot(pilot)
    client.logout()
    page = client.get(
        reverse("pilot", args=[pilot.public_id]), headers={"accept-language": language}
    )
    assert page.status_code == 200
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.text)


def test_the_register_shows_orders_that_were_issued_and_no_proposal(client, walk, pilot):
    order = approve(propose(pilot, "suspend", walk.officer, walk.tick()), walk.officer, walk.tick())
    proposal = propose(pilot, "warn", walk.officer, walk.tick())
    text = public_page(client, pilot)
    assert order.public_id in text
    assert "已暂停" in text
    assert proposal.public_id not in text
    assert str(walk.officer) not in text
    orders.lapse_due_orders(order.issued_at + timedelta(hours=24))
    assert "not having been countersigned" in public_page(client, pilot, "en")


def test_where_the_register_has_no_orders_a_stop_changes_no_letter(
    client, walk, pilot, monkeypatch
):
    rulebook = pilot.case.rulebook
    shown = tuple(one for one in rulebook.public_register.public if one != "orders")
    register = rulebook.public_register.model_copy(update={"public": shown})
    changed = rulebook.model_copy(update={"public_register": register})
    monkeypatch.setattr("shidian.apps.cases.models.Case.rulebook", changed)
    before = public_page(client, pilot)
    approve(propose(pilot, "suspend", walk.officer, walk.tick()), walk.officer, walk.tick())
    assert public_page(client, pilot) == before
