"""What goes on record of one act, and the bytes that are hashed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shidian.apps.notices.domain.snapshots import snapshot_digest
from shidian.apps.notices.models import PublishedSnapshot, SnapshotKind
from shidian.core.record.leaf import SUBJECT_CHARS_MAX, LeafKind
from shidian_kit.wire import canonical
from shidian_kit.wire.digest import sha256_tag

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

RESTRICTED = "restricted"
"""The subject of whatever the public may not even know to exist."""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What goes on record of one row.

    `document`: what the digest is taken of, as canonical JSON; None: `snapshot` carries it.
    `sealed`: the leaf holds a commitment instead of a digest. `opened`: the public may read the
    document. `scheduled`: it waits for a slot, whose time the leaf then states. `not_before`: it
    waits at least until then.
    """

    kind: LeafKind
    subject: str
    time: datetime
    document: Mapping[str, Any] | None
    snapshot: PublishedSnapshot | None = None
    rules_digest: str | None = None
    sealed: bool = False
    opened: bool = True
    scheduled: bool = False
    not_before: datetime | None = None
    problem: str = ""
    """Why the row could not be read, where it goes on record by its hash."""

    def text(self) -> bytes:
        """The bytes that are hashed. Raises ValueError where they have no canonical form."""
        if self.snapshot is not None:
            return snapshot_text(self.snapshot)
        return canonical.dumps(self.document)


def snapshot_text(snapshot: PublishedSnapshot) -> bytes:
    """The canonical JSON that a snapshot's digest is taken of."""
    return canonical.dumps(
        {
            "kind": str(snapshot.kind),
            "key": snapshot.key,
            "version": snapshot.version,
            "zh": snapshot.body_zh,
            "en": snapshot.body_en,
        }
    )


def is_intact(snapshot: PublishedSnapshot) -> bool:
    """Whether a snapshot's bodies still give its digest."""
    return snapshot.digest == snapshot_digest(
        SnapshotKind(snapshot.kind),
        snapshot.key,
        snapshot.version,
        snapshot.body_zh,
        snapshot.body_en,
    )


def fitting_subject(subject: str) -> str:
    """The subject, or its hash where a leaf could not hold it."""
    if 0 < len(subject) <= SUBJECT_CHARS_MAX and subject.isprintable():
        return subject
    return sha256_tag(subject.encode("utf-8", "backslashreplace"))
