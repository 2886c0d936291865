"""Orders on their way to firms: signed, tried again, heard, and no firm in another's way."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import wait
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.utils import timezone

from shidian.apps.cases import outbox
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.models import Outbox, OutboxDelivery
from shidian.apps.supervision.domain.endpoints import register_order_endpoint
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.orders import begin_approval, receive_acknowledgement
from shidian.apps.supervision.domain.orders.approving import challenge_bytes
from shidian.apps.supervision.models import ControlReceipt, OrderAlarm, OrderDelivery, OrderState
from shidian.apps.supervision.worker import delivery
from shidian.apps.supervision.worker.acknowledgements import copy_acknowledgements
from shidian.apps.supervision.worker.delivery import CONSUMER, Deliverer
from shidian.egress import Guard
from shidian.notary.orders import OrderSigner
from shidian_kit.orders import OrderInbox
from shidian_kit.serving import wsgi
from shidian_kit.wire.order import time_us
from shidian_kit.wire.permit import trusted
from shidian_kit.wire.refusal import RecordError, Refusal
from tests.factories import Walk

from .orders import Passkey, approve, by_passkey, propose
from .things import quick_pilot

LOCAL = Guard.of("127.0.0.0/8")


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def served(application):
    """A WSGI application on a free port; its address."""
    server = make_server("127.0.0.1", 0, application, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/orders"
    server.shutdown()
    server.server_close()
    thread.join(10)


def answering(status, asked):
    def application(environ, start_response):
        asked.append(environ["PATH_INFO"])
        start_response(status, [("Location", "http://127.0.0.1:1/")])
        return [b""]

    return application


class Gate:
    """Keeps firms' words as the gate does."""

    def __init__(self):
        self.words = []

    def say(self, word):
        self.words.append(
            {
                "entry": len(self.words) + 1,
                "project": word.project,
                "order_id": word.order,
                "kind": str(word.kind),
                "at_us": time_us(word.at),
            }
        )

    def acknowledgements_after(self, entry, limit):
        return [word for word in self.words if word["entry"] > entry][:limit]


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """No waiting between attempts, and none for the gate."""
    monkeypatch.setattr(delivery, "LADDER_S", (0,))
    monkeypatch.setattr(delivery, "UNHEARD_S", 0)
    monkeypatch.setattr(delivery, "WAIT_FOR_GATE_S", -1_000_000_000)


@pytest.fixture
def signer(tmp_path):
    return OrderSigner(tmp_path)


@pytest.fixture
def deliverer(signer):
    deliverer = Deliverer(signer.sign, LOCAL)
    yield deliverer
    deliverer.close()


@pytest.fixture
def order(walk):
    pilot = quick_pilot(walk)
    return approve(propose(pilot, "suspend", walk.officer, walk.tick()), walk.officer, walk.tick())


def work(deliverer, until, seconds=5.0):
    """Run the duty until something holds."""
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, list(OrderDelivery.objects.values("delivered", "detail"))
        deliverer.run()
        time.sleep(0.01)


def attempts(order):
    return list(OrderDelivery.objects.filter(order=order).values_list("delivered", flat=True))


def done(order):
    return OutboxDelivery.objects.filter(consumer=CONSUMER, delivered_at__isnull=False).exists()


def test_order_reaches_the_firm_signed_and_its_word_comes_back_once(
    tmp_path, order, signer, deliverer
):
    obeyed, gate = [], Gate()
    keys = trusted(signer.public_key)
    pilot = order.pilot
    inboxes = []

    def firm(environ, start_response):
        return wsgi(inboxes[0])(environ, start_response)

    with served(firm) as url:
        authority = url.split("/")[2]
        inbox = OrderInbox(tmp_path / "inbox", pilot.public_id, keys, [authority], obeyed.append)
        inboxes.append(inbox)
        register_order_endpoint(pilot=pilot, url=url, by=None)
        work(deliverer, lambda: len(attempts(order)) >= 2)
        inbox.work(gate.say)
        assert copy_acknowledgements(gate) == {pilot.public_id}
        assert copy_acknowledgements(gate) == set()
        work(deliverer, lambda: done(order))
        inbox.close()
    assert [one.id for one in obeyed] == [order.public_id]
    order.refresh_from_db()
    assert (order.state, order.acknowledgements.count()) == (OrderState.EFFECTIVE, 2)
    count = len(attempts(order))
    deliverer.run()
    assert len(attempts(order)) == count


def test_word_on_an_order_of_another_pilot_or_on_none_is_passed_over(order):
    gate = Gate()
    word = {"order_id": order.public_id, "kind": "received", "at_us": 1}
    gate.words = [
        {"entry": 1, "project": "P-0000-0000", **word},
        {"entry": 2, "project": order.pilot.public_id, **word, "order_id": "O-0"},
    ]
    assert copy_acknowledgements(gate) == set()
    order.refresh_from_db()
    assert order.state == OrderState.ISSUED


def test_officers_are_told_once_after_three_misses(order, deliverer):
    work(deliverer, lambda: len(attempts(order)) == 2)
    assert not OrderAlarm.objects.exists()
    work(deliverer, lambda: len(attempts(order)) == 5)
    told = Outbox.objects.filter(payload__alarm="unanswered", payload__order=order.public_id)
    assert sorted(told.values_list("topic", flat=True)) == ["mail.officer", "mail.signing-officer"]
    details = OrderDelivery.objects.filter(order=order).values_list("detail", flat=True)
    assert set(details) == {"no endpoint is registered"}


@pytest.mark.parametrize("status", ["500 Broken", "302 Found", "404 Not Found"])
def test_endpoint_that_fails_is_left_alone_after_three_times(order, deliverer, status):
    asked = []
    with served(answering(status, asked)) as url:
        register_order_endpoint(pilot=order.pilot, url=url, by=None)
        work(deliverer, lambda: len(attempts(order)) == 3)
        for _ in range(20):
            deliverer.run()
            time.sleep(0.01)
    assert asked == ["/orders"] * 3
    assert attempts(order) == [False] * 3


def test_endpoint_that_answers_500_for_an_hour_is_asked_seldom_and_takes_the_order_at_last(
    order, deliverer, monkeypatch
):
    monkeypatch.setattr(delivery, "LADDER_S", (1, 2, 5, 15, 60, 300, 900))
    asked, passed, status = [], [0.0], ["500 Broken"]
    real, clock = timezone.now, time.monotonic
    monkeypatch.setattr(delivery.timezone, "now", lambda: real() + timedelta(seconds=passed[0]))
    monkeypatch.setattr(delivery.time, "monotonic", lambda: clock() + passed[0])

    def firm(environ, start_response):
        return answering(status[0], asked)(environ, start_response)

    with served(firm) as url:
        register_order_endpoint(pilot=order.pilot, url=url, by=None)
        while passed[0] < 3_600:
            deliverer.run()
            wait([one.future for one in deliverer._flying], timeout=5)
            deliverer.run()
            passed[0] += 10
        assert 8 <= len(asked) <= 12, asked  # the ladder, not a hammer
        assert OrderAlarm.objects.filter(order=order).count() == 1
        status[0], before = "200 OK", len(asked)
        while len(asked) == before:
            deliverer.run()
            wait([one.future for one in deliverer._flying], timeout=5)
            deliverer.run()
            passed[0] += 10
            assert passed[0] < 3_600 + 1_000
    assert attempts(order)[-1] is True


def test_address_that_leads_inward_is_never_spoken_to(order, signer):
    asked = []
    deliverer = Deliverer(signer.sign, Guard())
    with served(answering("200 OK", asked)) as url:
        register_order_endpoint(pilot=order.pilot, url=url, by=None)
        work(deliverer, lambda: attempts(order))
    deliverer.close()
    assert asked == []
    assert "where no request goes" in OrderDelivery.objects.get(order=order).detail


def test_firm_that_hangs_delays_no_other(walk, order, deliverer):
    listener = socket.create_server(("127.0.0.1", 0))
    asked = []
    with served(answering("200 OK", asked)) as url:
        hanging = f"http://127.0.0.1:{listener.getsockname()[1]}/orders"
        register_order_endpoint(pilot=order.pilot, url=hanging, by=None)
        deliverer.run()
        register_order_endpoint(pilot=order.pilot, url=url, by=None)
        other = approve(
            propose(order.pilot, "warn", walk.officer, walk.tick()), walk.officer, walk.tick()
        )
        began = time.monotonic()
        work(deliverer, lambda: attempts(other))
        assert time.monotonic() - began < 2
    assert attempts(order) == []
    listener.close()


def test_attempt_is_one_workers_and_survives_the_worker(order, signer, monkeypatch):
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/orders"
    register_order_endpoint(pilot=order.pilot, url=url, by=None)
    first, second = Deliverer(signer.sign, LOCAL), Deliverer(signer.sign, LOCAL)
    first.run()
    second.run()
    assert (len(first._flying), len(second._flying)) == (1, 0)
    later = timezone.now() + timedelta(seconds=3 * delivery.TIMEOUT_S)
    monkeypatch.setattr(delivery.timezone, "now", lambda: later)
    second.run()
    assert len(second._flying) == 1
    listener.close()
    first.close()
    second.close()


def test_notary_that_is_down_is_no_miss_of_the_firm(order):
    def down(text, url):
        raise RecordError(Refusal.NOT_REACHABLE, "no answer")

    register_order_endpoint(pilot=order.pilot, url="http://127.0.0.1:1/", by=None)
    deliverer = Deliverer(down, LOCAL)
    for _ in range(3):
        deliverer.run()
        wait([one.future for one in deliverer._flying], timeout=5)
        with pytest.raises(RecordError):
            deliverer._land()
    deliverer.close()
    assert attempts(order) == []
    assert OutboxDelivery.objects.get(consumer=CONSUMER).attempts == 0


def test_gate_is_to_know_an_order_before_the_firm_does(order, deliverer, monkeypatch):
    monkeypatch.setattr(delivery, "WAIT_FOR_GATE_S", 1_000_000_000)
    deliverer.run()
    assert attempts(order) == []
    ControlReceipt.objects.create(
        outbox_id=order.control_outbox_id, entry=9, received_at=timezone.now()
    )
    deliverer.run()
    assert attempts(order) == [False]


def test_endpoint_is_named_by_the_lead_or_a_supervisor_and_by_nobody_else(world, walk, order):
    pilot = order.pilot
    url = "https://pilot.example/orders"
    first = register_order_endpoint(pilot=pilot, url=url, by=walk.officer)
    assert register_order_endpoint(pilot=pilot, url=f" {url} ", by=world.drafter) == first
    for stranger in (world.outsider, world.rival_signer, world.assessor, world.partner_drafter):
        with pytest.raises(ForbiddenError):
            register_order_endpoint(pilot=pilot, url="https://evil.example/", by=stranger)
    assert pilot.order_endpoints.get(ended_at=None) == first


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://pilot.example/",
        "https://user@pilot.example/",
        "https://pilot.example/?a=1",
        "https://pilot.example:0x/",
        "https://pilot.example:99999/",
        "https://",
        "https://试点.example/",
        "https://pilot.example/" + "a" * 500,
    ],
)
def test_endpoint_in_an_unfit_form_is_refused(order, url):
    with pytest.raises(SupervisionError) as refused:
        register_order_endpoint(pilot=order.pilot, url=url, by=None)
    assert refused.value.field == "url"


def test_mail_and_pages_stand_back_while_an_order_is_on_its_way(order, deliverer, monkeypatch):
    handled = []
    monkeypatch.setattr(outbox, "_consumers", {"x": outbox.Consumer("x", "*", handled.append)})
    now = order.issued_at
    monkeypatch.setattr(delivery.timezone, "now", lambda: now)
    assert not deliverer.is_calm()
    assert outbox.deliver_pending(may_go_on=deliverer.is_calm) == 0
    assert handled == []
    monkeypatch.setattr(
        delivery.timezone, "now", lambda: now + timedelta(seconds=3, microseconds=1)
    )
    assert outbox.deliver_pending(may_go_on=deliverer.is_calm) == len(handled) > 0


def test_mail_and_pages_do_not_stand_back_for_ever(order, deliverer, monkeypatch):
    monkeypatch.setattr(delivery.timezone, "now", lambda: order.issued_at)
    began = time.monotonic()
    monkeypatch.setattr(delivery.time, "monotonic", lambda: began)
    assert not deliverer.is_calm()
    monkeypatch.setattr(delivery.time, "monotonic", lambda: began + delivery.HURRY_MAX_S + 1)
    assert deliverer.is_calm()


def test_what_is_in_effect_holds_up_no_mail(order, deliverer, monkeypatch):
    monkeypatch.setattr(delivery.timezone, "now", lambda: order.issued_at)
    receive_acknowledgement(order, kind="effective", at=order.issued_at, evidence={})
    assert deliverer.is_calm()


def test_orders_of_many_firms_are_sent_at_once_though_one_hangs(world, deliverer, monkeypatch):
    monkeypatch.setattr(delivery, "UNHEARD_S", 60)
    began = threading.Barrier(4, timeout=10)

    def application(environ, start_response):
        began.wait()
        start_response("200 OK", [])
        return [b""]

    listener = socket.create_server(("127.0.0.1", 0))
    with ExitStack() as stack:
        given = []
        passkey = None
        for number in range(5):
            walk = Walk(world, title=f"试点{number}")
            passkey = passkey or Passkey(walk.officer)
            made = propose(quick_pilot(walk), "warn", walk.officer, walk.tick())
            at = walk.tick()
            asked = begin_approval(order=made, by=walk.officer, at=at)
            one = by_passkey(asked, passkey, challenge_bytes(asked), at)
            hanging = f"http://127.0.0.1:{listener.getsockname()[1]}/orders"
            url = stack.enter_context(served(application)) if number else hanging
            register_order_endpoint(pilot=one.pilot, url=url, by=None)
            given.append(one)
        # Each of the four waits until all four are asked: one after another they would never answer.
        work(deliverer, lambda: all(attempts(one) == [True] for one in given[1:]), seconds=20)
        assert attempts(given[0]) == []
    listener.close()
