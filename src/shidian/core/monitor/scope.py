"""What an entry may have changed: which groups of a measure, and from which instant on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from shidian.core.monitor.events import Ints
    from shidian.core.monitor.holdings import Due, Touched
    from shidian.core.monitor.program import Measure
    from shidian.core.monitor.values import Values

BEGINNING = -(2**61)


@dataclass(slots=True)
class Scope:
    """The instants from `start_us` (one after the old watermark) on, and older ones touched.

    `everything`: all groups may differ, as where rules change.
    """

    values: Values
    touched: Touched
    due: Due
    start_us: int
    watermark_us: int
    everything: bool
    _known: dict[int, tuple[Ints, Ints]] = field(default_factory=dict)

    def groups(self, measure: Measure) -> tuple[Ints, Ints]:
        """Numbers of groups whose values may differ, rising, and from which instant (µs) on."""
        if id(measure) not in self._known:
            self._known[id(measure)] = self._groups(measure)
        return self._known[id(measure)]

    def instants(self, measure: Measure) -> list[int]:
        """First instants that cover the events touched: there a value may have ceased to change."""
        tiles = self.values.touched_tiles(measure, self.touched)
        ends = (tiles + 1) * measure.tile_us
        return sorted(set((-(-ends // measure.step_us) * measure.step_us).tolist()))

    def _groups(self, measure: Measure) -> tuple[Ints, Ints]:
        moved, tiles = self.values.touched_of(measure, self.touched)
        if not measure.by:
            numbers = np.zeros(1, np.int64)
        elif self.everything or self._opens(measure):
            numbers = np.arange(len(self.values.texts(measure)))
        else:
            numbers = np.union1d(moved, self.values.due_of(measure, self.due))
        from_us = np.full(len(numbers), self.start_us, np.int64)
        places = np.searchsorted(numbers, moved)
        # A window that ends after the tile of the oldest event touched may differ.
        from_us[places] = np.minimum(self.start_us, (tiles + 1) * measure.tile_us)
        return numbers, from_us

    def _opens(self, measure: Measure) -> bool:
        """Whether a calendar window has begun anew, and with it every group's: told by the first

        instant after, up to a step later.
        """
        own = any(
            self.start_us <= at_us + measure.step_us and at_us < self.watermark_us
            for at_us in measure.opens_us or ()
        )
        if measure.sampling is not None:
            looks = self.values.looks(measure).at
            own |= bool(((looks >= self.start_us) & (looks <= self.watermark_us)).any())
        return own or (measure.ratio_to is not None and self._opens(measure.ratio_to))
