"""The journal at one moment, in pieces that travel: what the driver reads of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from shidian.core.journal.entry import RULE_KINDS
from shidian.core.journal.reader import JournalReader
from shidian.core.monitor.engines.batch import check_rule
from shidian.core.monitor.engines.history import JournalHistory
from shidian.core.monitor.engines.rows import numbered_feeds
from shidian.core.monitor.engines.spark.tiles import Shape, Wanted, shape_of
from shidian.core.monitor.engines.spark.work import Judging, Piece, Whole
from shidian.core.monitor.leases import UNPERMITTED
from shidian.core.monitor.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from shidian.core.journal.entry import Entry
    from shidian.core.journal.sealed import Segment
    from shidian.core.monitor.engines.spark.tiles import Identities
    from shidian.core.monitor.events import Ints
    from shidian.core.monitor.program import Measure, Rule
    from shidian.core.rulebook.loaded import Loaded


@dataclass(frozen=True)
class ProjectLog:
    """One project's log: heads of data entries and control records, and where its rows are.

    `tail`: data entries that are in no segment, with their payload. `ticks`: those that it has seen
    where it came from another journal, or left for one.
    """

    name: str
    folder: Path
    heads: tuple[Entry, ...]
    segments: tuple[Segment, ...]
    tail: tuple[Entry, ...]
    leases: tuple[Entry, ...]
    ticks: tuple[Ints, Ints] | None = None

    @cached_property
    def feeds(self) -> dict[tuple[str, int], int]:
        """A number for each source and epoch, the same in all pieces."""
        return numbered_feeds(self.heads)

    def pieces(
        self, wanted: tuple[Wanted, ...] = (), revised: Identities | None = None
    ) -> Iterator[Piece]:
        """One for each segment, and one for what is not sealed."""
        asked = any(one.shape.field == UNPERMITTED for one in wanted)
        more = {} if revised is None else {"revised": revised}
        leases = self.leases if asked else ()
        numbers = np.array([head.entry for head in self.heads], np.int64)
        for segment in self.segments:
            ends = (segment.first_entry, segment.last_entry + 1)
            a, b = np.searchsorted(numbers, ends).tolist()
            heads = self.heads[a:b]
            yield Piece(self.name, self.folder, segment, heads, self.feeds, leases, wanted, **more)
        if self.tail:
            yield Piece(self.name, self.folder, None, self.tail, self.feeds, leases, wanted, **more)

    def wanted(self, override: Loaded | None) -> tuple[Wanted, ...]:
        """What its rules ask of events, those of any time. Raises Unsupported; as Timeline does."""
        timeline = Timeline(override)
        rules: dict[Rule, None] = {}
        for head in self.heads:
            if head.kind in RULE_KINDS:
                timeline.add(head)
                rules |= {rule: None for one in timeline.segments for rule in one.program.rules}
        measures: dict[Measure, None] = {}
        for rule in rules:
            check_rule(rule)
            over = rule.measure.ratio_to
            measures |= {one: None for one in (rule.measure, over) if one is not None}
        shapes: dict[Shape, list[Measure]] = {}
        for measure in measures:
            shapes.setdefault(shape_of(measure), []).append(measure)
        return tuple(
            Wanted(shape, same[0], frozenset(measure.take for measure in same))
            for shape, same in shapes.items()
        )

    def whole(self, ticks: tuple[Ints, Ints], override: Loaded | None) -> Whole:
        """All of it for the evaluator."""
        payloads = {entry.entry: entry for entry in self.tail}
        entries = [payloads.get(head.entry, head) for head in self.heads]
        entries = sorted([*entries, *self.leases], key=lambda entry: entry.entry)
        return Whole(self.name, self.folder, self.segments, tuple(entries), ticks, override)

    def judging(
        self,
        ticks: tuple[Ints, Ints],
        wanted: tuple[Wanted, ...],
        override: Loaded | None,
        *,
        explain: bool,
    ) -> Judging:
        """What judges it, beside its tiles."""
        return Judging(self.name, self.heads, ticks, wanted, override, explain)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Projects by name; `removed`: those asked for whose events were removed."""

    projects: tuple[ProjectLog, ...]
    removed: frozenset[str]
    ticks: tuple[Ints, Ints]
    last_entry: int

    def names_same_files(self, other: Snapshot) -> bool:
        """Whether both manifests say the same of the projects."""
        return self._files() == other._files()

    def _files(self) -> list[Sequence[Segment]]:
        return [one.segments for one in self.projects]


def snapshot(journal: Path, project: str | None = None) -> Snapshot:
    """The journal as it stands now, or one project of it.

    Memory: a few hundred bytes an entry, and what is not sealed. Raises JournalDamagedError,
    FileNotFoundError.
    """
    with JournalReader(journal) as reader:
        reader.hold()
        history = JournalHistory(reader)
        asked = [name for name in history.projects if project in (None, name)]
        projects = tuple(
            ProjectLog(
                name=name,
                folder=reader.segments_folder.resolve(),
                heads=tuple(history.entries(name)),
                segments=tuple(reader.sealed_segments(name)),
                tail=tuple(reader.unsealed(name)),
                leases=tuple(reader.leases(name)),
                ticks=_arrays(seen) if (seen := reader.ticks_of(name)) else None,
            )
            for name in asked
            if name not in history.removed
        )
        ticks = _arrays(reader.ticks())
        return Snapshot(projects, history.removed.intersection(asked), ticks, history.last_entry)


def _arrays(ticks: tuple[list[int], list[int]]) -> tuple[Ints, Ints]:
    entries, times = ticks
    return np.array(entries, np.int64), np.array(times, np.int64)
