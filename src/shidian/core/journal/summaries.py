"""What a reader says of feeds, refused items and erasures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shidian.core.journal.batch import ItemStatus


@dataclass(frozen=True, slots=True)
class Gap:
    """Sequence numbers `first` to `last` of a feed that have not come, though later ones have."""

    source: str
    epoch: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class FeedSummary:
    """One epoch of a source: its first entry, highest number, and how many originals came."""

    source: str
    epoch: int
    first_entry: int
    seqno_max: int
    received: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """One item that was not stored: who sent it, its hash, and why."""

    refusal: int
    status: ItemStatus
    ingest_us: int
    project: str
    source: str
    epoch: int | None
    seqno: int | None
    rev: int | None
    sha256: bytes
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Erasure:
    """That a code no longer leads to a pseudonym: when (µs UTC), who had it done, and why."""

    erasure: int
    at_us: int
    project: str
    code: int
    by: str
    reason: str
