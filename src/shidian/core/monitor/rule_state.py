"""One rule over one project: where its condition holds in each group, and the episodes stated."""

from __future__ import annotations

import bisect
import heapq
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from shidian.core.monitor.conditions import Rows, rows_of
from shidian.core.monitor.differences import (
    Draft,
    Stated,
    changed,
    episode_id,
    match,
    opened,
    withdrawn,
)
from shidian.core.monitor.machine import FOREVER, Machine, Mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shidian.core.monitor.conditions import Row
    from shidian.core.monitor.items import Episode
    from shidian.core.monitor.scope import Scope
    from shidian.core.monitor.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Moment:
    """The entry that is being taken in, and how far the project's time is known after it."""

    entry: int
    watermark_us: int
    newest_us: int


@dataclass(slots=True)
class _Group:
    """Marks up to the watermark, and the episodes as last stated, in order of start."""

    marks: list[Mark] = field(default_factory=list)
    stated: list[Stated] = field(default_factory=list)
    wake_us: int = FOREVER


@dataclass(slots=True)
class RuleState:
    """A group at which no rung was ever met has no state of its own."""

    project: str
    rule_id: str
    _groups: dict[str, _Group] = field(default_factory=dict)
    _wakes: list[tuple[int, str]] = field(default_factory=list)

    def restate(self, timeline: Timeline, scope: Scope, moment: Moment) -> list[tuple[str, Draft]]:
        """Evaluate what the scope names anew, and look ahead over instants still open.

        (group, draft) of what differs from what was stated, in the order of groups.
        """
        awake = self._awake(moment.watermark_us)
        found = rows_of(timeline, self.rule_id, scope, moment.newest_us, awake, self._groups)
        drafts: list[tuple[str, Draft]] = []
        for text in sorted(found):
            drafts.extend((text, draft) for draft in self.restate_group(text, found[text], moment))
        return drafts

    def end_rules(self, at_us: int) -> None:
        """Rules that were in force at an instant are so no longer from there on."""
        for group in self._groups.values():
            for place, mark in enumerate(group.marks):
                if mark.from_us < at_us < mark.until_us:
                    group.marks[place] = replace(mark, until_us=at_us)

    def final(self) -> Iterator[tuple[str, list[Episode]]]:
        """Groups with their episodes, without what is stated early."""
        for text, group in sorted(self._groups.items()):
            settled = []
            for stated in group.stated:
                path = tuple(step for step in stated.episode.path if not step.early)
                if path:
                    settled.append(replace(stated.episode, path=path))
            if settled:
                yield text, settled

    def _awake(self, watermark_us: int) -> list[str]:
        """Groups whose state changes by time alone, up to the watermark."""
        found = set()
        while self._wakes and self._wakes[0][0] <= watermark_us:
            at_us, text = heapq.heappop(self._wakes)
            if self._groups[text].wake_us == at_us:
                found.add(text)
        return sorted(found)

    def restate_group(self, text: str, rows: Rows, moment: Moment) -> Iterator[Draft]:
        """Evaluate one group anew from the rows found of it; what differs from what was stated."""
        group = self._groups.setdefault(text, _Group())
        _replace_marks(group.marks, rows)
        quiet, active_us = _last_quiet(group.marks, rows.from_us)
        machine = Machine()
        machine.run(group.marks[quiet + 1 :], moment.watermark_us)
        self._wake(text, group, machine.wake_us)
        machine.look_ahead(rows.ahead)
        last = machine.open()
        tail = [*machine.ended, *([last] if last else [])]
        cut = bisect.bisect_left(
            group.stated, active_us, key=lambda stated: stated.episode.start_us
        )
        before = group.stated[cut:]
        matched = match(before, tail)
        yield from withdrawn(before, matched)
        del group.stated[cut:]
        for found, episode in zip(matched, tail, strict=True):
            if found is None:
                name = episode_id(self.project, self.rule_id, text, moment.entry, episode.start_us)
                yield from opened(Stated(name, episode))
                group.stated.append(Stated(name, episode))
            else:
                yield from changed(found, episode)
                group.stated.append(Stated(found.id, episode))

    def _wake(self, text: str, group: _Group, wake_us: int) -> None:
        if wake_us not in (FOREVER, group.wake_us):
            heapq.heappush(self._wakes, (wake_us, text))
        group.wake_us = wake_us


def _replace_marks(marks: list[Mark], rows: Rows) -> None:
    """Put new marks in place of those from the first instant on that may differ."""
    del marks[bisect.bisect_left(marks, rows.from_us, key=lambda mark: mark.at_us) :]
    for row in rows.settled:
        mark = _mark(row, marks[-1] if marks else None)
        if not marks or not mark.continues(marks[-1]):
            marks.append(mark)


def _mark(row: Row, before: Mark | None) -> Mark:
    """A row as a mark; where nothing is known, it says what the one before says."""
    at_us, rungs, known, clear, rule, from_us, until_us = row
    if rule is not None and not known:
        held = before if before is not None and before.rule is not None else None
        rungs = held.rungs & sum(1 << level.rung for level in rule.levels) if held else 0
        clear = rule.clear is None or held is None or held.clear
    return Mark(at_us, rungs, clear and not rungs, rule, from_us, until_us)


def _last_quiet(marks: Sequence[Mark], from_us: int) -> tuple[int, int]:
    """(place of a mark, instant): from that mark on, by that instant, nothing goes on any more.

    The last such before `from_us`; place −1 and the beginning of time where there is none.
    """
    place = bisect.bisect_left(marks, from_us, key=lambda mark: mark.at_us) - 1
    end_us = from_us
    while place >= 0:
        quiet_us = marks[place].quiet_after_us
        # Beyond its rules' end there are no instants of theirs at which anything could end.
        last_us = min(end_us, marks[place].until_us)
        if quiet_us is not None and last_us - marks[place].at_us > quiet_us:
            return place, end_us
        end_us = marks[place].at_us
        place -= 1
    return -1, -FOREVER
