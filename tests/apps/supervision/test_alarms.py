"""Alarms about orders: officers are called once, see it on the board, and one acknowledges."""

from __future__ import annotations

import pytest
from django.urls import reverse

from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.models import Outbox
from shidian.apps.supervision.domain import orders
from shidian.apps.supervision.models import AlarmKind, OrderAlarm
from shidian.apps.supervision.worker.controls import send_controls
from shidian.apps.supervision.worker.gate_client import GateRefusedError

from .orders import approve, propose
from .things import quick_pilot

HOSTILE = "<script>refused</script>"


class RefusingGate:
    """Takes everything but orders."""

    def control(self, records):
        return [
            GateRefusedError(HOSTILE) if record["kind"] == "order" else record["outbox_id"]
            for record in records
        ]


@pytest.fixture
def order(walk):
    pilot = quick_pilot(walk)
    return approve(propose(pilot, "suspend", walk.officer, walk.tick()), walk.officer, walk.tick())


def page(client, person, name, *args):
    client.force_login(person)
    return client.get(
        reverse(f"supervision:{name}", args=args), headers={"accept-language": "en"}
    ).text


def called(order):
    rows = Outbox.objects.filter(payload__alarm="refused", payload__order=order.public_id)
    return sorted(rows.values_list("topic", flat=True))


def test_order_that_the_gate_refuses_calls_the_officers_once(order):
    send_controls(RefusingGate())
    send_controls(RefusingGate())
    alarm = OrderAlarm.objects.get()
    assert (alarm.order, alarm.kind, alarm.detail) == (order, AlarmKind.REFUSED, HOSTILE)
    assert called(order) == ["mail.officer", "mail.signing-officer"]
    assert not orders.raise_alarm(order, AlarmKind.REFUSED, "again")
    assert len(called(order)) == 2


def test_alarm_stands_on_the_board_until_an_officer_acknowledges_it(client, walk, world, order):
    send_controls(RefusingGate())
    words = "The gate refused the order"
    board = page(client, walk.officer, "board")
    assert words in board
    assert order.public_id in board
    shown = page(client, walk.officer, "order", order.public_id)
    assert "Nobody has acknowledged it" in shown
    assert HOSTILE not in shown
    sent = client.post(reverse("supervision:order-acknowledge", args=[order.public_id]))
    assert sent.url == reverse("supervision:order", args=[order.public_id])
    alarm = OrderAlarm.objects.get()
    assert alarm.acknowledged_by == walk.officer
    assert words not in page(client, walk.officer, "board")
    assert "acknowledged by" in page(client, walk.officer, "order", order.public_id)
    assert orders.acknowledge_alarms(order=order, by=world.case_officer["finance"]) == 0
    alarm.refresh_from_db()
    assert alarm.acknowledged_by == walk.officer


def test_list_of_orders_narrows_to_those_with_an_alarm(client, walk, order):
    client.force_login(walk.officer)
    address = reverse("supervision:orders") + "?show=alarms"
    assert order.public_id not in client.get(address).text
    send_controls(RefusingGate())
    assert order.public_id in client.get(address).text


def test_institution_neither_sees_nor_acknowledges_an_alarm(client, world, order):
    send_controls(RefusingGate())
    shown = page(client, world.drafter, "order", order.public_id)
    assert "The gate refused the order" not in shown
    for person in (world.drafter, world.outsider, world.assessor):
        with pytest.raises(ForbiddenError):
            orders.acknowledge_alarms(order=order, by=person)
        client.force_login(person)
        address = reverse("supervision:order-acknowledge", args=[order.public_id])
        assert client.post(address).status_code == 404
    assert OrderAlarm.objects.get().acknowledged_at is None


def test_board_shows_five_alarms_and_leads_to_the_rest(client, walk, order):
    copies = []
    for number in range(6):
        made = propose(order.pilot, "remind", walk.officer, walk.tick())
        orders.raise_alarm(made, AlarmKind.UNANSWERED, str(number))
        copies.append(made.public_id)
    board = page(client, walk.officer, "board")
    assert [name in board for name in copies] == [True] * 5 + [False]
    assert "?show=alarms" in board
