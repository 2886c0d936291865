"""Orders to firms: signed for each attempt, tried until they are heard, no firm in another's way.

An order is done with when the firm has said `received`. An endpoint that answers 2xx and then says
nothing is asked again like one that does not answer. Everything that is to survive a restart (how
often, when next) stands beside the outbox row; breakers and what is in flight do not.
"""

from __future__ import annotations

import http.client
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.db import transaction
from django.utils import timezone

from shidian import egress
from shidian.apps.cases.models import Outbox, OutboxDelivery
from shidian.apps.cases.outbox import put
from shidian.apps.supervision.domain.orders import note_delivery
from shidian.apps.supervision.models import (
    NO_ENDPOINT,
    ControlReceipt,
    Order,
    OrderEndpoint,
    PilotState,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from shidian.egress import Guard

TOPIC = "order.issued"
CONSUMER = "supervision.order-delivery"
LADDER_S = (1, 2, 5, 15, 60, 300, 900)
"""Seconds after an attempt until the next one; the last goes on."""
UNHEARD_S = 10
"""Seconds in which a firm that took an order says so; else it is sent again."""
TIMEOUT_S = 10.0
THREADS_MAX = 32
BATCH_MAX = 100
MISSES_UNTIL_TOLD = 3
WAIT_FOR_GATE_S = 5
"""An order waits so long for the gate to know it first; then it goes without."""
BREAK_AFTER = 3
BREAK_S = (5, 15, 60)
_OFFICES = ("officer", "signing-officer")
_log = structlog.get_logger("shidian.worker")


@dataclass(slots=True)
class Breaker:
    """An endpoint that failed again and again is left alone for a while, then tried once."""

    failures: int = 0
    open_until: float = 0.0

    def note(self, *, held: bool, now: float) -> None:
        """Take in how an attempt went."""
        self.failures = 0 if held else self.failures + 1
        opened = self.failures - BREAK_AFTER
        if opened >= 0:
            self.open_until = now + BREAK_S[min(opened, len(BREAK_S) - 1)]


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What was begun: for which row, where, and how it will have gone (delivered, detail)."""

    row: Outbox
    order: Order
    url: str
    future: Future[tuple[bool, str]] = field(compare=False)


class Deliverer:
    """Brings issued orders to their firms. `sign`: canonical order and address → headers.

    Requests run in threads of its own; what is written is written by whoever calls `run`.
    """

    def __init__(self, sign: Callable[[str, str], Mapping[str, str]], guard: Guard) -> None:
        self._sign = sign
        self._guard = guard
        self._pool = ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="order")
        self._flying: list[_Attempt] = []
        self._breakers: dict[str, Breaker] = {}

    def close(self) -> None:
        """Begin nothing more; what is in flight is tried again after a restart."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def run(self) -> None:
        """Write down what has come back, and begin what is due. Raises RecordError."""
        self._land()
        taken = {attempt.row.pk for attempt in self._flying}
        busy = {attempt.url for attempt in self._flying}
        now = timezone.now()
        for row in _due(now):
            if row.pk not in taken:
                self._begin(row, busy, now)

    def _begin(self, row: Outbox, busy: set[str], now: datetime) -> None:
        found = Order.objects.select_related("pilot__case")
        order = found.get(public_id=row.payload["order"])
        if order.received_at or order.effective_at or order.pilot.state == PilotState.CLOSED:
            _finish(row)
            return
        if not _gate_knows(order) and now - row.created < timedelta(seconds=WAIT_FOR_GATE_S):
            return
        endpoint = OrderEndpoint.objects.filter(pilot=order.pilot, ended_at=None).first()
        if endpoint is None:
            if _claim(row, now):
                _note(row, order, delivered=False, detail=NO_ENDPOINT)
            return
        url = endpoint.url
        breaker = self._breakers.setdefault(url, Breaker())
        if url in busy or time.monotonic() < breaker.open_until:
            return
        headers = self._sign(order.canonical, url)
        if _claim(row, now):
            busy.add(url)
            body = order.canonical.encode()
            future = self._pool.submit(_send, url, headers, body, self._guard)
            self._flying.append(_Attempt(row, order, url, future))

    def _land(self) -> None:
        for attempt in [one for one in self._flying if one.future.done()]:
            delivered, detail = attempt.future.result()
            self._flying.remove(attempt)
            breaker = self._breakers.setdefault(attempt.url, Breaker())
            breaker.note(held=delivered, now=time.monotonic())
            _note(attempt.row, attempt.order, delivered=delivered, detail=detail)


def _send(url: str, headers: Mapping[str, str], body: bytes, guard: Guard) -> tuple[bool, str]:
    """One attempt: whether the endpoint took the order, and what it said. In a thread."""
    try:
        reply = egress.post(url, headers, body, guard=guard, timeout_s=TIMEOUT_S)
    except (egress.EgressError, OSError, http.client.HTTPException) as error:
        return False, f"{type(error).__name__}: {error}"
    said = reply.body[:200].decode(errors="replace").replace("\x00", "")
    return 200 <= reply.status < 300, f"{reply.status} {said}"  # noqa: PLR2004 - taken


def _gate_knows(order: Order) -> bool:
    control = order.control_outbox_id
    return control is not None and ControlReceipt.objects.filter(outbox_id=control).exists()


def _due(now: datetime) -> list[Outbox]:
    had = OutboxDelivery.objects.filter(consumer=CONSUMER)
    done = had.filter(delivered_at__isnull=False).values("outbox")
    later = had.filter(next_attempt_at__gt=now).values("outbox")
    rows = Outbox.objects.filter(topic=TOPIC).exclude(pk__in=done).exclude(pk__in=later)
    return list(rows.order_by("pk")[:BATCH_MAX])


@transaction.atomic
def _claim(row: Outbox, now: datetime) -> bool:
    """Take the next attempt for this worker; False where another one has it."""
    delivery, _ = OutboxDelivery.objects.select_for_update().get_or_create(
        outbox=row, consumer=CONSUMER
    )
    free = delivery.next_attempt_at is None or delivery.next_attempt_at <= now
    if delivery.delivered_at is not None or not free:
        return False
    delivery.next_attempt_at = now + timedelta(seconds=2 * TIMEOUT_S)
    delivery.save(update_fields=["next_attempt_at"])
    return True


@transaction.atomic
def _note(row: Outbox, order: Order, *, delivered: bool, detail: str) -> None:
    """Write down an attempt, when the next one is, and after three misses tell the officers."""
    delivery = OutboxDelivery.objects.select_for_update().get(outbox=row, consumer=CONSUMER)
    misses = delivery.attempts + (not delivered)
    delivery.attempts += 1
    rung = LADDER_S[min(delivery.attempts, len(LADDER_S)) - 1]
    wait_s = max(rung, UNHEARD_S) if delivered else rung
    delivery.next_attempt_at = timezone.now() + timedelta(seconds=wait_s)
    delivery.error = "" if delivered else detail[:500]
    delivery.save(update_fields=["attempts", "next_attempt_at", "error"])
    note_delivery(order, delivered=delivered, detail=detail)
    _log.info("order sent", order=order.public_id, delivered=delivered, detail=detail[:200])
    if misses >= MISSES_UNTIL_TOLD:
        _tell_officers(order, misses)


def _tell_officers(order: Order, misses: int) -> None:
    told = Outbox.objects.filter(topic="mail.officer", payload__unanswered=order.public_id)
    if told.exists():
        return
    _log.error("order is not answered", order=order.public_id, misses=misses)
    for office in _OFFICES:
        put(f"mail.{office}", {"unanswered": order.public_id}, case=order.pilot.case)


@transaction.atomic
def _finish(row: Outbox) -> None:
    delivery, _ = OutboxDelivery.objects.select_for_update().get_or_create(
        outbox=row, consumer=CONSUMER
    )
    delivery.delivered_at = timezone.now()
    delivery.save(update_fields=["delivered_at"])
