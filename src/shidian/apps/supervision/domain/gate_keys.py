"""The gate's key on record: which one signs permits, from when and until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.cases.models import Outbox
from shidian.apps.cases.outbox import put
from shidian.apps.record.leaves import TOPIC
from shidian.apps.record.models import LeafRow
from shidian.core.record.leaf import time_text
from shidian_kit.wire import canonical, keys
from shidian_kit.wire.gate_key import bundle, document
from shidian_kit.wire.order import time_us

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from django.db.models import QuerySet

    from shidian.core.record.reader import LogReader

KIND = "gate-key.certified"
VALID = timedelta(days=90)
RENEW_BEFORE = timedelta(days=30)


@transaction.atomic
def certify_gate_key(public_key: Ed25519PublicKey, *, at: datetime | None = None) -> bool:
    """Have the record say that permits may bear this key for 90 days; whether there was need to.

    A key that the record vouches for longer than 30 days is left alone. When another key stood
    before, the record also says that that one ends now. Idempotent.
    """
    moment = at or timezone.now()
    key_id = keys.key_id(public_key)
    newest = {str(row.payload["key_id"]): row.payload for row in _rows().order_by("pk")}
    own = newest.get(key_id)
    if own is not None and _until(own) - moment > RENEW_BEFORE:
        return False
    for other, payload in newest.items():
        if other != key_id and _until(payload) > moment:
            _put(
                keys.load_public(payload["document"]["public_key"]), _from(payload), moment, moment
            )
    begins = _from(own) if own is not None and _until(own) > moment else moment
    _put(public_key, begins, moment + VALID, moment)
    return True


def bundles(reader: LogReader) -> dict[str, bytes]:
    """What the record says of each key, newest statements first: key id → a file for firms' kits.

    Statements that are not on the log yet are left out. Raises RecordError.
    """
    found: dict[str, bytes] = {}
    rows = LeafRow.objects.filter(outbox__in=_rows()).exclude(index=None).select_related("outbox")
    for row in rows.order_by("-index"):
        key_id = str(row.outbox.payload["key_id"])
        if key_id not in found and row.index is not None:
            said = canonical.dumps(row.outbox.payload["document"])
            found[key_id] = bundle(said, bytes(row.leaf), reader.tlog_proof(row.index))
    return found


def _rows() -> QuerySet[Outbox]:
    return Outbox.objects.filter(topic=TOPIC, payload__kind=KIND)


def _put(key: Ed25519PublicKey, begins: datetime, ends: datetime, at: datetime) -> None:
    put(
        TOPIC,
        {
            "kind": KIND,
            "key_id": keys.key_id(key),
            "document": document(key, time_us(begins), time_us(ends)),
            "at": time_text(at),
        },
        at=at,
    )


def _from(payload: dict[str, dict[str, str]]) -> datetime:
    return datetime.fromisoformat(payload["document"]["valid_from"])


def _until(payload: dict[str, dict[str, str]]) -> datetime:
    return datetime.fromisoformat(payload["document"]["valid_until"])
