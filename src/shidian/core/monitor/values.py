"""Values of measures over a project's events: at every instant, incrementally, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shidian.core.monitor.events import NULL, EventTable, Ints
from shidian.core.monitor.series import Contents, DistinctWindow, SumTiles, WindowedSum, Windows
from shidian.core.rulebook.model import Take

if TYPE_CHECKING:
    import pyarrow as pa

    from shidian.core.monitor.program import Measure

_Key = tuple[str, Take, str | None, int, int | None]


class Values:
    """The events of a project and, for each measure asked for, its tiles."""

    def __init__(self) -> None:
        self._events = EventTable()
        self._contents: dict[_Key, Contents] = {}

    def watch(self, measure: Measure) -> None:
        """Keep tiles for this measure, from all events there are. Raises SumOverflow."""
        key = _key(measure)
        if key in self._contents:
            return
        whole = measure.take is not Take.DISTINCT
        self._contents[key] = SumTiles() if whole else DistinctWindow(key[4])
        self._change(key, self._events.live_rows(), 1)

    def apply(self, table: pa.Table, source: str, epoch: int) -> dict[str, Ints]:
        """Take in an entry; the event times it touched, rising, by stream. Raises SumOverflow."""
        changed = self._events.apply(table, source, epoch)
        for key in self._contents:
            self._change(key, changed.retracted, -1)
            self._change(key, changed.inserted, 1)
        rows = np.concatenate((changed.retracted, changed.inserted))
        touched = {}
        for stream in self._events.streams:
            mine = self._events.of_stream(rows, stream)
            if len(mine):
                touched[stream] = np.unique(self._events.times(mine))
        return touched

    def runs(self, measure: Measure, low_us: int, high_us: int) -> tuple[Ints, Ints]:
        """Instants in [low, high] from which the value holds until the next one, and the values.

        The first is the first instant of the measure's step there is; both empty where none is.
        """
        step, tile = measure.step_us, measure.tile_us
        first, last = -(-low_us // step) * step, high_us // step * step
        if first > last:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        points, values = self._windows(measure).runs(first // tile, last // tile)
        instants = -(-points * tile // step) * step
        # Several changes may fall between two instants: the last one before an instant counts.
        kept = np.append(instants[1:] != instants[:-1], np.True_) & (instants <= last)
        return instants[kept], values[kept]

    def at(self, measure: Measure, instant_us: int) -> int:
        """The value at an instant."""
        tile = instant_us // measure.tile_us
        return int(self._windows(measure).runs(tile, tile)[1][-1])

    def tiles(self, measure: Measure, instant_us: int) -> list[tuple[int, int]]:
        """Non-empty tiles of the window at an instant: start in µs, own value."""
        high = instant_us // measure.tile_us
        low = -(2**61) if measure.window_us is None else high - measure.window_us // measure.tile_us
        tiles = self._windows(measure).tiles(low, high)
        return [(tile * measure.tile_us, value) for tile, value in tiles]

    def _windows(self, measure: Measure) -> Windows:
        contents = self._contents[_key(measure)]
        if isinstance(contents, DistinctWindow):
            return contents
        assert isinstance(contents, SumTiles)  # noqa: S101 - the two kinds of contents
        window_us = measure.window_us
        return WindowedSum(contents, None if window_us is None else window_us // measure.tile_us)

    def _change(self, key: _Key, rows: Ints, sign: int) -> None:
        stream, take, field, tile_us, _ = key
        rows = self._events.of_stream(rows, stream)
        if len(rows) == 0:
            return
        tiles = self._events.times(rows) // tile_us
        if take is Take.COUNT or field is None:
            self._contents[key].change(tiles, np.ones(len(rows), np.int64), sign)
            return
        values = self._events.values(rows, stream, field)
        given = values != NULL
        self._contents[key].change(tiles[given], values[given], sign)


def _key(measure: Measure) -> _Key:
    window = None
    if measure.take is Take.DISTINCT and measure.window_us is not None:
        window = measure.window_us // measure.tile_us
    return measure.stream, measure.take, measure.field, measure.tile_us, window
