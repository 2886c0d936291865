"""Leaves go to the notary in batches; where they stand is kept all together or not at all."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

import structlog
from django.db import transaction
from django.utils import timezone

from shidian.apps.notices.models import PublishedLeaf, PublishedSnapshot
from shidian.apps.record.models import LeafRow
from shidian.notary.client import ItemRefusedError
from shidian_kit.wire.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from shidian.notary.client import Appended
    from shidian_kit.wire.refusal import RecordError

BATCH_MAX = 200
RETRY_AFTER = timedelta(minutes=1)
_KEYS_ANEW = 1 << 40
"""Keys that no outbox id will reach: for rows whose id the notary knows from another past."""
_log = structlog.get_logger("shidian.record")


class Notary(Protocol):
    """Who appends leaves, each once, however often it is sent under one key."""

    def append(self, items: Sequence[tuple[int, bytes]]) -> Appended:
        """(key, leaf) → where each stands, under a published checkpoint that covers them all."""


def send_leaves(notary: Notary, *, limit: int = BATCH_MAX, now: datetime | None = None) -> int:
    """Send the leaves that are due and have no place yet; how many have one now.

    Restricted leaves of a slot go first and in random order: neither their place nor their order
    tells when each act was done. After a crash between the notary's answer and its being kept, the
    same leaves are sent again and get the same places. Raises RecordError where the notary cannot
    be reached or serves nobody; nothing is lost then.
    """
    now = now or timezone.now()
    waiting = LeafRow.objects.filter(index=None, due__lte=now).exclude(retry_at__gt=now)
    rows = list(waiting.order_by("pk")[:limit])
    scheduled = [row for row in rows if row.sealed and not row.opened]
    secrets.SystemRandom().shuffle(scheduled)
    rows = scheduled + [row for row in rows if row not in scheduled]
    return _send(notary, rows, now) if rows else 0


def _send(notary: Notary, rows: list[LeafRow], now: datetime) -> int:
    """Send these; one that is refused is named and left aside, the others go without it."""
    by_key = {row.key: row for row in rows}
    while by_key:
        try:
            appended = notary.append([(key, bytes(row.leaf)) for key, row in by_key.items()])
        except ItemRefusedError as refusal:
            _refused(by_key.pop(refusal.outbox_id), refusal, now)
            continue
        _keep(by_key, appended.indices, _size_in(appended.checkpoint), now)
        return len(by_key)
    return 0


def _size_in(checkpoint: str) -> int:
    """The second line of a checkpoint: how many leaves it covers."""
    return int(checkpoint.split("\n", 2)[1])


@transaction.atomic
def _keep(rows: dict[int, LeafRow], places: dict[int, int], size: int, now: datetime) -> None:
    """Where each leaf stands, and what the public may read of it."""
    locked = LeafRow.objects.select_for_update(of=("self",)).select_related("outbox")
    fresh = list(locked.filter(pk__in=[rows[key].pk for key in places], index=None))
    for row in fresh:
        row.index, row.size, row.recorded_at = places[row.key], size, now
        row.retry_at = None
    LeafRow.objects.bulk_update(fresh, ("index", "size", "recorded_at", "retry_at"))
    PublishedLeaf.objects.bulk_create(
        [_published(row, places[row.key]) for row in fresh if row.opened]
    )


def _published(row: LeafRow, index: int) -> PublishedLeaf:
    snapshot = None
    if row.outbox.payload.get("kind") == "page.published":
        payload = row.outbox.payload
        snapshot = PublishedSnapshot.objects.only("pk").get(
            kind=payload["page"], key=payload["key"], version=payload["version"]
        )
    return PublishedLeaf(
        index=index,
        snapshot=snapshot,
        document=row.document,
        salt=bytes(row.salt).hex() if row.salt else "",
    )


def _refused(row: LeafRow, refusal: RecordError, now: datetime) -> None:
    """One leaf that the notary does not take: named, and tried again; never dropped."""
    if refusal.name == Refusal.OUTBOX_ID_REUSED:
        # The database was put back to an older state: the id stands for an act that it has lost.
        row.key = _KEYS_ANEW + secrets.randbits(60)
        row.problem = f"sent anew under another key: {refusal}"[:500]
    else:
        row.problem = str(refusal)[:500]
        row.retry_at = now + RETRY_AFTER
    row.save(update_fields=("key", "problem", "retry_at"))
    _log.error("a leaf was refused", outbox=row.outbox_id, why=str(refusal))
