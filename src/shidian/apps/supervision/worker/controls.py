"""Control records from the outbox to the gate, in order, each until it has its receipt."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from shidian.apps.cases.models import Outbox, OutboxDelivery, RulebookVersion
from shidian.apps.supervision.domain.control import CONSUMER, TOPIC
from shidian.apps.supervision.models import ControlReceipt
from shidian.apps.supervision.worker.gate_client import GateRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

BATCH_MAX = 100
_log = structlog.get_logger("shidian.worker")


class ControlGate(Protocol):
    """Where control records go."""

    def fed(self, as_of_us: int) -> None:
        """Say that at this time nothing more was to be told. Raises GateUnreachableError."""

    def control(self, outbox_id: int, kind: str, record: Mapping[str, Any]) -> int:
        """Append the record; its entry. Raises GateUnreachableError, GateRefusedError."""


def send_controls(gate: ControlGate) -> set[str]:
    """Send every control record that has no receipt; the public ids of the pilots concerned.

    The request is made outside a transaction and may be made again after a crash: the gate knows
    the outbox id and answers with the same entry. A refused record is noted with its reason and
    left aside; one that cannot be sent now stops the pass, since order matters.
    """
    concerned = set()
    for row in _waiting():
        record = _record(row)
        kind = str(row.payload["kind"])
        try:
            entry = gate.control(row.pk, kind, record)
        except GateRefusedError as refusal:
            _note_refusal(row, str(refusal))
            continue
        _store_receipt(row, entry)
        concerned.add(str(row.payload["project"]))
        _log.info("control record in the journal", outbox=row.pk, kind=kind, entry=entry)
    return concerned


def tell_fed(gate: ControlGate) -> bool:
    """Say to the gate that it knows everything as of now; False where something waits for it.

    While it is not told so for half a minute, it renews no permit: an order might be on its way.
    """
    as_of_us = time.time_ns() // 1000
    if _pending().exists():
        return False
    gate.fed(as_of_us)
    return True


def _waiting() -> list[Outbox]:
    return list(_pending().order_by("pk")[:BATCH_MAX])


def _pending() -> QuerySet[Outbox]:
    received = ControlReceipt.objects.filter(outbox_id=OuterRef("pk"))
    refused = OutboxDelivery.objects.filter(outbox=OuterRef("pk"), consumer=CONSUMER)
    return Outbox.objects.filter(~Exists(received), ~Exists(refused), topic=TOPIC)


def _record(row: Outbox) -> dict[str, Any]:
    """The record as the journal keeps it; an activation gets its rulebook's document here."""
    record = {key: value for key, value in row.payload.items() if key != "kind"}
    digest = record.pop("rulebook_digest", None)
    if digest is not None:
        record["document"] = RulebookVersion.objects.get(digest=digest).document
    return record


@transaction.atomic
def _store_receipt(row: Outbox, entry: int) -> None:
    ControlReceipt.objects.get_or_create(
        outbox_id=row.pk, defaults={"entry": entry, "received_at": timezone.now()}
    )


def _note_refusal(row: Outbox, reason: str) -> None:
    _log.error("control record refused by the gate", outbox=row.pk, reason=reason)
    OutboxDelivery.objects.get_or_create(
        outbox=row,
        consumer=CONSUMER,
        defaults={"attempts": 1, "error": reason[:500]},
    )
