"""What comes in and what is answered: a batch of items, and one status for each."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from shidian_kit.wire import envelope


class ItemStatus(StrEnum):
    """What became of one item.

    accepted: stored now. duplicate: the same was stored before. conflict: something else is stored
    under this identity. quarantined: not stored, and its number may be sent again, mended.
    """

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    QUARANTINED = "quarantined"


class TooManyError(ValueError):
    """More items than one request may have."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """An item that is no event. `sha256`: of its bytes, which are not kept."""

    sha256: bytes
    field: str
    reason: str
    epoch: int | None = None
    seqno: int | None = None
    rev: int | None = None


Incoming: TypeAlias = "envelope.Event | Malformed"


@dataclass(frozen=True, slots=True)
class ItemResult:
    """Status of one item; `field` and `reason` are empty for accepted and duplicate."""

    status: ItemStatus
    field: str = ""
    reason: str = ""


ACCEPTED = ItemResult(ItemStatus.ACCEPTED)
DUPLICATE = ItemResult(ItemStatus.DUPLICATE)


@dataclass(frozen=True, slots=True)
class BatchResult:
    """One status per item, in order, and the entries written: one per epoch that had news."""

    items: tuple[ItemResult, ...]
    entries: tuple[int, ...]
    ingest_us: int


def item_sha256(item: Incoming) -> bytes:
    """Digest under which a refused item is remembered: of its JSON with sorted keys, 32 bytes."""
    if isinstance(item, Malformed):
        return item.sha256
    text = json.dumps(envelope.to_dict(item), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()


def malformed(wire: object, raw: bytes, error: envelope.EnvelopeError) -> Malformed:
    """The quarantine note of something that `envelope.from_dict` refused."""
    epoch, seqno, rev = None, None, None
    if isinstance(wire, dict):
        epoch = _small(wire.get("epoch"))
        rev = _small(wire.get("rev", 0))
        text = wire.get("seqno")
        if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 19:  # noqa: PLR2004 - int64
            seqno = int(text)
    digest = hashlib.sha256(raw).digest()
    return Malformed(digest, error.field, f"malformed: {error}", epoch, seqno, rev)


def _small(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= envelope.EPOCH_MAX else None
