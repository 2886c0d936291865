"""What a live evaluator lets go of, and calls back from the journal where a late record needs it.

Nothing that is stated depends on it: what is called back is what was let go of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from shidian.core.monitor.leases import Leases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from shidian.core.journal.reader import JournalReader
    from shidian.core.monitor.values import Values

KEEP_US = 86_400_000_000
"""How far beyond what windows need events are held, so that what is a little late finds them."""

LEAST_ROWS = 10_000
"""Of fewer events in memory a project lets none go."""

_GROWN = 2
"""Nothing goes before so large a part of what was left the last time has come in addition."""
_RECALLED = 8
"""What was recalled stays until so large a part of all rows has come after it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of an entry that was taken in before. `unpermitted`: see `EventTable.apply`."""

    source: str
    epoch: int
    table: pa.Table
    unpermitted: NDArray[np.bool_]


class Past(Protocol):
    """Where the events of entries are that were taken in before, and what is held of them."""

    keep_us: int
    least_rows: int

    def events(self, project: str, before: int, low_us: int, high_us: int) -> Iterator[Batch]:
        """A project's rows of [low, high) in entries of lower numbers than `before`, in order.

        There may be other rows among them. Raises EventsRemovedError.
        """


class JournalPast:
    """The journal that the evaluator follows."""

    def __init__(
        self, journal: JournalReader, *, keep_us: int = KEEP_US, least_rows: int = LEAST_ROWS
    ) -> None:
        self._journal = journal
        self.keep_us = keep_us
        self.least_rows = least_rows

    def events(self, project: str, before: int, low_us: int, high_us: int) -> Iterator[Batch]:
        """See `Past.events`."""
        leases, book = self._journal.leases(project), Leases()
        at = 0
        for part in self._journal.events_between(project, before, low_us, high_us):
            while at < len(leases) and leases[at].entry < part.entry:
                book.take(leases[at])
                at += 1
            times_us = part.table.column("time_us").to_numpy()
            unpermitted = book.unpermitted(part.source, times_us)
            yield Batch(part.source, part.epoch, part.table, unpermitted)


class Memory:
    """What of a project's events is held: it forgets as time goes on, and recalls what is needed.

    `turn` comes first, with each entry; `forget` last.
    """

    def __init__(self, project: str, values: Values) -> None:
        self._project = project
        self._values = values
        self._past: Past | None = None
        self._entry = 0
        self._look_at_rows = 0

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_past": None}

    def turn(self, past: Past | None, entry: int) -> None:
        """An entry is taken in from here on."""
        self._past, self._entry = past, entry

    def lacks(self, at_us: int) -> bool:
        """Whether events are forgotten that a value at an instant may rest on."""
        from_us = self._values.from_us
        return from_us is not None and at_us - self._values.reach_us < from_us

    def hold(self, oldest_us: Callable[[], int]) -> None:
        """Events are changed, or values asked for, no earlier than `oldest_us()`."""
        if self._values.from_us is None or not self.lacks(at_us := oldest_us()):
            return
        low_us = self._values.aligned(at_us - self._values.reach_us)
        self._recall(low_us if low_us > 0 else None)

    def hold_all(self) -> None:
        """Everything is asked for."""
        if self._values.from_us is not None:
            self._recall(None)

    def forget(self, watermark_us: int | None) -> None:
        """Let go of what no window needs any more, where that is much of what is held."""
        rows, past = self._values.rows, self._past
        if past is None or watermark_us is None or rows < max(self._look_at_rows, past.least_rows):
            return
        before_us = self._values.aligned(watermark_us - self._values.reach_us - past.keep_us)
        if self._values.forgets and before_us > (self._values.from_us or 0):
            self._values.forget(before_us)
        self._look_at(_GROWN)

    def _recall(self, low_us: int | None) -> None:
        from_us = self._values.from_us
        if self._past is None or from_us is None:
            raise LookupError(f"{self._project}: no journal to read again what is not in memory")
        first_us = 0 if low_us is None else low_us
        batches = self._past.events(self._project, self._entry, first_us, from_us)
        self._values.recall(low_us, batches)
        # What was asked for once is asked for again soon.
        self._look_at(_RECALLED)

    def _look_at(self, share: int) -> None:
        """Not before so large a part more is held."""
        self._look_at_rows = self._values.rows + self._values.rows // share + 1
