"""What the public record is told of an order: a commitment, until the order is published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.cases.outbox import put

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.supervision.models import Order


def is_public(order: Order) -> bool:
    """Whether the rulebook has orders in its public register."""
    return "orders" in order.pilot.case.rulebook.public_register.public


def put_leaf(order: Order, kind: str, *, at: datetime) -> None:
    """Have the record make a leaf of it."""
    put("record.leaf", leaf_payload(order, kind, at=at), case=order.pilot.case, at=at)


def leaf_payload(order: Order, kind: str, *, at: datetime) -> dict[str, object]:
    """What a leaf's row says of an order issued or lapsed."""
    return {
        "kind": kind,
        "order": order.public_id,
        "pilot": order.pilot.public_id,
        "digest": order.digest,
        "rules_digest": order.rules_digest,
        "public": is_public(order),
        "at": at.isoformat(),
    }
