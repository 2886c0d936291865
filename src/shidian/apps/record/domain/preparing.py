"""Rows of the outbox become leaves, in their order: the bytes are fixed before anyone sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone

from shidian.apps.cases.models import Outbox
from shidian.apps.record.leaves import TOPIC, statement_of
from shidian.apps.record.models import LeafRow
from shidian.apps.record.schedule import next_slot
from shidian.apps.record.statement import Statement, fitting_subject
from shidian.core.record.leaf import Leaf, encode, new_salt, text_digest, time_text
from shidian_kit.wire.commitment import commit

if TYPE_CHECKING:
    from datetime import datetime

BATCH_MAX = 200
_log = structlog.get_logger("shidian.record")


def prepare_leaves(
    *, slot_s: int, after: int = 0, limit: int = BATCH_MAX, now: datetime | None = None
) -> int:
    """Make the leaves of up to `limit` rows that have none; how many were made.

    `after`: only of rows with a greater id.

    Rows that earlier releases left are like any other. What is restricted is due at the next slot,
    and states that slot as its time. Two workers at once: the second finds the row taken.
    """
    now = now or timezone.now()
    waiting = Outbox.objects.filter(topic=TOPIC, leaf=None, pk__gt=after).select_related(
        "case__scheme", "case__rulebook_version"
    )
    return sum(_prepare(row, slot_s, now) for row in waiting.order_by("pk")[:limit])


def _prepare(row: Outbox, slot_s: int, now: datetime) -> bool:
    said = statement_of(row)
    due = now
    if said.scheduled:
        due = next_slot(max(now, said.not_before or now), slot_s)
    salt = new_salt() if said.sealed else None
    if said.problem:
        _log.error("an act could not be read", outbox=row.pk, problem=said.problem)
    try:
        with transaction.atomic():
            LeafRow.objects.create(
                outbox=row,
                key=row.pk,
                leaf=leaf_bytes(said, salt, due),
                sealed=said.sealed,
                opened=said.opened,
                salt=salt,
                document=said.document,
                due=due,
                problem=said.problem,
            )
    except IntegrityError:
        if not LeafRow.objects.filter(outbox=row).exists():
            raise
        return False
    return True


def leaf_bytes(said: Statement, salt: bytes | None, due: datetime) -> bytes:
    """The leaf of a statement. A scheduled one states its slot: its hour tells nothing."""
    text = said.text()
    return encode(
        Leaf(
            kind=said.kind,
            subject=fitting_subject(said.subject),
            time=time_text(due if said.scheduled else said.time),
            rules_digest=said.rules_digest,
            text_sha256=None if salt else text_digest(text),
            commitment=commit(salt, text) if salt else None,
        )
    )
