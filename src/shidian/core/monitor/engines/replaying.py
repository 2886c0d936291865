"""`replay` over a journal by the batch engine, project by project, in bounded memory."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from shidian.core.journal.entry import EventsRemovedError
from shidian.core.monitor.engines.batch import ProjectBatch, Unsupported
from shidian.core.monitor.engines.history import JournalHistory
from shidian.core.monitor.engines.shares import Share, from_evaluator, joined, share_of
from shidian.core.monitor.engines.source import RowsSource
from shidian.core.monitor.program import NotExecutable
from shidian.core.monitor.replay import Replay
from shidian.core.monitor.replay import replay as evaluate
from shidian.core.rulebook.problems import RulebookErrors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shidian.core.journal.reader import JournalReader
    from shidian.core.rulebook.loaded import Loaded

CACHE_BYTES = 5 * 2**28
"""What counts and bounds, kept for a further replay; projects beyond are read again."""


SWITCH_S = 0.0005


@contextmanager
def _quick_to_hand_over() -> Iterator[None]:
    """Threads that come back from a kernel need not wait 5 ms for the interpreter."""
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(min(before_s, SWITCH_S))
    try:
        yield
    finally:
        sys.setswitchinterval(before_s)


@dataclass(slots=True)
class BatchReplay:
    """Replays of one journal, as it stood when this was made.

    A second replay finds columns, tiles and windows where it left them, by what they were computed
    from: other thresholds, `for` or severities cost the comparisons alone. `explain` False leaves
    the items' explanations empty. `evaluated`: project → why the evaluator replayed it, which is
    slower and of the same outcome.
    """

    reader: JournalReader
    threads: int = field(default_factory=lambda: min(4, os.cpu_count() or 1))
    cache_bytes: int = CACHE_BYTES
    evaluated: dict[str, str] = field(default_factory=dict)
    watermarks_us: dict[str, int] = field(default_factory=dict)
    _history: JournalHistory | None = None
    _kept: dict[str, ProjectBatch] = field(default_factory=dict)
    _kept_bytes: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def replay(
        self,
        *,
        project: str | None = None,
        override: Loaded | None = None,
        explain: bool = True,
        progress: Callable[[str], None] | None = None,
    ) -> Replay:
        """The stream and the final view. Raises SegmentDamagedError, JournalDamagedError, OSError.

        `progress` is told each project that is done, from any thread.
        """
        if self._history is None:
            self._history = JournalHistory(self.reader)
        history = self._history
        asked = [name for name in history.projects if project in (None, name)]
        names = [name for name in asked if name not in history.removed]

        def one(name: str) -> Share | None:
            part = self._project(history, name, override, explain=explain)
            if progress is not None and part is not None:
                progress(name)
            return part

        with ThreadPoolExecutor(self.threads) as pool, _quick_to_hand_over():
            tried = list(pool.map(one, names))
        parts = []
        for name, part in zip(names, tried, strict=True):
            parts.append(part or self._evaluated(name, override))
            if progress is not None and part is None:
                progress(name)
        found = joined(parts, history.last_entry)
        found.removed = sorted({*found.removed, *history.removed.intersection(asked)})
        return found

    def _project(
        self, history: JournalHistory, name: str, override: Loaded | None, *, explain: bool
    ) -> Share | None:
        """None where the evaluator must do it."""
        batch = self._kept.get(name)
        try:
            if batch is None:
                entries = history.entries(name)
                source = RowsSource(partial(history.rows, name))
                batch = ProjectBatch(name, entries, history.ticks_of(name), source)
            found = batch.evaluate(override)
        except EventsRemovedError:
            return Share([], {}, Replay(removed=[name]))
        except (Unsupported, NotExecutable, RulebookErrors) as why:
            # What the batch engine does not run, and faults that halt a project midway.
            self.evaluated[name] = f"{type(why).__name__}: {why}"
            return None
        self._keep(name, batch)
        if found.watermark_us is not None:
            self.watermarks_us[name] = found.watermark_us
        return share_of(name, found, explain=explain)

    def _evaluated(self, name: str, override: Loaded | None) -> Share:
        return from_evaluator(evaluate(self.reader, project=name, override=override))

    def _keep(self, name: str, batch: ProjectBatch) -> None:
        size = batch.nbytes
        with self._lock:
            self._kept_bytes.pop(name, None)
            if sum(self._kept_bytes.values()) + size <= self.cache_bytes:
                self._kept[name], self._kept_bytes[name] = batch, size
            else:
                self._kept.pop(name, None)
