"""One rule over one project: where its condition holds, and the episodes stated so far."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from shidian.core.monitor.differences import (
    Draft,
    Stated,
    changed,
    episode_id,
    match,
    opened,
    withdrawn,
)
from shidian.core.monitor.items import PROJECT_GROUP
from shidian.core.monitor.machine import Machine, Mark, marks_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shidian.core.monitor.events import Ints
    from shidian.core.monitor.items import Episode
    from shidian.core.monitor.program import Measure
    from shidian.core.monitor.timeline import Timeline

    Runs = Callable[[Measure, int, int], tuple[Ints, Ints]]


@dataclass(slots=True)
class RuleState:
    """Marks up to the watermark, and the episodes as last stated, in order of start."""

    project: str
    rule_id: str
    marks: list[Mark] = field(default_factory=list)
    stated: list[Stated] = field(default_factory=list)

    def restate(
        self,
        timeline: Timeline,
        runs: Runs,
        *,
        entry: int,
        from_us: int,
        watermark_us: int,
        newest_us: int,
    ) -> list[Draft]:
        """Evaluate instants from `from_us` on anew, and look ahead over those still open.

        The state machine starts at the last quiet instant before `from_us`, so the cost is that of
        what changed and of the episode around it. Returns what differs from what was stated.
        """
        del self.marks[bisect.bisect_left(self.marks, from_us, key=lambda mark: mark.at_us) :]
        for mark in self._marks(timeline, runs, from_us, watermark_us):
            if not self.marks or not mark.continues(self.marks[-1]):
                self.marks.append(mark)
        quiet = self._last_quiet(from_us)
        machine = Machine()
        machine.run(self.marks[quiet + 1 :], watermark_us)
        machine.look_ahead(self._open_marks(timeline, runs, watermark_us, newest_us))
        last = machine.open()
        tail = [*machine.ended, *([last] if last else [])]
        since_us = self.marks[quiet].at_us if quiet >= 0 else -(2**62)
        cut = bisect.bisect_right(self.stated, since_us, key=lambda stated: stated.episode.start_us)
        before = self.stated[cut:]
        matched = match(before, tail)
        drafts = list(withdrawn(before, matched))
        del self.stated[cut:]
        for found, episode in zip(matched, tail, strict=True):
            if found is None:
                name = episode_id(
                    self.project, self.rule_id, PROJECT_GROUP, entry, episode.start_us
                )
                drafts.extend(opened(Stated(name, episode)))
                self.stated.append(Stated(name, episode))
            else:
                drafts.extend(changed(found, episode))
                self.stated.append(Stated(found.id, episode))
        return drafts

    def final(self) -> list[Episode]:
        """Episodes without what is stated early."""
        found = []
        for stated in self.stated:
            path = tuple(step for step in stated.episode.path if not step.early)
            if path:
                found.append(replace(stated.episode, path=path))
        return found

    def _last_quiet(self, from_us: int) -> int:
        """Place of the last mark before `from_us` at which nothing is met; −1: the beginning."""
        place = bisect.bisect_left(self.marks, from_us, key=lambda mark: mark.at_us) - 1
        while place >= 0 and self.marks[place].rungs:
            place -= 1
        return place

    def _marks(self, timeline: Timeline, runs: Runs, low_us: int, high_us: int) -> Iterator[Mark]:
        for segment, low, high in timeline.between(low_us, high_us):
            rule = segment.program.rule(self.rule_id)
            if rule is not None:
                yield from marks_of(rule, *runs(rule.measure, low, high), segment.end_us)
            elif low == segment.start_us:
                # An episode of a rule no longer in force ends where the rules changed.
                yield Mark(low, 0, 1, 0, segment.end_us)

    def _open_marks(
        self, timeline: Timeline, runs: Runs, watermark_us: int, newest_us: int
    ) -> Iterator[Mark]:
        """Marks at open instants, up to the first one that covers the newest event."""
        if not timeline.segments:
            return
        reach_us = newest_us + 1 + max(s.program.reach_us for s in timeline.segments)
        for segment, low, high in timeline.between(watermark_us + 1, reach_us):
            rule = segment.program.rule(self.rule_id)
            if rule is None or not rule.may_be_early:
                continue
            end_us = (newest_us // rule.measure.tile_us + 1) * rule.measure.tile_us
            end_us = -(-end_us // rule.measure.step_us) * rule.measure.step_us
            if low <= min(high, end_us):
                yield from marks_of(
                    rule, *runs(rule.measure, low, min(high, end_us)), segment.end_us
                )
