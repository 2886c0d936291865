"""The alert state machine over runs of instants with one condition: inactive, pending, firing."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from shidian.core.monitor.items import Episode, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from shidian.core.monitor.program import Rule

FOREVER = 2**62


@dataclass(frozen=True, slots=True)
class Mark:
    """From instant `at_us` on, in steps of the rule's and before `until_us`: what an instant says.

    `rungs`: bit set of those met. `clear`: whether no rung is met, and the rule's `clear`. `rule`
    None: the rule, or its group, is not there. Rules are in force over `[from_us, until_us)`.
    """

    at_us: int
    rungs: int
    clear: bool
    rule: Rule | None
    from_us: int
    until_us: int

    def continues(self, other: Mark) -> bool:
        """Whether it says nothing that `other`, before it, does not say."""
        return (self.rungs, self.clear, self.from_us, self.until_us) == (
            other.rungs,
            other.clear,
            other.from_us,
            other.until_us,
        ) and (self.rule is None) == (other.rule is None)

    @property
    def quiet_after_us(self) -> int | None:
        """So long after it, with no other mark, nothing is pending or firing; None: who knows."""
        if self.rule is None:
            return 0
        if self.rungs or not self.clear:
            return None
        memory = 0 if self.rule.k_of_n is None else self.rule.k_of_n[1]
        lasts_us = max(self.rule.clear_for_us, self.rule.keep_firing_for_us)
        step_us = self.rule.measure.step_us
        return memory * step_us + lasts_us + (step_us if memory or lasts_us else 0)


@dataclass(slots=True)
class Machine:
    """Reads marks in order. Starts inactive; each rung must have been met for its `for`.

    `wake_us`: the next instant at which the last mark, going on, would change anything.
    """

    ended: list[Episode] = field(default_factory=list)
    wake_us: int = FOREVER
    _since_us: int = 0
    _met_since: dict[int, int] = field(default_factory=dict)
    _unmet_since_us: int | None = None
    _clear_since_us: int | None = None
    _path: list[Step] = field(default_factory=list)

    def run(self, marks: Sequence[Mark], through_us: int) -> None:
        """Read marks at instants up to `through_us`."""
        marks = list(counted(marks, through_us))
        for place, mark in enumerate(marks):
            following = marks[place + 1].at_us if place + 1 < len(marks) else through_us + 1
            self._read(mark, min(following, mark.until_us, through_us + 1))
        if marks and (rule := marks[-1].rule) is not None and rule.k_of_n is not None:
            step_us = rule.measure.step_us
            remembered_us = marks[-1].at_us + rule.k_of_n[1] * step_us
            if through_us <= remembered_us:
                self.wake_us = min(self.wake_us, (through_us // step_us + 1) * step_us)

    def open(self) -> Episode | None:
        """The episode that has not ended."""
        if not self._path:
            return None
        return Episode(self._since_us, self._path[0].at_us, tuple(self._path), None)

    def look_ahead(self, marks: Iterable[Mark]) -> None:
        """Let open instants begin an episode or raise it, stated early; they end nothing."""
        for mark in marks:
            rung = mark.rungs.bit_length() - 1
            if not self._path and rung >= 0:
                self._since_us = mark.at_us
            if rung >= 0 and (not self._path or rung > self._path[-1].rung):
                self._path.append(Step(mark.at_us, rung, early=True))

    def _read(self, mark: Mark, bound_us: int) -> None:
        """A mark that holds for the instants before `bound_us`."""
        self.wake_us = FOREVER
        if mark.rule is None:
            self._end(mark.at_us)
            self._met_since, self._unmet_since_us, self._clear_since_us = {}, None, None
        elif mark.rungs:
            self._read_met(mark, mark.rule, bound_us)
        else:
            self._read_unmet(mark, mark.rule, bound_us)

    def _read_met(self, mark: Mark, rule: Rule, bound_us: int) -> None:
        if not self._met_since and not self._path:
            self._since_us = mark.at_us
        self._unmet_since_us = self._clear_since_us = None
        rungs = [rung for rung in range(mark.rungs.bit_length()) if mark.rungs >> rung & 1]
        self._met_since = {rung: self._met_since.get(rung, mark.at_us) for rung in rungs}
        held = [(_first(mark, rule, self._met_since[rung] + rule.for_us), rung) for rung in rungs]
        for at_us, rung in sorted(held, key=lambda step: (step[0], -step[1])):
            if self._path and rung <= self._path[-1].rung:
                continue
            if at_us < bound_us:
                self._path.append(Step(at_us, rung))
            else:
                self.wake_us = min(self.wake_us, at_us)

    def _read_unmet(self, mark: Mark, rule: Rule, bound_us: int) -> None:
        self._met_since = {}
        if self._unmet_since_us is None:
            self._unmet_since_us = mark.at_us
        if not mark.clear:
            self._clear_since_us = None
            return
        if self._clear_since_us is None:
            self._clear_since_us = mark.at_us
        ends_us = _first(
            mark,
            rule,
            max(
                self._clear_since_us + rule.clear_for_us,
                self._unmet_since_us + rule.keep_firing_for_us,
            ),
        )
        if ends_us < bound_us:
            self._end(ends_us)
        elif self._path:
            self.wake_us = ends_us

    def _end(self, at_us: int) -> None:
        episode = self.open()
        if episode is not None:
            self.ended.append(replace(episode, end_us=at_us))
        self._path.clear()


def _first(mark: Mark, rule: Rule, ripe_us: int) -> int:
    """First instant of a mark at or after `ripe_us`."""
    step_us = rule.measure.step_us
    return mark.at_us + max(0, -(-(ripe_us - mark.at_us) // step_us)) * step_us


def counted(marks: Sequence[Mark], through_us: int) -> Iterator[Mark]:
    """Marks with `k_of_n` applied: a rung is met where it was at k of the last n instants.

    Instants before the rules came into force, or the group into being, do not count.
    """
    place = 0
    while place < len(marks):
        mark, start = marks[place], place
        while (
            place < len(marks)
            and marks[place].from_us == mark.from_us
            and ((marks[place].rule is None) == (mark.rule is None))
        ):
            place += 1
        if mark.rule is None or mark.rule.k_of_n is None:
            yield from marks[start:place]
        else:
            until_us = marks[place].at_us if place < len(marks) else through_us + 1
            yield from _k_of_n(marks[start:place], mark.rule, min(until_us, mark.until_us))


def _k_of_n(marks: Sequence[Mark], rule: Rule, until_us: int) -> Iterator[Mark]:
    step_us, base_us = rule.measure.step_us, marks[0].at_us
    end = -(-(until_us - base_us) // step_us)
    starts = [(mark.at_us - base_us) // step_us for mark in marks]
    changes: dict[int, int] = {}
    for level in rule.levels:
        bit = 1 << level.rung
        spans = [
            (start, following)
            for mark, start, following in zip(marks, starts, [*starts[1:], end], strict=True)
            if mark.rungs & bit
        ]
        for at in _toggles(spans, *(rule.k_of_n or (1, 1)), end):
            changes[at] = changes.get(at, 0) ^ bit
    met = 0
    for at in sorted({*starts, *changes}):
        met ^= changes.get(at, 0)
        raw = marks[bisect.bisect_right(starts, at) - 1]
        clear = not met and (rule.clear is None or raw.clear)
        yield replace(raw, at_us=base_us + at * step_us, rungs=met, clear=clear)


def _toggles(spans: Sequence[tuple[int, int]], k: int, n: int, end: int) -> Iterator[int]:
    """Instants, counted from 0, at which "true at k of the last n" begins or ceases.

    `spans`: where it was true, as [start, end). Between bends the count moves by one or not at all.
    """
    bends = sorted({at for span in spans for edge in span for at in (edge, edge + n) if at < end})
    lengths = [0]
    for start, following in spans:
        lengths.append(lengths[-1] + following - start)

    def before(at: int) -> int:
        """True instants before `at`."""
        place = bisect.bisect_left(spans, (at, -1))
        return lengths[place] - max(0, spans[place - 1][1] - at) if place else 0

    holds = False
    for bend, following in zip(bends, [*bends[1:], end], strict=False):
        count = before(bend + 1) - before(bend + 1 - n)
        if (count >= k) is not holds:
            yield bend
            holds = not holds
        slope = before(bend + 2) - before(bend + 2 - n) - count
        reached = bend + (k - count if slope > 0 else count - k + 1)
        if slope and (slope > 0) is not holds and bend < reached < following:
            yield reached
            holds = not holds
