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
from shidian.apps.supervision.domain.orders import note_delivery, raise_alarm
from shidian.apps.supervision.models import (
    NO_ENDPOINT,
    AlarmKind,
    ControlReceipt,
    Order,
    OrderEndpoint,
    PilotState,
)
from shidian.apps.supervision.order_proofs import proofs_of
from shidian_kit.wire import order_proof
from shidian_kit.wire.refusal import RecordError

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
THREADS_MAX = 64
BATCH_MAX = 100
MISSES_UNTIL_TOLD = 3
WAIT_FOR_GATE_S = 5
"""An order waits so long for the gate to know it first; then it goes without."""
PROOF_BYTES_MAX = 4_500
"""Servers take headers of 8 KiB; a longer proof is on the order's page alone."""
PROVEN_AFTER_S = 60
"""An order is on the record at the next fixed hour: before that nobody looks for its proof."""
HURRY_S = 3
HURRY_MAX_S = 10
"""So long mail and pages stand back for orders that have just been given."""
BREAK_AFTER = 3
BREAK_S = (5, 15, 60)
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

    Signing and requests run in threads of its own, many at once; what is written is written by
    whoever calls `run`, together for all that has come back.
    """

    def __init__(self, sign: Callable[[str, str], Mapping[str, str]], guard: Guard) -> None:
        self._sign = sign
        self._guard = guard
        self._pool = ThreadPoolExecutor(THREADS_MAX, thread_name_prefix="order")
        self._flying: list[_Attempt] = []
        self._breakers: dict[str, Breaker] = {}
        self._hurried_since: float | None = None

    def is_calm(self) -> bool:
        """Whether no order is on its way to its effect, so that mail and pages may be worked on.

        They take the processor and, on SQLite, the one write lock that an order waits for. An order
        is given `HURRY_S`; however many are given one after another, after `HURRY_MAX_S` there is
        work on the rest as well.
        """
        now = time.monotonic()
        since = timezone.now() - timedelta(seconds=HURRY_S)
        if not Order.objects.filter(issued_at__gt=since, effective_at=None).exists():
            self._hurried_since = None
            return True
        if self._hurried_since is None:
            self._hurried_since = now
        return now - self._hurried_since > HURRY_MAX_S

    def close(self) -> None:
        """Begin nothing more; what is in flight is tried again after a restart."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def run(self) -> None:
        """Write down what has come back, and begin what is due.

        Raises RecordError where an order could not be signed: that is no miss of the firm.
        """
        self._land()
        taken = {attempt.row.pk for attempt in self._flying}
        now = timezone.now()
        rows = [row for row in _due(now) if row.pk not in taken]
        if rows:
            self._begin(rows, now)

    def _begin(self, rows: list[Outbox], now: datetime) -> None:
        waiting = _Waiting.of(rows)
        busy = {attempt.url for attempt in self._flying}
        chosen: list[tuple[Outbox, Order, str | None]] = []
        for row in rows:
            order = waiting.orders[row.payload["order"]]
            if order.received_at or order.effective_at or order.pilot.state == PilotState.CLOSED:
                _finish(row)
                continue
            known = order.control_outbox_id in waiting.known
            if not known and now - row.created < timedelta(seconds=WAIT_FOR_GATE_S):
                continue
            url = waiting.urls.get(order.pilot_id)
            if url is not None and (url in busy or self._is_broken(url)):
                continue
            if url is not None:
                busy.add(url)
            chosen.append((row, order, url))
        claimed = _claim([row for row, _, _ in chosen], now)
        nowhere = []
        for row, order, url in chosen:
            if row.pk not in claimed:
                continue
            if url is None:
                nowhere.append((row, order, False, NO_ENDPOINT))
                continue
            proof = waiting.proofs.get(order.public_id)
            future = self._pool.submit(_send, self._sign, url, order.canonical, self._guard, proof)
            self._flying.append(_Attempt(row, order, url, future))
        _note(nowhere)

    def _is_broken(self, url: str) -> bool:
        breaker = self._breakers.setdefault(url, Breaker())
        return time.monotonic() < breaker.open_until

    def _land(self) -> None:
        landed = [attempt for attempt in self._flying if attempt.future.done()]
        if not landed:
            return
        outcomes, unsigned, trouble = [], [], None
        for attempt in landed:
            try:
                delivered, detail = attempt.future.result()
            except RecordError as error:
                unsigned.append(attempt.row)
                trouble = error
                continue
            breaker = self._breakers.setdefault(attempt.url, Breaker())
            breaker.note(held=delivered, now=time.monotonic())
            outcomes.append((attempt.row, attempt.order, delivered, detail))
        _note(outcomes)
        _release(unsigned)
        self._flying = [attempt for attempt in self._flying if attempt not in landed]
        if trouble is not None:
            raise trouble


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What is to be known of the orders in some rows, asked for once."""

    orders: dict[str, Order]
    known: set[int]
    """Outbox ids of control records that the gate has."""
    urls: dict[int, str]
    """Pilot → where it takes orders."""
    proofs: dict[str, bytes]
    """Public id → proof from the record, of orders old enough to have one."""

    @classmethod
    def of(cls, rows: list[Outbox]) -> _Waiting:
        names = {row.payload["order"] for row in rows}
        found = Order.objects.filter(public_id__in=names).select_related("pilot__case")
        orders = {order.public_id: order for order in found}
        told = {order.control_outbox_id or 0 for order in orders.values()}
        receipts = ControlReceipt.objects.filter(outbox_id__in=told)
        pilots = {order.pilot_id for order in orders.values()}
        since = timezone.now() - timedelta(seconds=PROVEN_AFTER_S)
        old = [order for order in orders.values() if order.issued_at and order.issued_at < since]
        endpoints = OrderEndpoint.objects.filter(pilot__in=pilots, ended_at=None)
        return cls(
            orders,
            set(receipts.values_list("outbox_id", flat=True)),
            {endpoint.pilot_id: endpoint.url for endpoint in endpoints},
            proofs_of(old) if old else {},
        )


def _send(
    sign: Callable[[str, str], Mapping[str, str]],
    url: str,
    text: str,
    guard: Guard,
    proof: bytes | None = None,
) -> tuple[bool, str]:
    """One attempt: whether the endpoint took the order, and what it said. In a thread.

    The proof from the record goes in a header that needs no signature: it proves itself.

    Raises RecordError where nobody signed.
    """
    headers = dict(sign(text, url))
    if proof is not None and len(proof) <= PROOF_BYTES_MAX:
        headers[order_proof.HEADER] = order_proof.to_header(proof)
    try:
        reply = egress.post(url, headers, text.encode(), guard=guard, timeout_s=TIMEOUT_S)
    except (egress.EgressError, OSError, http.client.HTTPException) as error:
        return False, f"{type(error).__name__}: {error}"
    said = reply.body[:200].decode(errors="replace").replace("\x00", "")
    return 200 <= reply.status < 300, f"{reply.status} {said}"  # noqa: PLR2004 - taken


def _due(now: datetime) -> list[Outbox]:
    had = OutboxDelivery.objects.filter(consumer=CONSUMER)
    done = had.filter(delivered_at__isnull=False).values("outbox")
    later = had.filter(next_attempt_at__gt=now).values("outbox")
    rows = Outbox.objects.filter(topic=TOPIC).exclude(pk__in=done).exclude(pk__in=later)
    return list(rows.order_by("pk")[:BATCH_MAX])


@transaction.atomic
def _claim(rows: list[Outbox], now: datetime) -> set[int]:
    """Take the next attempt for this worker: the ids of those that no other one has."""
    ids = [row.pk for row in rows]
    deliveries = OutboxDelivery.objects.filter(outbox__in=ids, consumer=CONSUMER)
    held = set(deliveries.values_list("outbox_id", flat=True))
    OutboxDelivery.objects.bulk_create(
        [OutboxDelivery(outbox=row, consumer=CONSUMER) for row in rows if row.pk not in held],
        ignore_conflicts=True,
    )
    free = {
        delivery.outbox_id
        for delivery in deliveries.select_for_update()
        if delivery.delivered_at is None
        and (delivery.next_attempt_at is None or delivery.next_attempt_at <= now)
    }
    until = now + timedelta(seconds=2 * TIMEOUT_S)
    deliveries.filter(outbox__in=free).update(next_attempt_at=until)
    return free


def _release(rows: list[Outbox]) -> None:
    """Give back what was taken and could not be signed: it was no attempt."""
    OutboxDelivery.objects.filter(outbox__in=rows, consumer=CONSUMER).update(
        next_attempt_at=timezone.now()
    )


@transaction.atomic
def _note(outcomes: list[tuple[Outbox, Order, bool, str]]) -> None:
    """Write down attempts, when the next ones are, and after three misses call the officers."""
    ids = [row.pk for row, _, _, _ in outcomes]
    locked = OutboxDelivery.objects.select_for_update().filter(outbox__in=ids, consumer=CONSUMER)
    deliveries = {delivery.outbox_id: delivery for delivery in locked}
    for row, order, delivered, detail in outcomes:
        delivery = deliveries[row.pk]
        misses = delivery.attempts + (not delivered)
        delivery.attempts += 1
        rung = LADDER_S[min(delivery.attempts, len(LADDER_S)) - 1]
        wait_s = max(rung, UNHEARD_S) if delivered else rung
        delivery.next_attempt_at = timezone.now() + timedelta(seconds=wait_s)
        delivery.error = "" if delivered else detail[:500]
        note_delivery(order, delivered=delivered, detail=detail)
        _log.info("order sent", order=order.public_id, delivered=delivered, detail=detail[:200])
        if misses >= MISSES_UNTIL_TOLD:
            _log.error("order is not answered", order=order.public_id, misses=misses)
            raise_alarm(order, AlarmKind.UNANSWERED, detail)
    OutboxDelivery.objects.bulk_update(
        deliveries.values(), ["attempts", "next_attempt_at", "error"]
    )


@transaction.atomic
def _finish(row: Outbox) -> None:
    delivery, _ = OutboxDelivery.objects.select_for_update().get_or_create(
        outbox=row, consumer=CONSUMER
    )
    delivery.delivered_at = timezone.now()
    delivery.save(update_fields=["delivered_at"])
