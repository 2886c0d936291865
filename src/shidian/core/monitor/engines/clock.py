"""Where a project's watermark stands after each entry, and which rules were known then."""

from __future__ import annotations

import bisect
import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shidian.core.journal.entry import EntryKind
from shidian.core.monitor.timeline import Timeline
from shidian.core.monitor.watermark import Watermark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shidian.core.journal.entry import Entry
    from shidian.core.rulebook.loaded import Loaded


@dataclass(frozen=True, slots=True)
class Ticks:
    """Logged time, for all projects: entry numbers and times, both rising."""

    entries: Sequence[int]
    times_us: Sequence[int]


@dataclass(frozen=True, slots=True)
class Step:
    """After an entry: the watermark, the newest event time; `anew`: the entry changed rules."""

    entry: int
    watermark_us: int
    newest_us: int
    anew: bool


@dataclass(slots=True)
class Phase:
    """Steps under one timeline; the first follows the control record that made it."""

    timeline: Timeline
    steps: list[Step] = field(default_factory=list)


def phases(
    entries: Sequence[Entry],
    ticks: Ticks,
    newest_us: Mapping[int, int],
    override: Loaded | None,
) -> list[Phase]:
    """Steps of a project.

    `entries`: its data entries (payloads are not read) and control records, in order. `newest_us`:
    the highest event time of each data entry that has rows. Raises NotExecutable, RulebookErrors
    as Timeline does.
    """
    walk = _Walk(Timeline(override), ticks)
    for entry in entries:
        walk.ticks_before(entry.entry)
        walk.take(entry, newest_us.get(entry.entry))
    walk.ticks_before(2**62)
    return walk.phases


class _Walk:
    def __init__(self, timeline: Timeline, ticks: Ticks) -> None:
        self._timeline = timeline
        self._ticks = ticks
        self._tick = 0
        self._watermark = Watermark()
        self._since: dict[str, int] = {}
        self.phases: list[Phase] = [Phase(copy.copy(timeline))]

    def take(self, entry: Entry, latest_us: int | None) -> None:
        """A data entry or a control record."""
        anew = entry.kind is not EntryKind.DATA
        if anew:
            self._timeline.add(entry)
            self.phases.append(Phase(copy.copy(self._timeline)))
        elif latest_us is not None:
            self._watermark.saw(entry.source, latest_us, entry.ingest_us)
            self._since[entry.source] = entry.ingest_us
        self._step(entry.entry, anew=anew)

    def ticks_before(self, entry: int) -> None:
        """Of the ticks before an entry, those that find a source idle; others change nothing."""
        end = bisect.bisect_left(self._ticks.entries, entry, self._tick)
        while self._since and self._timeline.newest is not None:
            due_us = min(self._since.values()) + self._timeline.newest.idle_us
            at = bisect.bisect_left(self._ticks.times_us, due_us, self._tick, end)
            if at == end:
                break
            self._idle(at)
        self._tick = end

    def _idle(self, at: int) -> None:
        now_us = self._ticks.times_us[at]
        newest = self._timeline.newest
        if newest is None:
            return
        self._watermark.tick(now_us, newest.idle_us)
        self._since = {
            source: since
            for source, since in self._since.items()
            if now_us - since < newest.idle_us
        }
        self._tick = at + 1
        self._step(self._ticks.entries[at], anew=False)

    def _step(self, entry: int, *, anew: bool) -> None:
        program, newest_us = self._timeline.newest, self._watermark.newest_us
        if program is None or newest_us is None:
            return
        self._watermark.advance(program.lateness_us)
        watermark_us = self._watermark.value_us
        if watermark_us is not None:
            self.phases[-1].steps.append(Step(entry, watermark_us, newest_us, anew))
