"""A feed is one (project, source, epoch): which numbers came, and in which entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.journal.spans import SpanSet, runs

if TYPE_CHECKING:
    import sqlite3

    import numpy as np
    from numpy.typing import NDArray

SPANS_MAX = 50_000
"""Gaps a feed may have open at once; beyond, a number that would open another is quarantined."""
FEEDS_CACHED_MAX = 4096


class Feed:
    """One numbering of one source, inside the writer's transaction."""

    def __init__(self, feed: int, spans: SpanSet) -> None:
        self.feed = feed
        self.spans = spans

    def find(self, db: sqlite3.Connection, seqno: int, rev: int) -> int | None:
        """The entry that holds (seqno, rev), or None."""
        if rev == 0:
            if seqno not in self.spans:
                return None
            query = (
                "SELECT entry FROM run WHERE feed = ? AND first <= ? ORDER BY first DESC LIMIT 1"
            )
            return int(db.execute(query, (self.feed, seqno)).fetchone()[0])
        query = "SELECT entry FROM revision WHERE feed = ? AND seqno = ? AND rev = ?"
        row = db.execute(query, (self.feed, seqno, rev)).fetchone()
        return None if row is None else int(row[0])

    def holders(self, db: sqlite3.Connection, first: int, last: int) -> list[tuple[int, int, int]]:
        """Runs (first, last, entry) of stored originals that meet the numbers `first` to `last`."""
        rows = db.execute(
            "SELECT first, last, entry FROM run WHERE feed = ?1 AND first <= ?3 AND first >="
            " coalesce((SELECT max(first) FROM run WHERE feed = ?1 AND first <= ?2), 0)",
            (self.feed, first, last),
        )
        return [(int(a), int(b), int(entry)) for a, b, entry in rows if b >= first]

    def record(
        self,
        db: sqlite3.Connection,
        entry: int,
        originals: NDArray[np.int64],
        revisions: list[tuple[int, int]],
    ) -> None:
        """Write that `entry` holds these, none of which was there; `originals` rise."""
        found = runs(originals)
        for first, last in found:
            self.spans.add(first, last)
        db.executemany(
            "INSERT INTO run VALUES (?, ?, ?, ?)",
            [(self.feed, first, last, entry) for first, last in found],
        )
        db.executemany(
            "INSERT INTO revision VALUES (?, ?, ?, ?)",
            [(self.feed, seqno, rev, entry) for seqno, rev in revisions],
        )
        db.executemany(
            "DELETE FROM span WHERE feed = ? AND first = ?",
            [(self.feed, first) for first in self.spans.dropped],
        )
        db.executemany(
            "INSERT INTO span VALUES (?, ?, ?)"
            " ON CONFLICT (feed, first) DO UPDATE SET last = excluded.last",
            [(self.feed, first, self.spans.last_of(first)) for first in self.spans.touched],
        )
        self.spans.clean()


class Feeds:
    """The feeds of a journal, read when first needed. `forget` after a transaction was undone."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._cached: dict[tuple[str, str, int], Feed] = {}

    def forget(self) -> None:
        """Drop all that is in memory."""
        self._cached.clear()

    def get(self, project: str, source: str, epoch: int) -> Feed | None:
        """The feed, or None while nothing of it is stored."""
        key = (project, source, epoch)
        if key in self._cached:
            return self._cached[key]
        row = self._db.execute(
            "SELECT feed FROM feed WHERE project = ? AND source = ? AND epoch = ?", key
        ).fetchone()
        return None if row is None else self._keep(key, int(row[0]))

    def open(self, project: str, source: str, epoch: int, entry: int) -> Feed:
        """The feed, made if it is new; `entry` is then its first."""
        known = self.get(project, source, epoch)
        if known is not None:
            return known
        made = self._db.execute(
            "INSERT INTO feed (project, source, epoch, first_entry) VALUES (?, ?, ?, ?)",
            (project, source, epoch, entry),
        )
        return self._keep((project, source, epoch), int(made.lastrowid or 0))

    def newest_epoch(self, project: str, source: str) -> int:
        """Highest epoch stored of a source, 0 if none."""
        row = self._db.execute(
            "SELECT coalesce(max(epoch), 0) FROM feed WHERE project = ? AND source = ?",
            (project, source),
        ).fetchone()
        return int(row[0])

    def has_data(self, project: str) -> bool:
        """Whether any event of the project is stored."""
        row = self._db.execute("SELECT 1 FROM feed WHERE project = ? LIMIT 1", (project,))
        return row.fetchone() is not None

    def _keep(self, key: tuple[str, str, int], feed: int) -> Feed:
        if len(self._cached) >= FEEDS_CACHED_MAX:
            self._cached.clear()
        rows = self._db.execute(
            "SELECT first, last FROM span WHERE feed = ? ORDER BY first", (feed,)
        ).fetchall()
        self._cached[key] = Feed(feed, SpanSet(rows))
        return self._cached[key]
