"""Reading the journal: by the monitor, by replay, by whoever checks."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from shidian.core.journal import moving
from shidian.core.journal.batch import ItemStatus
from shidian.core.journal.entry import (
    CONTROL_KINDS,
    Entry,
    EntryKind,
    decode_control,
    encode_table,
    payload_sha256,
)
from shidian.core.journal.schema import open_reader
from shidian.core.journal.sealed import SegmentDamagedError, manifest, removal, segments_folder
from shidian.core.journal.sealed.tables import Part, SealedTables
from shidian.core.journal.summaries import Erasure, FeedSummary, Gap, Refusal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Container, Iterable, Iterator
    from pathlib import Path

    from shidian.core.journal.sealed import Segment
    from shidian.core.journal.sealed.removal import Closing, Removal

_COLUMNS = "entry, kind, project, seq0, n, ingest_us, source, epoch, sha256, payload"
_CONTROL_OR_DATA = "kind NOT IN ('tick', 'lease', 'acknowledgement')"
_CONTROL = "kind NOT IN ('data', 'tick', 'lease', 'acknowledgement')"


class JournalDamagedError(RuntimeError):
    """An entry's payload does not have the digest that stands beside it."""


class JournalReader:
    """A read-only view of a journal file that another process may be writing.

    Raises FileNotFoundError while there is no file. Usable from one thread at a time.
    """

    def __init__(self, path: Path) -> None:
        self._db = open_reader(path)
        self.segments_folder = segments_folder(path)
        self._sealed = SealedTables(self._db, self.segments_folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def hold(self) -> None:
        """See the journal from now on as it stands now, whatever its writer adds or moves.

        Until it is closed; meanwhile the writer's log file cannot shrink.
        """
        self._db.execute("BEGIN")
        self.last_entry()

    def last_entry(self) -> int:
        """Number of the last entry, 0 while there is none."""
        row = self._db.execute("SELECT coalesce(max(entry), 0) FROM entry").fetchone()
        return int(row[0])

    def entry_counts(self) -> dict[str, int]:
        """Project → how many entries of data, activations and plans it has, come with it or not."""
        counts: Counter[str] = Counter()
        for table in ("entry", "arrived") if moving.exists(self._db) else ("entry",):
            rows = self._db.execute(
                f"SELECT project, count(*) FROM {table}"  # noqa: S608 - constants
                " WHERE kind IN ('data', 'activation', 'plan') GROUP BY project"
            )
            counts.update({str(project): int(number) for project, number in rows})
        return dict(sorted(counts.items()))

    def entries_after(self, entry: int, limit: int) -> list[Entry]:
        """At most `limit` entries that follow number `entry`, in order, sealed, removed or not.

        Raises SegmentDamagedError, JournalDamagedError where what is read is not what was written.
        """
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM entry WHERE entry > ? ORDER BY entry LIMIT ?",  # noqa: S608 - constant
            (entry, limit),
        )
        gone = removal.removals(self._db)
        return [self._whole(_entry(row), gone) for row in rows.fetchall()]

    def removals(self) -> dict[str, Removal]:
        """Projects whose events were removed: of those, entries say no more than their digest."""
        return removal.removals(self._db)

    def closings(self) -> list[Closing]:
        """The last closing of each closed project, and until when its events are kept."""
        return removal.closings(self._db)

    def sealed_segments(self, project: str | None = None) -> list[Segment]:
        """Segments of a project (all if none is named) by project and entry; see `sealed`."""
        return manifest.segments(self._db, project)

    def sealed_to(self) -> int:
        """Every data entry up to this one is in a segment; those after it are in none."""
        return manifest.sealed_to(self._db)

    def __iter__(self) -> Iterator[Entry]:
        """Every entry up to the last one at the time it is reached, in order.

        Before an arrival what came with it, so that the project is whole.
        """
        at = 0
        while page := self.entries_after(at, 256):
            for entry in page:
                if entry.kind is EntryKind.ARRIVAL:
                    yield from self.arrived(entry.project)
                yield entry
            at = page[-1].entry

    def arrived(self, project: str) -> Iterator[Entry]:
        """What a project brought from other journals, in order, with its ticks."""
        yield from self._arrived(project)

    def arrivals(self) -> dict[str, int]:
        """Project → the entry with which it came from another journal."""
        return moving.arrivals(self._db)

    def departures(self) -> dict[str, int]:
        """Project → the entry with which it left for another journal."""
        rows = self._db.execute("SELECT project, entry FROM entry WHERE kind = 'departure'")
        return {str(project): int(entry) for project, entry in rows}

    def page_after(self, project: str, after: int, bytes_max: int) -> moving.Page:
        """Some of a project's whole log, for another journal (see `moving.page_after`)."""
        return moving.page_after(
            self._db, project, after, bytes_max, lambda n: self.entries_after(n - 1, 1)[0].payload
        )

    def codes_after(self, project: str, after: int) -> moving.Page:
        """Some of a project's pseudonyms, for another journal."""
        return moving.codes_after(self._db, project, after)

    def whole(self, project: str) -> moving.Whole:
        """What of a project another journal has to have received."""
        return moving.whole_here(self._db, project)

    def staged_to(self, project: str) -> int:
        """The last entry that has come of a project that is on its way here."""
        return moving.staged_to(self._db, project)

    def _arrived(self, project: str | None, *kinds: EntryKind) -> Iterator[Entry]:
        if not moving.exists(self._db):
            return
        gone = removal.removals(self._db)
        here = moving.arrivals(self._db)
        for entry, carried in moving.arrived(self._db, project, kinds=kinds):
            if entry.project not in here:
                continue
            if entry.kind is EntryKind.DATA and entry.project in gone:
                yield replace(entry, payload=b"")
            elif payload_sha256(entry.payload) != carried:
                raise JournalDamagedError(
                    f"entry {entry.entry} of {entry.project} is not what came: restore the journal"
                    " from a backup"
                )
            else:
                yield entry

    def controls(self) -> list[Entry]:
        """All control records, in order."""
        return list(control_entries(self._db))

    def acknowledgements_after(self, entry: int, limit: int) -> list[Entry]:
        """At most `limit` firms' words on orders that follow entry number `entry`, in order."""
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM entry"  # noqa: S608 - constant
            " WHERE kind = 'acknowledgement' AND entry > ? ORDER BY entry LIMIT ?",
            (entry, limit),
        )
        return [self._whole(_entry(row), ()) for row in rows.fetchall()]

    def _whole(self, entry: Entry, gone: Container[str]) -> Entry:
        if entry.kind is EntryKind.DATA and entry.project in gone:
            return replace(entry, payload=b"")
        if entry.kind is EntryKind.DATA and not entry.payload:
            try:
                return replace(entry, payload=encode_table(self._sealed.table(entry.entry)))
            except SegmentDamagedError:
                if entry.project in removal.removals(self._db):
                    return entry  # it went between two looks
                raise
        if payload_sha256(entry.payload) != entry.sha256:
            raise JournalDamagedError(
                f"entry {entry.entry} is not what was written: restore the journal from a backup"
            )
        return entry

    def heads(self, project: str | None = None) -> Iterator[Entry]:
        """Data entries, without their payload, and control records, in order.

        Of all projects, or of one.
        """
        columns = _COLUMNS.removesuffix("payload") + "iif(kind = 'data', x'', payload)"
        rows = self._db.execute(
            f"SELECT {columns} FROM entry"  # noqa: S608 - constant
            f" WHERE {_CONTROL_OR_DATA} AND (?1 IS NULL OR project = ?1) ORDER BY entry",
            (project,),
        )
        for came in self._arrived(project, EntryKind.DATA, *CONTROL_KINDS):
            yield replace(came, payload=b"") if came.kind is EntryKind.DATA else came
        yield from map(_entry, rows)

    def ticks_of(self, project: str) -> tuple[list[int], list[int]] | None:
        """The ticks of a project that came or left; None where it has seen all of these."""
        came, left = self.arrivals().get(project, 0), self.departures().get(project)
        if not came and left is None:
            return None
        before = list(self._arrived(project, EntryKind.TICK))
        own = [
            (entry, at_us)
            for entry, at_us in zip(*self.ticks(), strict=True)
            if came < entry < (left or entry + 1)
        ]
        numbers = [one.entry for one in before] + [entry for entry, _ in own]
        return numbers, [one.ingest_us for one in before] + [at_us for _, at_us in own]

    def ticks(self) -> tuple[list[int], list[int]]:
        """Entry numbers and ingest times (µs) of all ticks, in order."""
        rows = self._db.execute(
            "SELECT entry, ingest_us FROM entry WHERE kind = 'tick' ORDER BY entry"
        ).fetchall()
        return [int(row[0]) for row in rows], [int(row[1]) for row in rows]

    def leases(self, project: str) -> list[Entry]:
        """All leases of a project, in order."""
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM entry"  # noqa: S608 - constant
            " WHERE kind = 'lease' AND project = ? ORDER BY entry",
            (project,),
        )
        came = self._arrived(project, EntryKind.LEASE)
        return [*came, *(self._whole(_entry(row), ()) for row in rows.fetchall())]

    def unsealed(self, project: str) -> Iterator[Entry]:
        """A project's data entries that are in no segment, those that came first."""
        yield from self._arrived(project, EntryKind.DATA)
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM entry"  # noqa: S608 - constant
            " WHERE entry > ? AND kind = 'data' AND project = ? ORDER BY entry",
            (self.sealed_to(), project),
        )
        gone = removal.removals(self._db)
        for row in rows:
            yield self._whole(_entry(row), gone)

    def events_between(
        self, project: str, before: int, low_us: int, high_us: int
    ) -> Iterator[Part]:
        """Events of [low, high) in a project's data entries before number `before`, in order.

        Whole entries where they are not sealed, so other events may be among them. Raises
        EventsRemovedError, SegmentDamagedError, JournalDamagedError.
        """
        sealed_to = self.sealed_to()
        for came in self._arrived(project, EntryKind.DATA):
            if came.entry < before:
                yield Part(came.entry, came.source, came.epoch, came.table())
        yield from self._sealed.between(project, min(before, sealed_to + 1), low_us, high_us)
        rows = self._db.execute(
            f"SELECT {_COLUMNS} FROM entry"  # noqa: S608 - constant
            " WHERE entry > ? AND entry < ? AND kind = 'data' AND project = ? ORDER BY entry",
            (sealed_to, before, project),
        )
        gone = removal.removals(self._db)
        for row in rows:
            entry = self._whole(_entry(row), gone)
            yield Part(entry.entry, entry.source, entry.epoch, entry.table())

    def pseudonyms(self, project: str) -> dict[int, str]:
        """Code → pseudonym of the project's investors, without those erased."""
        rows = self._db.execute("SELECT code, pseudonym FROM code WHERE project = ?", (project,))
        return {int(code): str(pseudonym) for code, pseudonym in rows}

    def erasures(self, project: str | None = None) -> list[Erasure]:
        """Erasures of a project (all if none is named), in order."""
        if not self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'erasure'").fetchone():
            return []  # no writer of this release has opened the file yet
        rows = self._db.execute(
            "SELECT erasure, at_us, project, code, by, reason FROM erasure"
            " WHERE ?1 IS NULL OR project = ?1 ORDER BY erasure",
            (project,),
        )
        return [Erasure(*row) for row in rows]

    def unsealed_rows(self) -> int:
        """Rows of data entries that are in no segment yet."""
        gone = removal.removals(self._db)
        rows = self._db.execute(
            "SELECT project, sum(n) FROM entry WHERE entry > ? AND kind = 'data' GROUP BY project",
            (self.sealed_to(),),
        )
        return sum(int(n) for project, n in rows if project not in gone)

    def gaps(self, project: str) -> list[Gap]:
        """Numbers missing between those that came, by source, epoch and number."""
        rows = self._db.execute(
            "SELECT source, epoch, before + 1, first - 1 FROM ("
            " SELECT f.source, f.epoch, s.first,"
            " lag(s.last, 1, 0) OVER (PARTITION BY s.feed ORDER BY s.first) AS before"
            " FROM feed f JOIN span s ON s.feed = f.feed WHERE f.project = ?)"
            " WHERE first > before + 1 ORDER BY source, epoch, first",
            (project,),
        )
        return [Gap(*row) for row in rows]

    def feeds(self, project: str) -> list[FeedSummary]:
        """Every epoch of every source, with what is known of it: a lost spool shows here."""
        rows = self._db.execute(
            "SELECT f.source, f.epoch, f.first_entry, coalesce(max(s.last), 0),"
            " coalesce(sum(s.last - s.first + 1), 0)"
            " FROM feed f LEFT JOIN span s ON s.feed = f.feed WHERE f.project = ?"
            " GROUP BY f.feed ORDER BY f.source, f.epoch",
            (project,),
        )
        return [FeedSummary(*row) for row in rows]

    def refusals_after(self, refusal: int, limit: int) -> list[Refusal]:
        """At most `limit` refused items that follow number `refusal`, in order."""
        rows = self._db.execute(
            "SELECT refusal, status, ingest_us, project, source, epoch, seqno, rev, sha256, field,"
            " reason FROM refusal WHERE refusal > ? ORDER BY refusal LIMIT ?",
            (refusal, limit),
        )
        return [Refusal(row[0], ItemStatus(row[1]), *row[2:]) for row in rows]


def control_entries(db: sqlite3.Connection) -> Iterator[Entry]:
    """All control records, in order; before an arrival those that came with it."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM entry WHERE {_CONTROL} ORDER BY entry"  # noqa: S608 - constant
    )
    for row in rows:
        entry = _entry(row)
        if entry.kind is EntryKind.ARRIVAL:
            yield from arrived_controls(db, entry.project)
        yield entry


def control_of(db: sqlite3.Connection, outbox_id: int) -> Entry | None:
    """The control record that came under this outbox id."""
    row = db.execute(
        f"SELECT {_COLUMNS} FROM entry WHERE seq0 = ? AND {_CONTROL}",  # noqa: S608 - constant
        (outbox_id,),
    ).fetchone()
    return None if row is None else _entry(row)


def arrived_controls(db: sqlite3.Connection, project: str) -> Iterator[Entry]:
    """Control records that came with a project, in order."""
    for entry, _ in moving.arrived(db, project, kinds=CONTROL_KINDS):
        yield entry


def acknowledged(db: sqlite3.Connection) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Every acknowledgement: its entry, its project, its record."""
    for table in ("entry", "arrived") if moving.exists(db) else ("entry",):
        rows = db.execute(
            f"SELECT entry, project, payload FROM {table} WHERE kind = 'acknowledgement'"  # noqa: S608 - constants
        )
        yield from _words(rows)


def _words(
    rows: Iterable[tuple[int, str, bytes]],
) -> Iterator[tuple[int, str, dict[str, Any]]]:
    for entry, project, payload in rows:
        yield int(entry), str(project), decode_control(payload)


def _entry(row: tuple[int, str, str, int, int, int, str, int, bytes, bytes]) -> Entry:
    return Entry(row[0], EntryKind(row[1]), *row[2:])
