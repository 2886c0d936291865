"""What becomes of an issued order: handed over, received, in effect at the firm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from django.db import transaction
from django.utils import timezone

from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.pilots import ask_for_snapshot
from shidian.apps.supervision.models import (
    Order,
    OrderAcknowledgement,
    OrderDelivery,
    OrderState,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

DETAIL_MAX_CHARS = 500


@transaction.atomic
def receive_acknowledgement(
    order: Order,
    *,
    kind: Literal["received", "effective"],
    at: datetime,
    evidence: Mapping[str, Any],
) -> OrderAcknowledgement:
    """Keep the firm's signed word on an order that was issued; the caller has checked it.

    `at`: by the firm's clock. `evidence`: the signed message, so that anyone can check it again.
    The order moves on to `received` or `effective`, never back; of a lapsed order the word is kept
    and nothing moves. The same kind again returns what is known.
    Raises SupervisionError where the order was not issued.
    """
    found = Order.objects.select_for_update(of=("self",)).select_related("pilot__case")
    locked = found.get(pk=order.pk)
    if locked.issued_at is None:
        raise SupervisionError(f"{locked.public_id} was not issued")
    known = locked.acknowledgements.filter(kind=kind).first()
    if known is not None:
        return known
    row = OrderAcknowledgement.objects.create(
        order=locked, kind=kind, at=at, recorded_at=timezone.now(), evidence=dict(evidence)
    )
    changed = []
    if kind == "received" and locked.received_at is None:
        locked.received_at = at
        changed.append("received_at")
    if kind == "effective":
        locked.effective_at = at
        changed.append("effective_at")
    moved = OrderState(kind)
    forward = {
        OrderState.RECEIVED: (OrderState.ISSUED,),
        OrderState.EFFECTIVE: (OrderState.ISSUED, OrderState.RECEIVED),
    }
    if locked.state in forward[moved]:
        locked.state = moved
        changed.append("state")
    if changed:
        locked.save(update_fields=changed)
    ask_for_snapshot(locked.pilot, at=row.recorded_at)
    return row


@transaction.atomic
def note_delivery(
    order: Order, *, delivered: bool, detail: str = "", at: datetime | None = None
) -> OrderDelivery:
    """Keep that it was tried to hand the order over, and how that went."""
    locked = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
    return OrderDelivery.objects.create(
        order=locked,
        attempt=locked.deliveries.count() + 1,
        at=at or timezone.now(),
        delivered=delivered,
        detail=detail[:DETAIL_MAX_CHARS],
    )
