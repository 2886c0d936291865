"""Which events no permit covered: leases of the log held against the times that events state.

An event is judged once, as its entry is taken in, by the leases that stand before it in the log: a
pilot system acts after its permit was issued, and the permit is in the log before it is signed.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from shidian.core.journal.controls import RETURNS_SOURCE
from shidian_kit.wire.permit import OnOutage, OrderState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from shidian.core.journal.entry import Entry

UNPERMITTED = "$unpermitted"
"""Field that every event has besides those of its stream: 1 where no permit covered it, or NULL.
No field of a stream can have this name."""

CLOCKS_DIFFER_US = 60_000_000
"""How far a pilot's clock may be off: as far as its signatures may be."""


@dataclass(slots=True)
class _Covered:
    """Stretches of time, each `[start, end]` in µs, apart from one another and rising."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def until(self, start: int, end: int) -> None:
        """Cover a stretch; `start` never goes back."""
        if self.ends and start <= self.ends[-1]:
            self.ends[-1] = max(self.ends[-1], end)
        else:
            self.starts.append(start)
            self.ends.append(end)

    def cut(self, end: int) -> None:
        """Nothing is covered after `end` by what came so far."""
        while self.starts and self.starts[-1] > end:
            self.starts.pop()
            self.ends.pop()
        if self.ends:
            self.ends[-1] = min(self.ends[-1], end)

    def holds(self, times_us: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which times are covered."""
        if not self.starts:
            return np.zeros(len(times_us), np.bool_)
        place = np.searchsorted(np.array(self.starts, np.int64), times_us, "right") - 1
        ends = np.array(self.ends, np.int64)[np.maximum(place, 0)]
        held: NDArray[np.bool_] = (place >= 0) & (times_us <= ends)
        return held


class Leases:
    """The leases of one project, by source. Memory: two numbers for each time without one between.

    A lease covers what its own source does from its issue until it ends. Where the rules keep it
    while the authority cannot be reached, the log cannot tell that from a pilot that did not ask:
    the grace counts. Both ends are moved outwards by `CLOCKS_DIFFER_US`. A lease that says that the
    pilot is stopped covers nothing, and ends those before it: who was told so knows it.
    """

    def __init__(self) -> None:
        self._covered: dict[str, _Covered] = {}

    def take(self, entry: Entry) -> None:
        """A lease of the log; they come in its order."""
        record = entry.control()
        issued_us, lasts_ms = int(record["issued_us"]), int(record["ttl_ms"])
        if record["on_outage"] == OnOutage.KEEP_LAST:
            lasts_ms += int(record["grace_ms"])
        covered = self._covered.setdefault(entry.source, _Covered())
        if record["state"] == OrderState.RUNNING:
            end_us = issued_us + lasts_ms * 1000 + CLOCKS_DIFFER_US
            covered.until(issued_us - CLOCKS_DIFFER_US, end_us)
        else:
            covered.cut(issued_us + CLOCKS_DIFFER_US)

    def unpermitted(self, source: str, times_us: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Of events of a source that come now, which no lease so far covers; times in µs.

        What persons attest is no act of a pilot system, and needs none.
        """
        if source == RETURNS_SOURCE:
            return np.zeros(len(times_us), np.bool_)
        covered = self._covered.get(source)
        if covered is None:
            return np.ones(len(times_us), np.bool_)
        return ~covered.holds(times_us)


def unpermitted_rows(
    entry: NDArray[np.int64],
    times_us: NDArray[np.int64],
    heads: Iterable[Entry],
    leases: Iterable[Entry],
) -> NDArray[np.bool_]:
    """`Leases.unpermitted` of all rows of a project at once; `entry` brought each, in any order.

    `heads`: its data entries and others, `leases`: its leases, both in the order of the log.
    """
    found = np.zeros(len(entry), np.bool_)
    order = np.argsort(entry, kind="stable")
    numbers, starts = np.unique(entry[order], return_index=True)
    source = {head.entry: head.source for head in heads}
    issued, book, at = list(leases), Leases(), 0
    issued_at = [lease.entry for lease in issued]
    for number, rows in zip(numbers.tolist(), np.split(order, starts[1:]), strict=True):
        before = bisect.bisect_left(issued_at, number, at)
        for lease in issued[at:before]:
            book.take(lease)
        at = before
        found[rows] = book.unpermitted(source[number], times_us[rows])
    return found
