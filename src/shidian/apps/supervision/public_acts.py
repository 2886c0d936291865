"""Orders issued and lapsed, as the audit of the record asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.record.acts import Act, public_acts
from shidian.apps.supervision.domain.orders.recording import leaf_payload
from shidian.apps.supervision.models import Order, OrderState

if TYPE_CHECKING:
    from collections.abc import Iterator


@public_acts
def orders() -> Iterator[Act]:
    """Every order that was issued, and each that lapsed."""
    issued = Order.objects.exclude(issued_at=None).select_related("pilot__case").order_by("pk")
    for order in issued.iterator():
        if order.issued_at is None:
            continue
        payload = leaf_payload(order, "order.issued", at=order.issued_at)
        yield Act(what=f"order {order.public_id}", payload=payload, whole=False)
        if order.state == OrderState.LAPSED and order.ended_at is not None:
            payload = leaf_payload(order, "order.lapsed", at=order.ended_at)
            yield Act(what=f"order {order.public_id} lapsed", payload=payload, whole=False)
