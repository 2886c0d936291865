"""The monitor's loop body: tail the journal, evaluate, store; exactly once across restarts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.monitor.digest import AsKnownDigest
from shidian.core.monitor.evaluator import Evaluator
from shidian.core.monitor.store import MonitorStore, StreamDiffers

if TYPE_CHECKING:
    from pathlib import Path

    from shidian.core.journal.reader import JournalReader

BATCH_ENTRIES = 64
"""Entries evaluated and stored in one transaction at most."""


class Live:
    """A live evaluator over a journal, with its store.

    On start it applies the entries up to the stored cursor again, storing nothing, and holds what
    they yield against the stored stream: the same entries yield the same items, so what is stored
    is neither lost nor repeated. Raises StreamDiffers where they do not.
    """

    def __init__(self, journal: JournalReader, store_path: Path) -> None:
        self._journal = journal
        self._store = MonitorStore(store_path)
        self._evaluator = Evaluator()
        self._at = 0
        self._catch_up()

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()

    def poll(self, limit: int = BATCH_ENTRIES) -> int:
        """Apply at most `limit` entries that have come since; how many."""
        entries = self._journal.entries_after(self._at, limit)
        if not entries:
            return 0
        outputs = [self._evaluator.step(entry) for entry in entries]
        self._store.save(entries[-1].entry, outputs)
        self._at = entries[-1].entry
        return len(entries)

    def _catch_up(self) -> None:
        cursor, digest = self._store.cursor(), AsKnownDigest()
        while self._at < cursor:
            limit = min(BATCH_ENTRIES, cursor - self._at)
            entries = self._journal.entries_after(self._at, limit)
            if not entries:
                raise StreamDiffers(
                    f"The monitor store has applied journal entry {cursor}, but the journal ends "
                    f"at {self._at}: one of the two was replaced or put back from an older copy. "
                    "Change neither; put both back, with the app database, from one backup."
                )
            for entry in entries:
                digest.add(self._evaluator.apply(entry))
            self._at = entries[-1].entry
        if self._store.stream_digest() != (digest.items, digest.text()):
            raise StreamDiffers(
                "The alerts in the monitor store are not those that this release finds in the "
                "same journal. Keep the store where it is (the app database counts on its "
                "numbering), start the release that wrote it again, or put all stores back from "
                "one backup, and report this."
            )
