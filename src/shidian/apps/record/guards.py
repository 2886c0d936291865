"""What of a leaf's row may change: where it stands, what hinders it, and its erasable part."""

from __future__ import annotations

from shidian.apps.cases.append_only import Guard
from shidian.apps.record.models import Erasure, LeafRow

GUARDS = (
    Guard(Erasure),
    Guard(
        LeafRow,
        mutable=(
            "key",
            "index",
            "size",
            "recorded_at",
            "problem",
            "retry_at",
            "salt",
            "document",
            "erased_at",
        ),
    ),
)
