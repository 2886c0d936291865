"""What the monitor says: items of the as-known stream, readings, and their plain form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from shidian.core.monitor.program import severity_of

PROJECT_GROUP = ""
"""The group of rules without dimensions: the whole project. Of others a group is named by JSON:
dimension → value, in the order of names."""


class Change(StrEnum):
    """Why an item was made. An item carries its episode's whole state as known then.

    `opened`: an episode appears. `escalated`: it reached a higher rung. `resolved`: it ended.
    `amended`: what was said of it has changed. `confirmed`: the final stream now says what was
    said early. `withdrawn`: it never was, as known now.
    """

    OPENED = "opened"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    AMENDED = "amended"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """A rung reached at an instant (µs UTC). `early`: seen at an instant still open."""

    at_us: int
    rung: int
    early: bool = False


@dataclass(frozen=True, slots=True)
class Episode:
    """From firing to the end of the condition: `[start_us, end_us)`; None: it has not ended.

    `since_us`: first instant of the condition that led to firing. `path`: rungs reached, rising.
    """

    since_us: int
    start_us: int
    path: tuple[Step, ...]
    end_us: int | None

    @property
    def early(self) -> bool:
        """Whether its very beginning is stated early."""
        return self.path[0].early

    @property
    def has_early(self) -> bool:
        """Whether any part of it is stated early."""
        return self.path[-1].early


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the as-known stream. `seq` is its place in the store's stream, from 1.

    `at_us` is the instant the item speaks of. `level` is the highest severity reached. `early`:
    it rests on an instant that is still open (or withdraws what did). `warming`: before one full
    window of the project has passed.
    """

    entry: int
    project: str
    rule: str
    group: str
    change: Change
    early: bool
    warming: bool
    episode: str
    at_us: int
    since_us: int
    start_us: int
    end_us: int | None
    path: tuple[Step, ...]
    rules_digest: str
    explanation: dict[str, Any]
    seq: int = 0

    @property
    def level(self) -> str:
        """Severity of the highest rung reached."""
        return severity_of(self.path[-1].rung).value

    def numbered(self, seq: int) -> Item:
        """The same item at its place in a stream."""
        return replace(self, seq=seq)

    def path_json(self) -> list[dict[str, Any]]:
        """The path as JSON-able records: at_us, level, rung, early."""
        return [
            {
                "at_us": step.at_us,
                "level": severity_of(step.rung).value,
                "rung": step.rung,
                "early": step.early,
            }
            for step in self.path
        ]


@dataclass(frozen=True, slots=True)
class Reading:
    """A final value of an indicator, in units of 10^−`scale`, from instant `at_us` on.

    None: there is no value. They are given where they change: each holds until the next one. A
    later reading of the same
    instant replaces the earlier one.
    """

    entry: int
    project: str
    indicator: str
    at_us: int
    value: int | None
    scale: int
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Current:
    """The newest value of an indicator. `final` is False while its last tile is still open."""

    entry: int
    project: str
    indicator: str
    at_us: int
    value: int | None
    scale: int
    final: bool
