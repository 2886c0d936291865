"""The monitor's stream copied into the app database: each item once, whatever crashes between.

The cursor moves in the transaction that writes what was read. So after a crash the worker reads
from where the database is, not from where it thought it was.
"""

from __future__ import annotations

from shidian.apps.supervision.worker.projection.episodes import (
    Since,
    apply_items,
    known_since,
    project_episode,
    rebuild_episodes,
)
from shidian.apps.supervision.worker.projection.readings import (
    apply_current,
    apply_faults,
    apply_grouped,
    apply_quality,
    apply_readings,
)
from shidian.apps.supervision.worker.projection.stream import (
    ITEMS,
    READINGS,
    Applied,
    applied_to,
    locked_cursor,
    note_applied,
    of_journal,
    position,
)

__all__ = [
    "ITEMS",
    "READINGS",
    "Applied",
    "Since",
    "applied_to",
    "apply_current",
    "apply_faults",
    "apply_grouped",
    "apply_items",
    "apply_quality",
    "apply_readings",
    "known_since",
    "locked_cursor",
    "note_applied",
    "of_journal",
    "position",
    "project_episode",
    "rebuild_episodes",
]
