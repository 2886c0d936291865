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
    locked_cursor,
    position,
)

__all__ = [
    "ITEMS",
    "READINGS",
    "Applied",
    "Since",
    "apply_current",
    "apply_faults",
    "apply_grouped",
    "apply_items",
    "apply_quality",
    "apply_readings",
    "known_since",
    "locked_cursor",
    "position",
    "project_episode",
    "rebuild_episodes",
]
