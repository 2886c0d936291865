"""What proves an order to be on the public record, for those who may read the order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.record.models import LeafRow
from shidian.config import settings
from shidian.core.record.reader import LogReader
from shidian_kit.wire import canonical
from shidian_kit.wire.order_proof import bundle
from shidian_kit.wire.refusal import RecordError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from shidian.apps.supervision.models import Order


def leaf_of(order: Order) -> QuerySet[LeafRow]:
    """The leaf that says that it was issued: one at most."""
    return leaves_of([order])


def leaves_of(orders: Iterable[Order]) -> QuerySet[LeafRow]:
    """Leaves that say that these were issued."""
    listed = list(orders)
    return LeafRow.objects.filter(
        outbox__payload__kind="order.issued",
        outbox__payload__order__in=[order.public_id for order in listed],
        outbox__case__in={order.pilot.case_id for order in listed},
    ).select_related("outbox")


def proofs_of(orders: Iterable[Order]) -> dict[str, bytes]:
    """Public id → bundle (`wire.order_proof`) of those orders that are on the log. One query.

    None of those whose text was erased, or while the log cannot be read.
    """
    reader = LogReader(settings().record_tiles)
    found = {}
    for row in leaves_of(orders).exclude(index=None):
        if row.salt is None or row.document is None or row.index is None:
            continue
        try:
            proof = reader.tlog_proof(row.index)
        except (RecordError, IndexError):
            continue
        found[str(row.outbox.payload["order"])] = bundle(
            document=canonical.dumps(row.document),
            leaf=bytes(row.leaf),
            proof=proof,
            salt=bytes(row.salt),
        )
    return found
