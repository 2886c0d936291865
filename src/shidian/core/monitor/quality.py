"""How well each source of a project delivers: numbers missing, late events, silence.

A function of the log, like alerts; no part of either digest, since what is late depends on the
order of arrival.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from shidian.core.journal.entry import Entry


@dataclass(frozen=True, slots=True)
class SourceQuality:
    """A source as of an entry.

    `events`: originals taken in since the first epoch; `late`: those of them that came more than
    the lateness behind the source's newest time; `missing`: numbers of the present `epoch` that
    have not come though a higher one has. `newest_us`: newest event time; `ingest_us`: when it was
    last heard. `silent`: by a tick, for `idle` or more of logged time.
    """

    entry: int
    project: str
    source: str
    epoch: int
    events: int
    late: int
    missing: int
    newest_us: int
    ingest_us: int
    silent: bool


@dataclass(slots=True)
class _Source:
    epoch: int = 0
    events: int = 0
    late: int = 0
    newest_us: int = -(2**62)
    ingest_us: int = 0
    silent: bool = False
    highest: int = 0
    missing: set[int] = field(default_factory=set)


class QualityState:
    """The sources of one project. Memory: a few numbers a source, and its missing numbers."""

    def __init__(self, project: str) -> None:
        self._project = project
        self._sources: dict[str, _Source] = {}

    def saw(self, entry: Entry, table: pa.Table, lateness_us: int) -> SourceQuality | None:
        """Take in a data entry; None where it holds nothing."""
        if not table.num_rows:
            return None
        source = self._sources.setdefault(entry.source, _Source())
        if entry.epoch > source.epoch:
            source.epoch, source.highest, source.missing = entry.epoch, 0, set()
        originals = np.asarray(table.column("op").to_numpy(zero_copy_only=False) == "new")
        times = table.column("time_us").to_numpy()[originals]
        # What was newest before this entry: events of one entry are simultaneous.
        source.late += int((source.newest_us - times > lateness_us).sum())
        source.events += len(times)
        source.newest_us = max(source.newest_us, int(table.column("time_us").to_numpy().max()))
        source.ingest_us, source.silent = entry.ingest_us, False
        if entry.epoch == source.epoch:
            _number(source, np.unique(table.column("seqno").to_numpy()))
        return self._stated(entry.entry, entry.source)

    def tick(self, entry: Entry, idle_us: int) -> Iterator[SourceQuality]:
        """Those that fall silent by a tick."""
        for name, source in sorted(self._sources.items()):
            if not source.silent and entry.ingest_us - source.ingest_us >= idle_us:
                source.silent = True
                yield self._stated(entry.entry, name)

    def _stated(self, entry: int, name: str) -> SourceQuality:
        source = self._sources[name]
        return SourceQuality(
            entry,
            self._project,
            name,
            source.epoch,
            source.events,
            source.late,
            len(source.missing),
            source.newest_us,
            source.ingest_us,
            source.silent,
        )


def _number(source: _Source, numbers: np.ndarray) -> None:
    """Note which numbers came: those between stay missing until they come."""
    if source.missing:
        source.missing.difference_update(numbers.tolist())
    fresh = numbers[numbers > source.highest]
    if not len(fresh):
        return
    before = np.concatenate(([source.highest], fresh[:-1]))
    for place in np.flatnonzero(fresh - before > 1).tolist():
        source.missing.update(range(int(before[place]) + 1, int(fresh[place])))
    source.highest = int(fresh[-1])
