"""Control records from the outbox to the gate, in order, each until it has its receipt."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.fields.json import KT
from django.utils import timezone

from shidian.apps.cases.models import Outbox, OutboxDelivery, RulebookVersion
from shidian.apps.supervision.domain.control import CONSUMER, TOPIC
from shidian.apps.supervision.domain.orders import raise_alarm
from shidian.apps.supervision.journals import arriving_at
from shidian.apps.supervision.models import AlarmKind, ControlReceipt, Order, PilotJournal
from shidian.apps.supervision.worker.gate_client import GateRefusedError
from shidian.config import MAIN_JOURNAL
from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from django.db.models import QuerySet

BATCH_MAX = 100
BATCH_BYTES_MAX = 4 * 1024 * 1024
"""Of one request; half of what the gate takes."""
_UNNAMED = Q(payload__journal__isnull=True)
_log = structlog.get_logger("shidian.worker")


class ControlGate(Protocol):
    """Where control records go."""

    def fed(self, as_of_us: int) -> None:
        """Say that at this time nothing more was to be told. Raises GateUnreachableError."""

    def control(self, records: Sequence[Mapping[str, Any]]) -> list[int | GateRefusedError]:
        """Append the records in this order: of each its entry, or why it is not taken.

        Raises GateUnreachableError; GateRefusedError where the request as a whole is not taken.
        """


def send_controls(gate: ControlGate, journal: str = MAIN_JOURNAL) -> set[str]:
    """Send what of a journal's control records has no receipt; public ids of pilots concerned.

    The requests are made outside a transaction and may be made again after a crash: the gate knows
    the outbox ids and answers with the same entries. A refused record is noted with its reason and
    left aside; where they cannot be sent now the pass stops, since order matters.
    """
    concerned = set()
    for batch in _batches(list(_waiting(journal)[:BATCH_MAX])):
        answers = _answers(gate, [record for _, record in batch])
        _note([row for row, _ in batch], answers)
        concerned |= {
            str(row.payload["project"])
            for (row, _), answer in zip(batch, answers, strict=True)
            if isinstance(answer, int)
        }
    return concerned


def _batches(rows: Sequence[Outbox]) -> Iterator[list[tuple[Outbox, dict[str, Any]]]]:
    """Rows with their records, in requests that the gate takes: a rulebook's document is long."""
    batch: list[tuple[Outbox, dict[str, Any]]] = []
    size = 0
    for row in rows:
        record = _record(row)
        length = len(canonical.dumps(record))
        if batch and size + length > BATCH_BYTES_MAX:
            yield batch
            batch, size = [], 0
        batch.append((row, record))
        size += length
    if batch:
        yield batch


def _answers(
    gate: ControlGate, records: Sequence[Mapping[str, Any]]
) -> list[int | GateRefusedError]:
    """What the gate makes of each; where it refuses all in one, each is put to it alone."""
    try:
        return gate.control(records)
    except GateRefusedError as refusal:
        if len(records) == 1:
            return [refusal]
    return [_answers(gate, [record])[0] for record in records]


def tell_fed(gate: ControlGate, journal: str = MAIN_JOURNAL) -> bool:
    """Say to the gate that it knows everything as of now; False where something waits for it.

    While it is not told so for half a minute, it renews no permit: an order might be on its way.
    """
    as_of_us = time.time_ns() // 1000
    if _pending().exists() and (_waiting(journal).exists() or _held_for(journal)):
        return False
    gate.fed(as_of_us)
    return True


def _waiting(journal: str) -> QuerySet[Outbox]:
    """Of what is pending, the journal's, in order. What concerns a pilot on its way waits for both.

    A record that names its journal is about the journals themselves: it goes there in any case.
    However much waits for a gate that is away, it hides nothing of the others'.
    """
    placed = PilotJournal.objects.filter(pilot__public_id=OuterRef("project"))
    here = Q(Exists(placed.filter(journal=journal, moving_to="")))
    if journal == MAIN_JOURNAL:
        here |= ~Q(Exists(placed))
    rows = _pending().alias(project=KT("payload__project"))
    return rows.filter(Q(payload__journal=journal) | (_UNNAMED & here)).order_by("pk")


def _held_for(journal: str) -> bool:
    """Whether something waits of which a gate might not know when it takes a pilot up."""
    coming = arriving_at(journal)
    return (
        bool(coming) and _pending().filter(_UNNAMED, payload__project__in=sorted(coming)).exists()
    )


def _pending() -> QuerySet[Outbox]:
    received = ControlReceipt.objects.filter(outbox_id=OuterRef("pk"))
    refused = OutboxDelivery.objects.filter(outbox=OuterRef("pk"), consumer=CONSUMER)
    return Outbox.objects.filter(~Exists(received), ~Exists(refused), topic=TOPIC)


def _record(row: Outbox) -> dict[str, Any]:
    """The record as the gate takes it; an activation gets its rulebook's document here."""
    record = {**row.payload, "outbox_id": row.pk}
    record.pop("journal", None)
    digest = record.pop("rulebook_digest", None)
    if digest is not None:
        record["document"] = RulebookVersion.objects.get(digest=digest).document
    return record


@transaction.atomic
def _note(rows: Sequence[Outbox], answers: Sequence[int | GateRefusedError]) -> None:
    """Keep receipts and refusals, those of one request together."""
    had = ControlReceipt.objects.filter(outbox_id__in=[row.pk for row in rows])
    known = set(had.values_list("outbox_id", flat=True))
    receipts = []
    for row, answer in zip(rows, answers, strict=True):
        if isinstance(answer, int):
            _log.info(
                "control record in the journal",
                outbox=row.pk,
                kind=row.payload["kind"],
                entry=answer,
            )
            if row.pk not in known:
                now = timezone.now()
                receipts.append(ControlReceipt(outbox_id=row.pk, entry=answer, received_at=now))
        elif not answer.departed:
            _note_refusal(row, str(answer))
    ControlReceipt.objects.bulk_create(receipts)


def _note_refusal(row: Outbox, reason: str) -> None:
    _log.error("control record refused by the gate", outbox=row.pk, reason=reason)
    order = Order.objects.filter(public_id=row.payload.get("order_id", "")).first()
    if order is not None:
        raise_alarm(order, AlarmKind.REFUSED, reason)
    OutboxDelivery.objects.get_or_create(
        outbox=row,
        consumer=CONSUMER,
        defaults={"attempts": 1, "error": reason[:500]},
    )
