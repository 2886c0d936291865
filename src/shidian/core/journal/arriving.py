"""Taking in a project that has come from another journal, inside the writer's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.journal import moving
from shidian.core.journal.controls import CLOCKS_APART_MAX_US, ArrivalRecord, ControlError, parse
from shidian.core.journal.reader import arrived_controls

if TYPE_CHECKING:
    import sqlite3

    from shidian.core.journal.controls import Registry
    from shidian.core.journal.feeds import Feeds


def check(db: sqlite3.Connection, record: ArrivalRecord, now_us: int) -> None:
    """What came is what left, and the clocks fit. Raises ControlError."""
    if record.ingest_us > now_us + CLOCKS_APART_MAX_US:
        raise ControlError("the clock of the other gate is too far ahead of this one's")
    came = moving.whole_staged(db, record.project)
    if came != moving.Whole(record.entries, record.codes, record.digest):
        raise ControlError(
            f"what has come of {record.project} is not what left: {came.entries} entries and"
            f" {came.codes} codes, {came.digest}"
        )


def take_in(db: sqlite3.Connection, feeds: Feeds, registry: Registry, project: str) -> None:
    """Its numbers, keys, rules, plans and orders are known from here on."""
    moving.index(db, feeds, project)
    for came in arrived_controls(db, project):
        registry.apply(parse(came.kind, came.control()))
