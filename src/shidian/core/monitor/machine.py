"""The alert state machine over runs of instants with one condition: inactive, pending, firing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from shidian.core.monitor.items import Episode, Step
from shidian.core.rulebook.model import Comparison

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shidian.core.monitor.events import Ints
    from shidian.core.monitor.program import Level, Rule


@dataclass(frozen=True, slots=True)
class Mark:
    """From instant `at_us` on, in steps of `step_us` and before `until_us`, these rungs are met.

    `rungs` is a bit set; 0: the condition does not hold. `until_us` is where the rules change.
    """

    at_us: int
    rungs: int
    step_us: int
    for_us: int
    until_us: int

    def continues(self, other: Mark) -> bool:
        """Whether it says nothing that `other`, before it, does not say."""
        return (self.rungs, self.step_us, self.for_us, self.until_us) == (
            other.rungs,
            other.step_us,
            other.for_us,
            other.until_us,
        )


def rungs_met(rule: Rule, values: Ints) -> Ints:
    """Bit set of the rungs that each value meets."""
    met = np.zeros(len(values), np.int64)
    for level in rule.levels:
        met |= _met(level, values).astype(np.int64) << level.rung
    return met


def _met(level: Level, values: Ints) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """`value comparison p/q` over integers is a comparison with the floor or ceiling of p/q."""
    bound = level.bound
    floor = bound.numerator // bound.denominator
    ceiling = -(-bound.numerator // bound.denominator)
    match level.comparison:
        case Comparison.GT:
            return np.asarray(values > floor)
        case Comparison.GE:
            return np.asarray(values >= ceiling)
        case Comparison.LT:
            return np.asarray(values < ceiling)
        case Comparison.LE:
            return np.asarray(values <= floor)


def marks_of(rule: Rule, instants: Ints, values: Ints, until_us: int) -> Iterator[Mark]:
    """Runs of a measure → marks, one wherever the rungs met change."""
    if len(instants) == 0:
        return
    met = rungs_met(rule, values)
    changes = np.flatnonzero(np.append(np.True_, met[1:] != met[:-1]))
    for at_us, rungs in zip(instants[changes].tolist(), met[changes].tolist(), strict=True):
        yield Mark(at_us, rungs, rule.measure.step_us, rule.for_us, until_us)


@dataclass(slots=True)
class Machine:
    """Reads marks in order. Starts inactive; each rung must have been met for its `for`."""

    ended: list[Episode] = field(default_factory=list)
    _since_us: int = 0
    _met_since: dict[int, int] = field(default_factory=dict)
    _path: list[Step] = field(default_factory=list)

    def run(self, marks: list[Mark], through_us: int) -> None:
        """Read marks at instants up to `through_us`."""
        for place, mark in enumerate(marks):
            following = marks[place + 1].at_us if place + 1 < len(marks) else through_us + 1
            self._read(mark, min(following, mark.until_us, through_us + 1))

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
        if mark.rungs == 0:
            self._end(mark.at_us)
            return
        if not self._met_since:
            self._since_us = mark.at_us
        rungs = [rung for rung in range(mark.rungs.bit_length()) if mark.rungs >> rung & 1]
        self._met_since = {rung: self._met_since.get(rung, mark.at_us) for rung in rungs}
        held = []
        for rung in rungs:
            ripe_us = self._met_since[rung] + mark.for_us
            steps = max(0, -(-(ripe_us - mark.at_us) // mark.step_us))
            held.append((mark.at_us + steps * mark.step_us, rung))
        for at_us, rung in sorted(held, key=lambda step: (step[0], -step[1])):
            if at_us < bound_us and (not self._path or rung > self._path[-1].rung):
                self._path.append(Step(at_us, rung))

    def _end(self, at_us: int) -> None:
        episode = self.open()
        if episode is not None:
            self.ended.append(Episode(episode.since_us, episode.start_us, episode.path, at_us))
        self._path.clear()
        self._met_since = {}
