"""The monitor's loop body: tail the journal, evaluate, store; exactly once across restarts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from shidian.core.journal.entry import EntryKind
from shidian.core.monitor import checkpoint
from shidian.core.monitor.digest import AsKnownDigest
from shidian.core.monitor.evaluator import Evaluator
from shidian.core.monitor.past import JournalPast
from shidian.core.monitor.store import MonitorStore, StreamDiffers

if TYPE_CHECKING:
    from pathlib import Path

    from shidian.core.journal.entry import Entry
    from shidian.core.journal.reader import JournalReader
    from shidian.core.monitor.evaluator import Output
    from shidian.core.monitor.past import Past

BATCH_ENTRIES = 64
"""Entries evaluated and stored in one transaction at most."""

CHECKPOINT_EVERY_S = 15.0
CHECKPOINT_SHARE = 20
"""So many times as long as the last checkpoint took, at least, passes before the next one."""

GROUPS_EVERY_S = 2.0
GROUPS_SHARE = 50
"""The same of the values of a project's groups, which are looked at all at once."""


class Live:
    """A live evaluator over a journal, with its store.

    On start it takes up the last checkpoint, applies the entries from there to the stored cursor
    again, storing nothing, and holds what they yield against the stored stream: the same entries
    yield the same items, so what is stored is neither lost nor repeated. Without a checkpoint that
    fits it begins with the first entry. Raises StreamDiffers where the streams are not the same.
    What is stored of projects whose events were removed since stands as it is.

    `checkpoint_every_s`: how long it goes on without a new one. The clock decides that, and how
    often the groups of limits with dimensions are looked at; nothing else. `past`: how much is kept
    in memory, and where the rest is read again; the journal, if none is given.
    """

    def __init__(
        self,
        journal: JournalReader,
        store_path: Path,
        *,
        checkpoint_every_s: float = CHECKPOINT_EVERY_S,
        past: Past | None = None,
    ) -> None:
        self._journal = journal
        self._store = MonitorStore(store_path)
        self._past = past or JournalPast(journal)
        self._evaluator = Evaluator()
        self._evaluator.past = self._past
        self._at = 0
        self._digest = AsKnownDigest()
        self._checkpoint = store_path.with_name(f"{store_path.name}.checkpoint")
        self._every_s = checkpoint_every_s
        self._pause_s = checkpoint_every_s
        self._catch_up()
        self._saved_at_s = time.monotonic()
        self._regroup = set(self._evaluator.projects)
        self._groups_due_s = self._saved_at_s

    def close(self) -> None:
        """State what is left to state of groups, and let go of the store."""
        while self._regroup:
            self._save_groups()
        self._store.close()

    def poll(self, limit: int = BATCH_ENTRIES) -> int:
        """Apply at most `limit` entries that have come since; how many."""
        entries = self._journal.entries_after(self._at, limit)
        if self._regroup and time.monotonic() >= self._groups_due_s:
            self._save_groups()
        if not entries:
            return 0
        outputs = [self._step(entry) for entry in entries]
        self._store.save(entries[-1].entry, outputs)
        self._at = entries[-1].entry
        for output in outputs:
            self._digest.add(output.items)
            self._regroup.update(output.changed)
        if time.monotonic() - self._saved_at_s >= self._pause_s:
            self._save_checkpoint(entries[-1])
        return len(entries)

    def _step(self, entry: Entry) -> Output:
        if entry.kind is EntryKind.ARRIVAL:
            return self._evaluator.arrive(entry, self._journal.arrived(entry.project))
        return self._evaluator.step(entry)

    def _save_groups(self) -> None:
        """Of one project of which something changed, how its groups stand."""
        began_s = time.monotonic()
        project = min(self._regroup)
        self._regroup.remove(project)
        self._store.save_grouped(project, self._evaluator.grouped(project, self._at))
        took_s = time.monotonic() - began_s
        pause_s = GROUPS_SHARE * took_s
        if not self._regroup:
            pause_s = max(pause_s, GROUPS_EVERY_S)
        self._groups_due_s = began_s + pause_s

    def _save_checkpoint(self, entry: Entry) -> None:
        began_s = time.monotonic()
        checkpoint.save(
            self._checkpoint,
            entry=entry.entry,
            entry_sha256=entry.sha256,
            items=self._digest.items,
            digest=self._digest.text(),
            evaluator=self._evaluator,
        )
        self._saved_at_s = time.monotonic()
        took_s = self._saved_at_s - began_s
        self._pause_s = max(self._every_s, CHECKPOINT_SHARE * took_s if self._every_s else 0)

    def _leave_out_removed(self) -> frozenset[str]:
        """Projects whose events were removed: what is stored of them stands, and no more comes."""
        removed = frozenset(self._journal.removals())
        self._evaluator.leave_out(removed)
        return removed

    def _take_up(self, cursor: int) -> int:
        """Go on from the checkpoint if it is of this journal and store; items stored by then."""
        saved = checkpoint.load(self._checkpoint)
        if saved is None or not 0 < saved.entry <= cursor:
            return 0
        entries = self._journal.entries_after(saved.entry - 1, 1)
        if not entries or entries[0].sha256 != saved.entry_sha256:
            return 0
        stored = self._store.digest_of(0, saved.items)
        if (stored.items, stored.text()) != (saved.items, saved.digest):
            return 0
        self._evaluator, self._at, self._digest = saved.evaluator, saved.entry, stored
        self._evaluator.past = self._past
        return saved.items

    def _catch_up(self) -> None:
        cursor, digest = self._store.cursor(), AsKnownDigest()
        known = self._take_up(cursor)
        removed = self._leave_out_removed()
        while self._at < cursor:
            # Before an arrival numbers are left out, so a page may reach beyond the cursor.
            page = self._journal.entries_after(self._at, min(BATCH_ENTRIES, cursor - self._at))
            entries = [entry for entry in page if entry.entry <= cursor]
            if not entries:
                raise StreamDiffers(
                    f"The monitor store has applied journal entry {cursor}, but the journal ends "
                    f"at {self._at}: one of the two was replaced or put back from an older copy. "
                    "Change neither; put both back, with the app database, from one backup."
                )
            for entry in entries:
                items = self._step(entry).items
                digest.add(items)
                if not removed:
                    self._digest.add(items)
            self._at = entries[-1].entry
        stored = self._store.digest_of(known, self._store.last_seq(), without=removed)
        if (stored.items, stored.text()) != (digest.items, digest.text()):
            raise StreamDiffers(
                "The alerts in the monitor store are not those that this release finds in the "
                "same journal. Keep the store where it is (the app database counts on its "
                "numbering), start the release that wrote it again, or put all stores back from "
                "one backup, and report this."
            )
        if removed:
            # What is stored of those whose events are gone is part of the stream as it stands.
            self._store.extend(self._digest, known, self._store.last_seq())
