"""What lies in the tiles for one way of counting events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shidian.core.monitor.cells import Cells, key_of
from shidian.core.monitor.distinct import Distinct
from shidian.core.monitor.events import NULL, EventTable, Ints, SumOverflow
from shidian.core.monitor.windows import Window, bucket_of
from shidian.core.rulebook.model import Take

if TYPE_CHECKING:
    from shidian.core.monitor.program import Measure

SUM_MAX = 2**62
"""Bound on the sum of absolute contributions to one measure: below it no sum leaves int64."""


class Content:
    """What lies in the tiles for one way of counting."""

    def __init__(self, kind: str, field: str | None, measure: Measure) -> None:
        self.kind = kind
        self.field = field
        self.cells = Cells()
        self.distinct = Distinct(Window.of(measure)) if kind == "distinct" else None
        self._magnitude = 0

    def change(
        self, events: EventTable, stream: str, found: tuple[Ints, Ints, Ints], sign: int
    ) -> None:
        """Insert or retract (row, group, tile). Raises SumOverflow."""
        rows, groups, tiles, values = self._given(events, stream, found)
        if self.distinct is not None:
            self.distinct.change(groups, tiles, values, sign)
            return
        if self.kind == "sum":
            self._magnitude += sign * sum(map(abs, values.tolist()))
            if self._magnitude >= SUM_MAX:
                said = f"the values add up to {self._magnitude}, beyond exact sums (2^62)"
                raise SumOverflow(said)
        self._add(rows, groups, tiles, values, sign)

    def forget(self, tile: int, places: Ints) -> None:
        """Let go of what lies before a tile; `places`: what each row is called from now on.

        What has ever been added up still counts towards what sums are promised for.
        """
        if self.distinct is not None:
            self.distinct.forget(tile)
        else:
            self.cells.forget(tile, places if self.kind == "row" else None)

    def recall(self, events: EventTable, stream: str, found: tuple[Ints, Ints, Ints]) -> None:
        """Take in again what was let go of."""
        rows, groups, tiles, values = self._given(events, stream, found)
        if self.distinct is not None:
            self.distinct.recall(groups, tiles, values)
        else:
            self._add(rows, groups, tiles, values, 1)

    def _given(
        self, events: EventTable, stream: str, found: tuple[Ints, Ints, Ints]
    ) -> tuple[Ints, Ints, Ints, Ints]:
        rows, groups, tiles = found
        if self.field is None:
            return rows, groups, tiles, np.zeros(len(rows), np.int64)
        values = events.values(rows, stream, self.field)
        given = values != NULL
        return rows[given], groups[given], tiles[given], values[given]

    def _add(self, rows: Ints, groups: Ints, tiles: Ints, values: Ints, sign: int) -> None:
        parts, totals = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
        if self.kind == "sum":
            totals = sign * values
        else:
            parts = {"value": values, "bucket": bucket_of(values), "row": rows}[self.kind]
        counts = np.full(len(rows), sign, np.int64)
        self.cells.add(key_of(groups, tiles), parts, counts, totals)


def kind_of(measure: Measure) -> str:
    """What a measure's cells tell apart: the key of its way of counting."""
    match measure.take:
        case Take.MIN | Take.MAX:
            return "value"
        case Take.QUANTILE:
            return "bucket"
        case Take.FIRST | Take.LAST:
            return "row"
        case Take.DISTINCT:
            return "distinct"
        case _:
            return "sum"
