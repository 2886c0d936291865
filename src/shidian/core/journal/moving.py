"""A project that moves between journals takes its log with it: what it left is kept beside the log.

What arrived has the numbers, times and digests that it had where it was written, the ticks among it
too, so that whatever is computed from the log is the same as if it had never moved. The `arrival`
has a number above all of them: along a project's log numbers rise, whichever journal wrote them.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from shidian.core.journal.entry import Entry, EntryKind, decode_table, payload_sha256

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator

    from shidian.core.journal.feeds import Feeds

TABLES = """
-- Entries of projects that came from another journal, as they stood there. `carried`: digest of the
-- payload as it travelled: one that had been sealed there is not, byte by byte, the one written.
CREATE TABLE IF NOT EXISTS arrived (
    id        INTEGER PRIMARY KEY,
    project   TEXT    NOT NULL,
    entry     INTEGER NOT NULL,
    kind      TEXT    NOT NULL,
    seq0      INTEGER NOT NULL,
    n         INTEGER NOT NULL,
    ingest_us INTEGER NOT NULL,
    source    TEXT    NOT NULL,
    epoch     INTEGER NOT NULL,
    sha256    BLOB    NOT NULL,
    carried   BLOB    NOT NULL,
    payload   BLOB    NOT NULL,
    UNIQUE (project, entry)
) STRICT;
"""
TRIGGERS = """
CREATE TRIGGER IF NOT EXISTS arrived_no_delete BEFORE DELETE ON arrived
BEGIN SELECT RAISE(ABORT, 'arrived is append-only'); END;
CREATE TRIGGER IF NOT EXISTS arrived_no_update BEFORE UPDATE ON arrived
WHEN NOT (NEW.kind = 'data' AND NEW.payload = x''
    AND EXISTS (SELECT 1 FROM removal WHERE project = OLD.project)
    AND (NEW.id, NEW.project, NEW.entry, NEW.kind, NEW.seq0, NEW.n, NEW.ingest_us, NEW.source,
         NEW.epoch, NEW.sha256, NEW.carried)
     IS (OLD.id, OLD.project, OLD.entry, OLD.kind, OLD.seq0, OLD.n, OLD.ingest_us, OLD.source,
         OLD.epoch, OLD.sha256, OLD.carried))
BEGIN SELECT RAISE(ABORT, 'arrived is append-only'); END;
CREATE TRIGGER IF NOT EXISTS arrived_follows BEFORE INSERT ON arrived
WHEN NEW.entry <= (SELECT coalesce(max(entry), 0) FROM arrived WHERE project = NEW.project)
 OR EXISTS (SELECT 1 FROM entry WHERE kind = 'arrival' AND project = NEW.project)
BEGIN SELECT RAISE(ABORT, 'what arrives follows what did'); END;
"""

_HEAD = "entry, kind, project, seq0, n, ingest_us, source, epoch, sha256"
_NOT_OF_ITS_LOG = "('departure', 'arrival', 'route')"
CODES_MAX = 20_000
"""Pseudonyms in one page."""


class Carried(msgspec.Struct, frozen=True, array_like=True):
    """One entry on its way; `sha256`: of the payload as first written."""

    entry: int
    kind: EntryKind
    seq0: int
    n: int
    ingest_us: int
    source: str
    epoch: int
    sha256: bytes
    payload: bytes


class Page(msgspec.Struct, frozen=True):
    """Some of what moves: entries that follow one another, or, once these are through, codes.

    `high`: the highest code ever given; codes are not given twice.
    """

    entries: list[Carried] = []
    codes: list[tuple[str, int]] = []
    high: int = 0


class Whole(msgspec.Struct, frozen=True):
    """What a project's log is as a whole, to be compared: entries, codes, a digest over both."""

    entries: int
    codes: int
    digest: str


class Left(msgspec.Struct, frozen=True):
    """What left with a project: `entry` and `ingest_us` of its departure, and the whole log."""

    entry: int
    ingest_us: int
    whole: Whole


class Arriving(msgspec.Struct, frozen=True):
    """The last entry that has come; whether the project is or was here; this gate's clock."""

    entry: int
    known: bool
    now_us: int


def exists(db: sqlite3.Connection) -> bool:
    """Whether a writer of this format has opened the file."""
    return bool(db.execute("SELECT 1 FROM sqlite_master WHERE name = 'arrived'").fetchone())


def arrival_of(db: sqlite3.Connection, project: str) -> int:
    """The entry with which a project came here; 0 for one that began here."""
    return _number(db, EntryKind.ARRIVAL, project)


def departure_of(db: sqlite3.Connection, project: str) -> int:
    """The entry with which it left; 0 for one that is here."""
    return _number(db, EntryKind.DEPARTURE, project)


def arrivals(db: sqlite3.Connection) -> dict[str, int]:
    """Project → the entry with which it came."""
    rows = db.execute("SELECT project, entry FROM entry WHERE kind = 'arrival'")
    return {str(project): int(entry) for project, entry in rows}


def _number(db: sqlite3.Connection, kind: EntryKind, project: str) -> int:
    row = db.execute(
        "SELECT coalesce(max(entry), 0) FROM entry WHERE kind = ? AND project = ?", (kind, project)
    ).fetchone()
    return int(row[0])


def arrived(
    db: sqlite3.Connection, project: str | None, *, kinds: Iterable[EntryKind] = (), after: int = 0
) -> Iterator[tuple[Entry, bytes]]:
    """Entries that came with a project (with all, if none is named), and what digest they carry."""
    wanted = ",".join(f"'{kind.value}'" for kind in kinds)
    only = f" AND kind IN ({wanted})" if wanted else ""
    rows = db.execute(
        f"SELECT {_HEAD}, payload, carried FROM arrived"  # noqa: S608 - constants
        f" WHERE (?1 IS NULL OR project = ?1) AND entry > ?2{only} ORDER BY project, entry",
        (project, after),
    )
    for row in rows:
        yield Entry(row[0], EntryKind(row[1]), *row[2:10]), row[10]


def staged_to(db: sqlite3.Connection, project: str) -> int:
    """The last entry that has come of a project, 0 if none."""
    row = db.execute(
        "SELECT coalesce(max(entry), 0) FROM arrived WHERE project = ?", (project,)
    ).fetchone()
    return int(row[0])


def of_log(db: sqlite3.Connection, project: str, after: int) -> Iterator[Entry]:
    """A project's own entries in this journal with the ticks that it saw, up to its departure.

    Heads alone where a payload is large: data entries come without theirs.
    """
    came = arrival_of(db, project)
    first = came or _first_activation(db, project)
    until = departure_of(db, project) or 2**62
    rows = db.execute(
        "SELECT entry, kind, ?1, seq0, n, ingest_us, source, epoch, sha256,"  # noqa: S608 - constants
        " iif(kind = 'data', x'', payload) FROM entry WHERE entry > ?2 AND entry < ?3"
        f" AND kind NOT IN {_NOT_OF_ITS_LOG}"
        " AND (project = ?1 OR (kind = 'tick' AND entry > ?4)) ORDER BY entry",
        (project, max(after, came), until, first),
    )
    for row in rows:
        yield Entry(row[0], EntryKind(row[1]), *row[2:])


def _first_activation(db: sqlite3.Connection, project: str) -> int:
    row = db.execute(
        "SELECT coalesce(min(entry), 0) FROM entry WHERE kind = 'activation' AND project = ?",
        (project,),
    ).fetchone()
    return int(row[0])


def page_after(
    db: sqlite3.Connection,
    project: str,
    after: int,
    bytes_max: int,
    payload_of: Callable[[int], bytes],
) -> Page:
    """Some entries of a project's whole log that follow number `after`.

    `payload_of`: the payload of a data entry of this journal, sealed or not.
    """
    found: list[Carried] = []
    size = 0
    for entry in _whole_log(db, project, after):
        payload = entry.payload
        if entry.kind is EntryKind.DATA and not payload:
            payload = payload_of(entry.entry)
        found.append(
            Carried(
                *(entry.entry, entry.kind, entry.seq0, entry.n, entry.ingest_us),
                *(entry.source, entry.epoch, entry.sha256, payload),
            )
        )
        size += len(payload) + 100
        if size >= bytes_max:
            break
    return Page(entries=found)


def _whole_log(db: sqlite3.Connection, project: str, after: int) -> Iterator[Entry]:
    for entry, _ in arrived(db, project, after=after):
        yield entry
    yield from of_log(db, project, after)


def codes_after(db: sqlite3.Connection, project: str, after: int) -> Page:
    """Some pseudonyms whose codes follow number `after`."""
    rows = db.execute(
        "SELECT pseudonym, code FROM code WHERE project = ? AND code > ? ORDER BY code LIMIT ?",
        (project, after, CODES_MAX),
    ).fetchall()
    high = db.execute("SELECT high FROM code_high WHERE project = ?", (project,)).fetchone()
    return Page(codes=[(str(a), int(b)) for a, b in rows], high=0 if high is None else high[0])


def whole_here(db: sqlite3.Connection, project: str) -> Whole:
    """A project's whole log as it stands in this journal, which it has left."""
    return _summed(db, project, _whole_log(db, project, 0))


def whole_staged(db: sqlite3.Connection, project: str) -> Whole:
    """What has come of a project so far."""
    return _summed(db, project, (entry for entry, _ in arrived(db, project)))


def _summed(db: sqlite3.Connection, project: str, entries: Iterable[Entry]) -> Whole:
    digest, count, codes = hashlib.sha256(), 0, 0
    for one in entries:
        row = (one.entry, one.kind, one.seq0, one.n, one.ingest_us, one.source, one.epoch)
        digest.update(msgspec.json.encode((*row, one.sha256)) + b"\n")
        count += 1
    for row in db.execute(
        "SELECT pseudonym, code FROM code WHERE project = ? ORDER BY code", (project,)
    ):
        digest.update(msgspec.json.encode(row) + b"\n")
        codes += 1
    return Whole(count, codes, f"sha256:{digest.hexdigest()}")


def stage(db: sqlite3.Connection, project: str, page: Page) -> int:
    """Put a page beside the log; what has come before is passed over. The last entry that is there.

    Raises sqlite3.IntegrityError where the project is here already.
    """
    have = staged_to(db, project)
    db.executemany(
        "INSERT INTO arrived (project, entry, kind, seq0, n, ingest_us, source, epoch, sha256,"
        " carried, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(project, one.entry, one.kind.value, one.seq0, one.n, one.ingest_us),
                *(one.source, one.epoch, one.sha256, payload_sha256(one.payload), one.payload),
            )
            for one in page.entries
            if one.entry > have
        ],
    )
    if page.codes or page.high:
        db.executemany(
            "INSERT OR IGNORE INTO code VALUES (?, ?, ?)",
            [(project, name, code) for name, code in page.codes],
        )
        db.execute(
            "INSERT INTO code_high VALUES (?, ?)"
            " ON CONFLICT (project) DO UPDATE SET high = max(high, excluded.high)",
            (project, page.high),
        )
    return staged_to(db, project)


def index(db: sqlite3.Connection, feeds: Feeds, project: str) -> None:
    """Write down which numbers came with a project, so that they are known when sent again."""
    for entry, _ in arrived(db, project, kinds=[EntryKind.DATA]):
        table = decode_table(entry.payload)
        seqno = table["seqno"].to_numpy()
        rev = table["rev"].to_numpy()
        feed = feeds.open(project, entry.source, entry.epoch, entry.entry)
        later = rev > 0
        revisions = sorted(zip(seqno[later].tolist(), rev[later].tolist(), strict=True))
        feed.record(db, entry.entry, np.sort(seqno[~later]), revisions)


def forget_events(db: sqlite3.Connection, project: str) -> None:
    """Empty what came with a project whose events are removed; their digests stay."""
    db.execute(
        "UPDATE arrived SET payload = x'' WHERE project = ? AND kind = 'data' AND payload <> x''",
        (project,),
    )
