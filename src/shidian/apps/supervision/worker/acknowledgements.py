"""Firms' words on orders, from the gate to the orders' page: each once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import structlog
from django.db import transaction
from django.utils import timezone

from shidian.apps.supervision.domain.instants import from_us
from shidian.apps.supervision.domain.orders import receive_acknowledgement
from shidian.apps.supervision.models import Order
from shidian.apps.supervision.worker.projection import locked_cursor, of_journal, position
from shidian.config import MAIN_JOURNAL

if TYPE_CHECKING:
    from collections.abc import Sequence

STREAM = "acknowledgements"
BATCH_MAX = 100
_log = structlog.get_logger("shidian.worker")


class AcknowledgingGate(Protocol):
    """Where firms' words are kept first."""

    def acknowledgements_after(self, entry: int, limit: int) -> list[dict[str, Any]]:
        """Words that follow an entry, oldest first. Raises GateUnreachableError."""


def copy_acknowledgements(gate: AcknowledgingGate, journal: str = MAIN_JOURNAL) -> set[str]:
    """Copy what the gate has taken since; the public ids of the pilots concerned.

    The cursor moves in the transaction that writes, so each word counts once.
    """
    concerned: set[str] = set()
    stream = of_journal(STREAM, journal)
    while words := gate.acknowledgements_after(position(stream), BATCH_MAX):
        concerned |= _apply(words, stream)
        if len(words) < BATCH_MAX:
            break
    return concerned


@transaction.atomic
def _apply(words: Sequence[dict[str, Any]], stream: str) -> set[str]:
    cursor = locked_cursor(stream)
    concerned = set()
    for word in words:
        if word["entry"] <= cursor.position:
            continue
        cursor.position = word["entry"]
        order = Order.objects.filter(
            public_id=word["order_id"], pilot__public_id=word["project"]
        ).first()
        if order is None or order.issued_at is None:
            _log.error("a word on an order that was not issued", order=word["order_id"])
            continue
        receive_acknowledgement(order, kind=word["kind"], at=from_us(word["at_us"]), evidence=word)
        concerned.add(str(word["project"]))
    cursor.changed_at = timezone.now()
    cursor.save(update_fields=["position", "changed_at"])
    return concerned
