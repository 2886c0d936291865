"""Readings for charts: final values where they change, and the newest value of each indicator.

Of indicators without dimensions alone: of one with `by`, alerts name the groups that matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shidian.core.monitor.items import Current, Reading
from shidian.core.rulebook.model import Take

if TYPE_CHECKING:
    from shidian.core.monitor.evaluator import Output
    from shidian.core.monitor.program import Measure
    from shidian.core.monitor.rule_state import Moment
    from shidian.core.monitor.scope import Scope
    from shidian.core.monitor.timeline import Timeline

    Fraction = tuple[int, int]

RESTATED_MAX = 1_440
"""Readings restated for one indicator by one entry: a late record amends the chart's last stretch;
what lies further back is as first known there, and exact in a replay."""

FURTHER_DIGITS = 6
"""Digits that a reading has behind the minor unit where the value is a quotient."""

_INT64 = 2**63


def stated(measure: Measure, number: int, over: int) -> tuple[int | None, int]:
    """A value as charts show it: integer and scale, a quotient cut off; None: there is no value."""
    if over == 0:
        return None, measure.scale
    mean = measure.sampling is not None and bool(measure.sampling.months)
    if measure.ratio_to is None and measure.take is not Take.AVG and not mean:
        return number, measure.scale
    value, scale = number * 10**FURTHER_DIGITS // over, measure.scale + FURTHER_DIGITS
    while abs(value) >= _INT64:
        value, scale = value // 10, scale - 1
    return value, scale


class ReadingState:
    """What was last read of each indicator of a project."""

    def __init__(self, project: str) -> None:
        self._project = project
        self._last: dict[str, tuple[int, Fraction]] = {}

    def restate(self, timeline: Timeline, scope: Scope, moment: Moment, output: Output) -> None:
        """Readings of instants that are new or changed, and current values."""
        segment = timeline.at(moment.watermark_us) or (timeline.segments or (None,))[0]
        if segment is None:
            return
        for measure in segment.program.measures:
            if measure.by:
                continue
            low_us = max(int(scope.groups(measure)[1][0]), segment.start_us)
            for at_us, fraction in self._changed(measure, scope, low_us, moment.watermark_us):
                value, scale = stated(measure, *fraction)
                output.readings.append(
                    Reading(moment.entry, self._project, measure.id, at_us, value, scale)
                )
            output.current.append(self._newest(measure, scope, moment))

    def _newest(self, measure: Measure, scope: Scope, moment: Moment) -> Current:
        """At the first instant that covers all events there are."""
        reach_us = max(moment.watermark_us, moment.newest_us + 1)
        end_us = -(-reach_us // measure.step_us) * measure.step_us
        value, scale = stated(measure, *scope.values.at(measure, 0, end_us))
        final = end_us <= moment.watermark_us
        return Current(moment.entry, self._project, measure.id, end_us, value, scale, final)

    def _changed(
        self, measure: Measure, scope: Scope, low_us: int, high_us: int
    ) -> list[tuple[int, Fraction]]:
        """(instant, value) in [low, high] where values change, or changed before this entry."""
        values, only = scope.values, np.zeros(1, np.int64)
        runs = values.runs(measure, only, np.array([low_us], np.int64), high_us)
        found = zip(runs.number.tolist(), runs.over.tolist(), strict=True)
        pairs: dict[int, Fraction] = dict(zip(runs.at.tolist(), found, strict=True))
        if not pairs:
            return []
        last = self._last.get(measure.id)
        previous: Fraction | None = None
        forced: list[int] = []
        if last is not None and last[0] >= min(pairs):
            forced = scope.instants(measure)
            pairs |= {at: values.at(measure, 0, at) for at in forced if low_us <= at <= high_us}
        else:
            previous = None if last is None else last[1]
        self._last[measure.id] = (max(pairs), pairs[max(pairs)])
        changed = []
        known = sorted(at_us for at_us in pairs if last is not None and at_us <= last[0])
        for at_us in [*known[-RESTATED_MAX:], *sorted(pairs.keys() - known)]:
            if pairs[at_us] != previous or at_us in forced:
                changed.append((at_us, pairs[at_us]))
            previous = pairs[at_us]
        return changed
