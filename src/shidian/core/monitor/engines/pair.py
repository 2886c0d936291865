"""One rule over one group: the entries at which its stream can change, and what it says there.

What a rule states after an entry depends on the values known then. Most entries change nothing of
it: between instants of interest every part of the log that can be known meets the same rungs. The
evaluator's own RuleState runs at the remaining entries, on exact values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shidian.core.monitor.engines.bounds import EMPTY_BIT

if TYPE_CHECKING:
    from shidian.core.monitor.engines.blocks import Blocks
    from shidian.core.monitor.engines.bounds import Band
    from shidian.core.monitor.engines.parts import Group, Part
    from shidian.core.monitor.events import Ints
    from shidian.core.monitor.program import Measure, Rule

LONG_AGO = -(2**61)


@dataclass(frozen=True, slots=True)
class Side:
    """A measure's part and group, with bounds up to the last instant there is.

    In `blocks` of a measure without `by`, in a `band` of a group's.
    """

    measure: Measure
    part: Part
    group: Group
    blocks: Blocks | None = None
    band: Band | None = None

    @property
    def nbytes(self) -> int:
        """Memory held beside the rows."""
        return sum(one.nbytes for one in (self.blocks, self.band) if one is not None)


@dataclass(frozen=True, slots=True)
class Spans:
    """Instants in intervals [from, until], µs, rising and apart."""

    starts: Ints
    ends: Ints

    def after(self, instant_us: int) -> int:
        """The first of them from an instant on; that one itself where none follows."""
        place = int(np.searchsorted(self.ends, instant_us))
        return max(instant_us, int(self.starts[place])) if place < len(self.starts) else instant_us

    def before(self, instant_us: int) -> int:
        """The last of them up to an instant; long ago where there is none."""
        place = int(np.searchsorted(self.starts, instant_us, "right")) - 1
        return min(instant_us, int(self.ends[place])) if place >= 0 else LONG_AGO

    def meet(self, low: Ints, high: Ints) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which of the intervals (low, high] meet one of these."""
        if not len(self.starts):
            return np.zeros(len(low), np.bool_)
        place = np.searchsorted(self.ends, low, "right")
        inside = place < len(self.starts)
        starts = self.starts[np.minimum(place, len(self.starts) - 1)]
        return np.asarray(inside & (starts <= high), np.bool_)


NOTHING = Spans(np.empty(0, np.int64), np.empty(0, np.int64))


@dataclass(frozen=True, slots=True)
class Interest:
    """`near`: near these a rule's answer changes, or it depends on the entry; `apart`: it does."""

    near: Spans
    apart: Spans

    @property
    def cold(self) -> bool:
        """Whether there are none: then nothing is ever stated."""
        return len(self.near.starts) == 0


def interest(
    rule: Rule, start_us: int, found: tuple[Ints, Ints, Ints], *, held: bool = False
) -> Interest:
    """Where the rungs met change or are not the same for all that can be known.

    `start_us`: since when the rule is in force. `found`: points, and conditions between them as
    `rungs_between` has them. `held`: an episode may come from other rules, and go on while there is
    no value: then the first value is of interest too.
    """
    points, sure, may = found
    telling = may if rule.no_data == "fire" else may & ~(1 << EMPTY_BIT)
    levels = 0
    for level in rule.levels:
        levels |= 1 << level.rung
    levels |= (1 << EMPTY_BIT) if rule.no_data == "fire" else 0
    if not held and not np.any(telling & levels):
        return Interest(NOTHING, NOTHING)
    begins = np.flatnonzero(np.append(np.True_, (sure[1:] != sure[:-1]) | (may[1:] != may[:-1])))
    starts = points[begins] * rule.measure.tile_us
    ends = np.append(starts[1:], 2**62 if sure[-1] != may[-1] else starts[-1:])
    agreed = (sure == may)[begins]
    if sure[0] & levels or may[0] & levels:
        starts[0] = LONG_AGO
    apart = _united(starts[~agreed], ends[~agreed] - 1)
    # A stretch on which all agree is of interest where it begins alone.
    ends = np.where(agreed, starts, ends)
    place = int(np.searchsorted(starts, start_us, "right"))
    if (sure | may)[begins[max(place - 1, 0)]] & levels:
        # What is met when the rule comes into force begins there.
        starts, ends = np.insert(starts, place, start_us), np.insert(ends, place, start_us)
    return Interest(_united(starts, ends + tail_of(rule)), apart)


def tail_of(rule: Rule) -> int:
    """How long after a change of condition its consequences may still come, µs."""
    lasts_us = rule.for_us + rule.clear_for_us + rule.keep_firing_for_us
    steps = 2 if rule.k_of_n is None else 2 + rule.k_of_n[1]
    return lasts_us + steps * rule.measure.step_us


def together(found: list[Interest], boundaries: list[int], tail_us: int) -> Interest:
    """Interests of a rule's segments, and where rules change; none if every segment is cold."""
    hot = [one.near for one in found if not one.cold]
    if not hot:
        return Interest(NOTHING, NOTHING)
    if len(boundaries) == 1:
        return found[0]
    edges = np.array(boundaries, np.int64)
    starts = np.concatenate([one.starts for one in hot] + [edges])
    ends = np.concatenate([one.ends for one in hot] + [edges + tail_us])
    order = np.argsort(starts, kind="stable")
    near = _united(starts[order], ends[order])
    # Across a change of rules, what a group was before it counts too.
    return Interest(near, near)


def _united(starts: Ints, ends: Ints) -> Spans:
    """Intervals that touch, joined; `starts` rise."""
    if not len(starts):
        return NOTHING
    reach = np.maximum.accumulate(ends)
    first = np.flatnonzero(np.append(np.True_, starts[1:] > reach[:-1]))
    last = np.append(first[1:], len(starts)) - 1
    return Spans(starts[first], reach[last])


@dataclass(frozen=True, slots=True)
class Effect:
    """At which entries unsettled rows come and go, and the first instant each can change, µs."""

    entry: Ints
    from_us: Ints
    until_us: Ints


def effects(sides: list[Side]) -> Effect:
    """Of all sides, in order of entry."""
    entries, starts, ends = [], [], []
    for side in sides:
        late, tile_us = side.group.unsettled, side.measure.tile_us
        start = (late.tile + 1) * tile_us
        window = side.part.window
        end = np.full(len(late), 2**62) if window is None else start + window * tile_us
        for entry in (late.entry, late.until):
            entries.append(entry)
            starts.append(start)
            ends.append(end)
    entry = np.concatenate(entries)
    order = np.argsort(entry, kind="stable")
    return Effect(entry[order], np.concatenate(starts)[order], np.concatenate(ends)[order])


@dataclass(frozen=True, slots=True)
class Steps:
    """A phase's steps in columns."""

    entry: Ints
    watermark_us: Ints
    before_us: Ints
    newest_us: Ints


def chosen_steps(
    steps: Steps, found: Interest, effect: Effect, reach_us: int | None
) -> tuple[Ints, Ints]:
    """Places of the steps at which a rule must be stated anew; first instants changed late at each.

    `reach_us`: how far behind the newest event open instants may lie, None for rules that do not
    look ahead.
    """
    high = steps.watermark_us
    if reach_us is not None:
        high = np.maximum(high, steps.newest_us + reach_us)
    due = found.near.meet(steps.before_us, high)
    late_from = np.full(len(steps.entry), 2**62)
    if len(effect.entry):
        # A row may come with an entry that has no step of its own: the next one tells.
        at = np.searchsorted(steps.entry, effect.entry)
        inside = at < len(steps.entry)
        at, from_us, until_us = at[inside], effect.from_us[inside], effect.until_us[inside]
        # What it changes beyond the watermark is told when that comes by.
        telling = found.apart.meet(from_us - 1, np.minimum(until_us, steps.before_us[at]))
        np.minimum.at(late_from, at[telling], from_us[telling])
        due |= late_from < 2**62
    places = np.flatnonzero(due)
    return places, late_from[places]
