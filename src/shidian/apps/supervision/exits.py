"""What is read of exits: the bundle of a drill, and whether it is on record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.record.leaves import TOPIC
from shidian.apps.record.models import LeafRow
from shidian.apps.supervision.domain.exits import KIND
from shidian.config import settings
from shidian.core.exit import certificate
from shidian.core.record.reader import LogReader
from shidian_kit.wire import canonical, order_proof
from shidian_kit.wire.refusal import RecordError

if TYPE_CHECKING:
    from shidian.apps.supervision.models import ExitDrill


def leaf_of(case_id: int, kind: str, digest: str) -> LeafRow | None:
    """The leaf that commits to what has this digest; None while there is none."""
    rows = LeafRow.objects.filter(
        outbox__topic=TOPIC,
        outbox__case=case_id,
        outbox__payload__kind=kind,
        outbox__payload__digest=digest,
    )
    return rows.order_by("pk").first()


def is_on_record(drill: ExitDrill) -> bool:
    """Whether the log holds its certificate already."""
    row = leaf_of(drill.case_id, KIND, drill.digest)
    return row is not None and row.index is not None


def bundle_of(drill: ExitDrill) -> bytes:
    """All that is needed to verify a signed drill; with the record's proof once it is there."""
    return certificate.bundle(
        certificate=drill.certificate,
        plan=drill.plan.canonical,
        signature=drill.signature,
        public_key=drill.public_key,
        record=_proof(leaf_of(drill.case_id, KIND, drill.digest)),
    )


def _proof(row: LeafRow | None) -> str:
    if row is None or row.index is None or row.salt is None or row.document is None:
        return ""
    try:
        proof = LogReader(settings().record_tiles).tlog_proof(row.index)
    except (RecordError, IndexError):
        return ""
    return order_proof.bundle(
        document=canonical.dumps(row.document),
        leaf=bytes(row.leaf),
        proof=proof,
        salt=bytes(row.salt),
    ).decode()
