"""One rule's group as known after an entry: rows for the state machine, and for explanations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shidian.core.monitor.conditions import Rows
from shidian.core.monitor.engines.columns import joined
from shidian.core.monitor.engines.known import known_values, rising
from shidian.core.monitor.exact import divided, met, met_by_whole
from shidian.core.monitor.grouping import NEVER
from shidian.core.monitor.kernels import NONE
from shidian.core.monitor.machine import Mark
from shidian.core.rulebook.model import Take

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from shidian.core.monitor.conditions import Row
    from shidian.core.monitor.engines.clock import Step
    from shidian.core.monitor.engines.pair import Side
    from shidian.core.monitor.events import Ints
    from shidian.core.monitor.program import Level, Measure, Rule
    from shidian.core.monitor.timeline import Segment, Timeline


@dataclass(frozen=True, slots=True)
class Known:
    """Values of a group's measures after `step`."""

    step: Step
    group: str
    sides: Mapping[Measure, Side]

    def rows(
        self, timeline: Timeline, rule_id: str, from_us: int, until_us: int, *, ahead: bool
    ) -> Rows:
        """What the rule's state machine reads from an instant on.

        After `until_us`, up to the watermark, nothing changes; nor at open instants unless `ahead`.
        """
        found = Rows(from_us)
        for segment, low_us, high_us in timeline.between(from_us, until_us):
            rule = segment.program.rule(rule_id)
            first = NEVER if rule is None else self.first(rule.measure)
            if from_us <= segment.start_us and self._absent(segment, rule, first):
                end = (segment.start_us, segment.end_us)
                found.settled.append((segment.start_us, 0, True, True, None, *end))
            if rule is not None:
                found.settled.extend(self._piece(segment, rule, first, low_us, high_us))
        if ahead:
            found.ahead.extend(self._ahead(timeline, rule_id))
        return found

    def first(self, measure: Measure) -> int:
        """Tile of the group's first event, on either side of a quotient; −1 without `by`."""
        if bool(measure.by) != bool(self.group):
            return NEVER
        if not measure.by:
            return -1
        found = NEVER
        for part in (measure, measure.ratio_to):
            if part is None or part.by != measure.by:
                continue
            group = self.sides[part].group
            for rows in (group.settled, group.unsettled):
                tiles = rows.known(self.step.entry).tile
                found = min(found, int(tiles[0]) if len(tiles) else NEVER)
        return found

    def at(self, measure: Measure, number: int, instant_us: int) -> tuple[int, int]:  # noqa: ARG002 - as Values has it
        """Value at an instant, as a fraction; over 0: none."""
        tile = instant_us // measure.tile_us
        _, numbers, overs = self._values(measure, tile, tile)
        return int(numbers[-1]), int(overs[-1])

    def number(self, measure: Measure, text: str) -> int | None:
        """0 where the group has ever had an event, or there is but one."""
        if not measure.by and not text:
            return 0
        parts = [part for part in (measure, measure.ratio_to) if part is not None and part.by]
        groups = [self.sides[part].group for part in parts]
        seen = any(
            np.any(rows.entry <= self.step.entry)
            for group in groups
            for rows in (group.settled, group.unsettled)
        )
        return 0 if seen else None

    def looked_at(self, measure: Measure, instant_us: int) -> int:  # noqa: ARG002 - as Values has it
        """The instant itself: what is not measured all the time does not run here."""
        return instant_us

    def tiles(self, measure: Measure, number: int, instant_us: int) -> list[tuple[int, int, int]]:  # noqa: ARG002 - as Values has it
        """Non-empty tiles of the window: start in µs, events counted, what they come to."""
        side = self.sides[measure]
        high = instant_us // measure.tile_us
        low = -(2**62) if side.part.window is None else high - side.part.window
        rows = joined(
            *(
                some.cut(low, high).known(self.step.entry)
                for some in (side.group.settled, side.group.unsettled)
            )
        )
        starts = np.flatnonzero(np.diff(rows.tile, prepend=-(2**62)))
        if not len(starts):
            return []
        counts = np.add.reduceat(rows.weights, starts)
        match measure.take:
            case Take.MIN:
                values = np.minimum.reduceat(rows.value, starts)
            case Take.MAX | Take.QUANTILE:
                values = np.maximum.reduceat(rows.value, starts)
            case Take.DISTINCT:
                cuts = np.split(rows.value, starts[1:])
                values = counts = np.array([len(np.unique(cut)) for cut in cuts], np.int64)
            case _:
                values = np.add.reduceat(rows.value, starts)
        begins = (rows.tile[starts] * measure.tile_us).tolist()
        return list(zip(begins, counts.tolist(), values.tolist(), strict=True))

    @staticmethod
    def _absent(segment: Segment, rule: Rule | None, first: int) -> bool:
        if rule is None:
            return True
        step_us = rule.measure.step_us
        opening_us = -(-segment.start_us // step_us) * step_us
        return first * rule.measure.tile_us >= opening_us

    def _piece(
        self, segment: Segment, rule: Rule, first: int, low_us: int, high_us: int
    ) -> Iterator[Row]:
        """Final instants of a segment at which the conditions change."""
        instants, number, over = self._runs(rule.measure, first, low_us, high_us)
        if not len(instants):
            return
        there = over != 0
        rungs, clear = _conditions(rule, number, over, there)
        known = there if rule.no_data == "hold" else np.ones(len(there), np.bool_)
        if rule.no_data == "fire":
            rungs[~there] = 1 << rule.levels[0].rung
        kept = np.append(
            np.True_,
            (rungs[1:] != rungs[:-1]) | (clear[1:] != clear[:-1]) | (known[1:] != known[:-1]),
        )
        columns = (
            instants[kept].tolist(),
            rungs[kept].tolist(),
            known[kept].tolist(),
            clear[kept].tolist(),
        )
        for at_us, met_rungs, is_known, is_clear in zip(*columns, strict=True):
            yield at_us, met_rungs, is_known, is_clear, rule, segment.start_us, segment.end_us

    def _ahead(self, timeline: Timeline, rule_id: str) -> Iterator[Mark]:
        """Open instants, up to the first one that covers the newest event."""
        newest_us, watermark_us = self.step.newest_us, self.step.watermark_us
        reach_us = newest_us + 1 + max((s.program.reach_us for s in timeline.segments), default=0)
        for segment, low_us, high_us in timeline.between(watermark_us + 1, reach_us):
            rule = segment.program.rule(rule_id)
            if rule is None or not rule.may_be_early:
                continue
            tile_us, step_us = rule.measure.tile_us, rule.measure.step_us
            end_us = (newest_us // tile_us + 1) * tile_us
            last_us = min(high_us, -(-end_us // step_us) * step_us)
            if low_us > last_us:
                continue
            first = self.first(rule.measure)
            instants, number, over = self._runs(rule.measure, first, low_us, last_us)
            if not len(instants):
                continue
            rungs, clear = _conditions(rule, number, over, over != 0)
            # What is met no longer, or not more than before, has no effect ahead.
            new = np.flatnonzero(rungs & ~np.append(0, rungs[:-1]))
            for at_us, met_rungs, is_clear in zip(
                instants[new].tolist(), rungs[new].tolist(), clear[new].tolist(), strict=True
            ):
                yield Mark(at_us, met_rungs, is_clear, rule, segment.start_us, segment.end_us)

    def _runs(
        self, measure: Measure, first: int, low_us: int, high_us: int
    ) -> tuple[Ints, Ints, Ints]:
        """Instants in [low, high] from which a value holds; number and over."""
        step, tile = measure.step_us, measure.tile_us
        appears_us = min(first + 1, 2**61 // tile) * tile
        low = -(-max(low_us, appears_us) // step) * step // tile
        high = high_us // step * step // tile
        if low > high:
            nothing = np.empty(0, np.int64)
            return nothing, nothing, nothing
        points, number, over = self._values(measure, low, high)
        instants = -(-points * tile // step) * step
        kept = np.append(instants[1:] != instants[:-1], np.True_) & (instants <= high_us)
        return instants[kept], number[kept], over[kept]

    def _values(self, measure: Measure, low: int, high: int) -> tuple[Ints, Ints, Ints]:
        points, number, over = self._plain(measure, low, high)
        if measure.ratio_to is None:
            return points, number, over
        under_points, under, under_over = self._plain(measure.ratio_to, low, high)
        union = rising(np.concatenate((points, under_points)))
        place = np.searchsorted(points, union, "right") - 1
        below = np.searchsorted(under_points, union, "right") - 1
        quotient = divided(number[place], over[place], under[below], under_over[below])
        return union, quotient[0], quotient[1]

    def _plain(self, measure: Measure, low: int, high: int) -> tuple[Ints, Ints, Ints]:
        side = self.sides[measure]
        points, values = known_values(
            side.part,
            side.group,
            measure.quantile,
            entry=self.step.entry,
            passed=self.step.watermark_us // measure.tile_us,
            low=low,
            high=high,
        )
        none = values == NONE
        return points, np.where(none, 0, values), np.where(none, 0, 1)


def _conditions(
    rule: Rule, number: Ints, over: Ints, there: NDArray[np.bool_]
) -> tuple[Ints, NDArray[np.bool_]]:
    """Bit set of rungs met, and whether the condition to clear holds."""
    rungs = np.zeros(len(number), np.int64)
    for level in rule.levels:
        rungs |= (_holds(rule, level, number, over) & there).astype(np.int64) << level.rung
    clear: NDArray[np.bool_] = np.ones(len(number), np.bool_)
    if rule.clear is not None:
        clear = _holds(rule, rule.clear, number, over) & there
    if rule.no_data == "clear":
        clear = clear | ~there
    return rungs, clear


def _holds(rule: Rule, level: Level, number: Ints, over: Ints) -> NDArray[np.bool_]:
    """Whether a threshold is met; of no value nothing is said."""
    if rule.measure.ratio_to is None:
        return met_by_whole(level.comparison, number, level.bound)
    return met(level.comparison, number, over, level.bound)
