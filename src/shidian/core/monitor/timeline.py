"""Which rules are in force when: activations and plan changes in the order of effect."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from shidian.core.journal.entry import EntryKind
from shidian.core.monitor.compiling import compile_rules
from shidian.core.rulebook.load import from_document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.journal.entry import Entry
    from shidian.core.monitor.program import Measure, Program
    from shidian.core.rulebook.loaded import Loaded

FOREVER = 2**62


@lru_cache(maxsize=16)
def _loaded(document: str) -> Loaded:
    """Many pilots run under one rulebook."""
    return from_document(json.loads(document))


@dataclass(frozen=True, slots=True)
class Segment:
    """Rules in force at instants T with `start_us` ≤ T < `end_us`, since `entry`."""

    start_us: int
    end_us: int
    entry: int
    program: Program


@dataclass(frozen=True, slots=True)
class _Control:
    effective_us: int
    entry: int
    loaded: Loaded | None
    tier: str | None
    stage: str | None
    plan: dict[str, Any]
    calendars: dict[str, list[int]]


class Timeline:
    """The segments of a project.

    In force at T is the last record with effective_us ≤ T; of two with the same effective_us, the
    later entry. A plan change keeps the rulebook and the risk tier before it in that order, and the
    stage of the case where it names none.
    `override` replaces the rulebook of every activation, for a replay under other rules.
    """

    def __init__(self, override: Loaded | None = None) -> None:
        self._override = override
        self._controls: list[_Control] = []
        self.segments: tuple[Segment, ...] = ()
        self.newest: Program | None = None
        self.start_us: int | None = None

    def add(self, entry: Entry) -> int:
        """Take in an activation or plan entry; the instant before which rules are as they were.

        Raises NotExecutable, RulebookErrors.
        """
        record = entry.control()
        loaded = None
        if entry.kind is EntryKind.ACTIVATION:
            loaded = self._override or _loaded(json.dumps(record["document"]))
            if self.start_us is None:
                self.start_us = int(record["start_us"])
        effective_us = int(record["effective_us"])
        control = _Control(
            effective_us,
            entry.entry,
            loaded,
            record.get("tier"),
            record.get("stage"),
            dict(record["plan"]),
            dict(record.get("calendars") or {}),
        )
        self._controls.append(control)
        self._controls.sort(key=lambda control: (control.effective_us, control.entry))
        self.segments = tuple(self._build())
        if self.segments:
            # What governs time (lateness, idle) holds from the entry that carries it.
            newest = max(self.segments, key=lambda segment: segment.entry)
            self.newest = newest.program
        return effective_us

    def _build(self) -> Iterator[Segment]:
        loaded: Loaded | None = None
        tier: str | None = None
        stage: str | None = None
        calendars: dict[str, list[int]] = {}
        for place, control in enumerate(self._controls):
            if control.loaded is not None:
                loaded, tier = control.loaded, control.tier
                calendars = control.calendars
            stage = control.stage if control.stage or control.loaded else stage
            following = self._controls[place + 1 :]
            end_us = following[0].effective_us if following else FOREVER
            if loaded is None or end_us == control.effective_us:
                continue
            program = compile_rules(
                loaded.rulebook,
                control.plan,
                rules_digest=loaded.rules_digest,
                tier=tier,
                stage=stage,
                calendars=calendars,
            )
            yield Segment(control.effective_us, end_us, control.entry, program)

    def at(self, instant_us: int) -> Segment | None:
        """The segment an instant lies in."""
        for segment in reversed(self.segments):
            if segment.start_us <= instant_us:
                return segment
        return None

    def rule_ids(self) -> list[str]:
        """Ids of every rule that was, is or will be in force, sorted."""
        return sorted({rule.id for s in self.segments for rule in s.program.rules})

    def measures(self) -> list[Measure]:
        """Every measure of every segment."""
        return list(dict.fromkeys(m for s in self.segments for m in s.program.measures))

    def between(self, low_us: int, high_us: int) -> Iterator[tuple[Segment, int, int]]:
        """Segments that meet [low, high], each with its part of it."""
        for segment in self.segments:
            low, high = max(low_us, segment.start_us), min(high_us, segment.end_us - 1)
            if low <= high:
                yield segment, low, high
