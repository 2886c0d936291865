"""Readings for charts: final values where they change, and the newest value of each indicator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from shidian.core.monitor.items import Current, Reading

if TYPE_CHECKING:
    from shidian.core.monitor.program import Measure
    from shidian.core.monitor.timeline import Timeline
    from shidian.core.monitor.values import Values

RESTATED_MAX = 1_440
"""Readings restated for one indicator by one entry: a late record amends the chart's last stretch;
what lies further back is as first known there, and exact in a replay."""


class Affected(Protocol):
    """What an entry may have changed of a measure."""

    def by_measure(self, measure: Measure) -> int:
        """First instant whose value may differ."""

    def instants(self, measure: Measure) -> list[int]:
        """Instants at which a value may have ceased to change."""


class ReadingState:
    """What was last read of each indicator of a project."""

    def __init__(self, project: str) -> None:
        self._project = project
        self._last: dict[str, tuple[int, int]] = {}

    def restate(
        self,
        timeline: Timeline,
        values: Values,
        affected: Affected,
        *,
        entry: int,
        watermark_us: int,
        newest_us: int,
        output_readings: list[Reading],
        output_current: list[Current],
    ) -> None:
        """Readings of instants that are new or changed, and current values."""
        segment = timeline.at(watermark_us) or (timeline.segments or (None,))[0]
        if segment is None:
            return
        for measure in segment.program.measures:
            low_us = max(affected.by_measure(measure), segment.start_us)
            forced = affected.instants(measure)
            found = self._changed(measure, values, (low_us, watermark_us), forced)
            output_readings.extend(
                Reading(entry, self._project, measure.id, at_us, value, measure.scale)
                for at_us, value in found
            )
            output_current.append(
                self._newest(measure, values, max(watermark_us, newest_us + 1), watermark_us, entry)
            )

    def _newest(
        self, measure: Measure, values: Values, reach_us: int, watermark_us: int, entry: int
    ) -> Current:
        """At the first instant that covers all events there are."""
        end_us = -(-reach_us // measure.step_us) * measure.step_us
        value = values.at(measure, end_us)
        final = end_us <= watermark_us
        return Current(entry, self._project, measure.id, end_us, value, measure.scale, final)

    def _changed(
        self, measure: Measure, values: Values, between_us: tuple[int, int], forced: list[int]
    ) -> list[tuple[int, int]]:
        """(instant, value) in [low, high] where values change, or changed before this entry."""
        low_us, high_us = between_us
        instants, found = values.runs(measure, low_us, high_us)
        pairs = dict(zip(instants.tolist(), found.tolist(), strict=True))
        if not pairs:
            return []
        last = self._last.get(measure.id)
        previous: int | None = None
        if last is not None and last[0] >= int(instants[0]):
            pairs |= {at: values.at(measure, at) for at in forced if low_us <= at <= high_us}
        else:
            forced = []
            previous = None if last is None else last[1]
        self._last[measure.id] = (max(pairs), pairs[max(pairs)])
        changed = []
        known = sorted(at_us for at_us in pairs if last is not None and at_us <= last[0])
        for at_us in [*known[-RESTATED_MAX:], *sorted(pairs.keys() - known)]:
            if pairs[at_us] != previous or at_us in forced:
                changed.append((at_us, pairs[at_us]))
            previous = pairs[at_us]
        return changed
