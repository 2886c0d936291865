"""The outbox and those who work it off: each consumer sees each row once, in order of id.

    @on("pilot.admitted")                       # topic, or a prefix ending in "*": "snapshot.*"
    def make_pilot(row: Outbox) -> None: ...    # consumer name: module and function

`deliver_pending` gives every row that a consumer has not had to it, and writes the delivery in the
transaction in which the consumer wrote: exactly once for what lies in this database. A consumer
that speaks to the outside (gate, mail) must be idempotent by the row's id. A failing row is tried
again later and does not hold up others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from shidian.apps.cases.models import Case, Outbox, OutboxDelivery

Handler = Callable[[Outbox], None]
ATTEMPTS_MAX = 12
RETRY_FIRST = timedelta(seconds=2)
RETRY_MAX = timedelta(minutes=10)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Consumer:
    """Who does something about rows of a topic."""

    name: str
    topic: str
    handle: Handler

    def rows(self) -> QuerySet[Outbox]:
        """All rows that concern this consumer."""
        if self.topic.endswith("*"):
            return Outbox.objects.filter(topic__startswith=self.topic[:-1])
        return Outbox.objects.filter(topic=self.topic)


_consumers: dict[str, Consumer] = {}


def on(topic: str, *, name: str = "") -> Callable[[Handler], Handler]:
    """Register a consumer. Its name is remembered in the database: renaming starts it anew."""

    def register(handle: Handler) -> Handler:
        consumer = name or f"{handle.__module__}.{handle.__name__}".removeprefix("shidian.apps.")
        if consumer in _consumers:
            raise ValueError(f"outbox consumer {consumer} is registered twice")
        _consumers[consumer] = Consumer(consumer, topic, handle)
        return handle

    return register


def consumers() -> Mapping[str, Consumer]:
    """Everyone registered, by name."""
    return _consumers


def put(
    topic: str, payload: Mapping[str, Any], *, case: Case | None = None, at: datetime | None = None
) -> Outbox:
    """Write a row; call it inside the transaction of the act that causes it."""
    return Outbox.objects.create(
        topic=topic, payload=dict(payload), case=case, created=at or timezone.now()
    )


def deliver_pending(limit: int = 100, *, may_go_on: Callable[[], bool] = lambda: True) -> int:
    """Deliver up to `limit` pending rows to each consumer. Returns how many were delivered.

    Before each row `may_go_on` is asked; where it says no, the rest waits for the next call.
    """
    return sum(_deliver(consumer, limit, may_go_on) for consumer in list(_consumers.values()))


def pending(consumer: Consumer, limit: int) -> list[Outbox]:
    """Rows the consumer has not had, whose next attempt is due; oldest first."""
    now = timezone.now()
    tried = OutboxDelivery.objects.filter(consumer=consumer.name)
    had = tried.filter(
        Q(delivered_at__isnull=False) | Q(next_attempt_at__gt=now) | Q(attempts__gte=ATTEMPTS_MAX)
    )
    return list(consumer.rows().exclude(pk__in=had.values("outbox")).order_by("pk")[:limit])


def _deliver(consumer: Consumer, limit: int, may_go_on: Callable[[], bool]) -> int:
    if not may_go_on():
        return 0
    rows = takewhile(lambda _: may_go_on(), pending(consumer, limit))
    return sum(_deliver_one(consumer, row) for row in rows)


def _deliver_one(consumer: Consumer, row: Outbox) -> bool:
    try:
        with transaction.atomic():
            delivery = _claim(consumer, row)
            if delivery is None:
                return False
            consumer.handle(row)
            delivery.delivered_at = timezone.now()
            delivery.error = ""
            delivery.save(update_fields=("delivered_at", "attempts", "error"))
    except Exception as failure:  # noqa: BLE001 - one bad row must not hold up the others
        _log.warning("outbox row %s (%s) failed for %s", row.pk, row.topic, consumer.name)
        _note_failure(consumer, row, failure)
        return False
    return True


def _claim(consumer: Consumer, row: Outbox) -> OutboxDelivery | None:
    """This consumer's delivery row, locked; None where another worker delivered it meanwhile."""
    delivery, _ = OutboxDelivery.objects.select_for_update().get_or_create(
        outbox=row, consumer=consumer.name
    )
    if delivery.delivered_at is not None:
        return None
    delivery.attempts += 1
    return delivery


def _note_failure(consumer: Consumer, row: Outbox, failure: Exception) -> None:
    with transaction.atomic():
        delivery, _ = OutboxDelivery.objects.select_for_update().get_or_create(
            outbox=row, consumer=consumer.name
        )
        delivery.attempts += 1
        wait = min(RETRY_FIRST * 2 ** (delivery.attempts - 1), RETRY_MAX)
        delivery.next_attempt_at = timezone.now() + wait
        delivery.error = f"{type(failure).__name__}: {failure}"[:500]
        delivery.save(update_fields=("attempts", "next_attempt_at", "error"))
