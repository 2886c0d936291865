"""The monitor's own store: cursor, as-known stream and readings, moved in one transaction."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Self

import msgspec

from shidian.core.monitor.digest import AsKnownDigest
from shidian.core.monitor.evaluator import Fault
from shidian.core.monitor.items import Change, Current, Item, Reading, Step
from shidian.core.monitor.nearest import Grouped
from shidian.core.monitor.program import severity_of
from shidian.core.monitor.quality import SourceQuality

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from shidian.core.monitor.evaluator import Output

FORMAT = 3
"""3: how the groups of limits with dimensions stand."""

_TABLES = """
CREATE TABLE IF NOT EXISTS cursor (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    entry INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO cursor VALUES (1, 0);
CREATE TABLE IF NOT EXISTS item (
    seq          INTEGER PRIMARY KEY,
    entry        INTEGER NOT NULL,
    project      TEXT    NOT NULL,
    rule         TEXT    NOT NULL,
    grp          TEXT    NOT NULL,
    change       TEXT    NOT NULL,
    level        TEXT    NOT NULL,
    early        INTEGER NOT NULL,
    warming      INTEGER NOT NULL,
    episode      TEXT    NOT NULL,
    at_us        INTEGER NOT NULL,
    since_us     INTEGER NOT NULL,
    start_us     INTEGER NOT NULL,
    end_us       INTEGER,
    path         TEXT    NOT NULL,
    rules_digest TEXT    NOT NULL,
    explanation  TEXT    NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS reading (
    seq       INTEGER PRIMARY KEY,
    entry     INTEGER NOT NULL,
    project   TEXT    NOT NULL,
    indicator TEXT    NOT NULL,
    at_us     INTEGER NOT NULL,
    value     INTEGER,
    scale     INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS reading_series ON reading (project, indicator, at_us, seq);
CREATE TABLE IF NOT EXISTS current (
    project   TEXT    NOT NULL,
    indicator TEXT    NOT NULL,
    entry     INTEGER NOT NULL,
    at_us     INTEGER NOT NULL,
    value     INTEGER,
    scale     INTEGER NOT NULL,
    final     INTEGER NOT NULL,
    PRIMARY KEY (project, indicator)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS quality (
    project   TEXT    NOT NULL,
    source    TEXT    NOT NULL,
    entry     INTEGER NOT NULL,
    epoch     INTEGER NOT NULL,
    events    INTEGER NOT NULL,
    late      INTEGER NOT NULL,
    missing   INTEGER NOT NULL,
    newest_us INTEGER NOT NULL,
    ingest_us INTEGER NOT NULL,
    silent    INTEGER NOT NULL,
    PRIMARY KEY (project, source)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS grouped (
    project TEXT NOT NULL,
    rule    TEXT NOT NULL,
    stated  TEXT NOT NULL,
    PRIMARY KEY (project, rule)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fault (
    project TEXT PRIMARY KEY,
    entry   INTEGER NOT NULL,
    message TEXT    NOT NULL
) STRICT;
"""

# INSERT OR REPLACE passes UPDATE and DELETE triggers: a row must follow its predecessor.
_TRIGGER = """
CREATE TRIGGER IF NOT EXISTS {table}_no_update BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;
CREATE TRIGGER IF NOT EXISTS {table}_no_delete BEFORE DELETE ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;
CREATE TRIGGER IF NOT EXISTS {table}_follows BEFORE INSERT ON {table}
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM {table})
BEGIN SELECT RAISE(ABORT, '{table} follows the last one'); END;
"""
_TRIGGERS = "".join(_TRIGGER.format(table=table) for table in ("item", "reading"))

_ITEM = (
    "seq, entry, project, rule, grp, change, level, early, warming, episode, "
    "at_us, since_us, start_us, end_us, path, rules_digest, explanation"
)


class StreamDiffers(RuntimeError):  # noqa: N818 - what was found
    """The stored stream is not the one that the journal yields."""


class StoreReader:
    """Read-only view, for other processes. Raises FileNotFoundError while there is no store."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise FileNotFoundError(f"no monitor store at {path}: start the monitor first")
        self._db = sqlite3.connect(
            f"file:{path}?mode=ro",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=10,
        )
        if not self._db.execute("PRAGMA user_version").fetchone()[0]:
            # The monitor has opened the file and not yet laid out its tables.
            self._db.close()
            raise FileNotFoundError(f"no monitor store at {path} yet: the monitor is starting")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def cursor(self) -> int:
        """Number of the last entry whose outcome is stored."""
        return int(self._db.execute("SELECT entry FROM cursor").fetchone()[0])

    def last_seq(self) -> int:
        """Number of the last item, 0 while there is none."""
        return _high(self._db, "item")

    def items_after(self, seq: int, limit: int) -> list[Item]:
        """At most `limit` items that follow number `seq`."""
        rows = self._db.execute(
            f"SELECT {_ITEM} FROM item WHERE seq > ? ORDER BY seq LIMIT ?",  # noqa: S608 - constant
            (seq, limit),
        )
        return [_item(row) for row in rows]

    def version(self) -> int:
        """Another number once the store has been written to by another process."""
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def items_of(self, episode: str) -> list[Item]:
        """All items of one episode, in order; none where there is no such id."""
        rows = self._db.execute(
            f"SELECT {_ITEM} FROM item WHERE episode = ? ORDER BY seq",  # noqa: S608 - constant
            (episode,),
        )
        return [_item(row) for row in rows]

    def readings_after(self, seq: int, limit: int) -> list[Reading]:
        """At most `limit` readings that follow number `seq`; a later one of an instant replaces."""
        rows = self._db.execute(
            "SELECT entry, project, indicator, at_us, value, scale, seq FROM reading"
            " WHERE seq > ? ORDER BY seq LIMIT ?",
            (seq, limit),
        )
        return [Reading(*row) for row in rows]

    def current(self, project: str) -> list[Current]:
        """Newest value of each indicator of the project, open tiles included."""
        rows = self._db.execute(
            "SELECT entry, project, indicator, at_us, value, scale, final FROM current"
            " WHERE project = ? ORDER BY indicator",
            (project,),
        )
        return [
            Current(e, p, i, at, value, scale, bool(f)) for e, p, i, at, value, scale, f in rows
        ]

    def quality(self) -> list[SourceQuality]:
        """How each source of each project delivers, as of its last entry or tick that told."""
        rows = self._db.execute(
            "SELECT entry, project, source, epoch, events, late, missing, newest_us, ingest_us,"
            " silent FROM quality ORDER BY project, source"
        )
        return [
            SourceQuality(k, p, s, epoch, n, late, missing, newest, ingest, bool(silent))
            for k, p, s, epoch, n, late, missing, newest, ingest, silent in rows
        ]

    def grouped(self) -> list[Grouped]:
        """How the groups of limits with dimensions stand, as last looked at.

        Nothing while a monitor of an older release wrote the store.
        """
        if not self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'grouped'").fetchone():
            return []
        rows = self._db.execute("SELECT stated FROM grouped ORDER BY project, rule")
        return [msgspec.json.decode(stated, type=Grouped) for (stated,) in rows]

    def series(self, project: str, indicator: str, since_us: int) -> list[tuple[int, int | None]]:
        """(instant µs, value) of changes in order, from the last one at or before `since_us` on."""
        rows = self._db.execute(
            "SELECT at_us, value, max(seq) FROM reading WHERE project = ?1 AND indicator = ?2"
            " AND at_us >= coalesce((SELECT max(at_us) FROM reading WHERE project = ?1"
            "  AND indicator = ?2 AND at_us <= ?3), ?3)"
            " GROUP BY at_us ORDER BY at_us",
            (project, indicator, since_us),
        )
        return [(int(at_us), value) for at_us, value, _ in rows]

    def faults(self) -> list[Fault]:
        """Projects that are no longer evaluated, and why."""
        rows = self._db.execute("SELECT entry, project, message FROM fault ORDER BY project")
        return [Fault(*row) for row in rows]

    def snapshot(self, *, without: Collection[str] = ()) -> tuple[int, int, str]:
        """Cursor, number of items and digest, all of one moment; some projects' items left out."""
        self._db.execute("BEGIN")
        try:
            return (self.cursor(), *self.stream_digest(without=without))
        finally:
            self._db.execute("ROLLBACK")

    def stream_digest(self, *, without: Collection[str] = ()) -> tuple[int, str]:
        """Number of stored items and their as-known digest, some projects' items left out."""
        digest = self.digest_of(0, self.last_seq(), without=without)
        return digest.items, digest.text()

    def digest_of(
        self, after: int, through: int, *, without: Collection[str] = ()
    ) -> AsKnownDigest:
        """As-known digest of the stored items that follow number `after`, up to `through`.

        Items of the projects `without` are left out.
        """
        digest = AsKnownDigest()
        self.extend(digest, after, through, without=without)
        return digest

    def extend(
        self, digest: AsKnownDigest, after: int, through: int, *, without: Collection[str] = ()
    ) -> None:
        """Continue a digest with these items (see `digest_of`)."""
        while after < through and (page := self.items_after(after, min(1000, through - after))):
            digest.add(item for item in page if item.project not in without)
            after = page[-1].seq


class MonitorStore(StoreReader):
    """The writing side; one process owns it. WAL, synchronous=FULL."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, timeout=10)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        found = self._db.execute("PRAGMA user_version").fetchone()[0]
        if found > FORMAT:
            self._db.close()
            raise RuntimeError(f"{path} has format {found}; this release knows {FORMAT}")
        self._db.executescript(
            f"BEGIN IMMEDIATE;{_TABLES}{_TRIGGERS}PRAGMA user_version={FORMAT};COMMIT;"
        )

    def save(self, cursor: int, outputs: Iterable[Output]) -> None:
        """Store what the entries up to `cursor` yielded and move the cursor, or do nothing.

        Raises ValueError when the cursor would not move forward.
        """
        if cursor <= self.cursor():
            raise ValueError(f"entry {cursor} is already applied")
        self._db.execute("BEGIN IMMEDIATE")
        try:
            item, reading = _high(self._db, "item"), _high(self._db, "reading")
            for output in outputs:
                self._insert_items(item, output.items)
                self._insert_readings(reading, output.readings)
                item += len(output.items)
                reading += len(output.readings)
                self._put(output)
            self._db.execute("UPDATE cursor SET entry = ?", (cursor,))
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def save_grouped(self, project: str, stated: Iterable[Grouped]) -> None:
        """Replace what is stored of a project's groups."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.execute("DELETE FROM grouped WHERE project = ?", (project,))
            self._db.executemany(
                "INSERT INTO grouped VALUES (?, ?, ?)",
                [(project, one.rule, msgspec.json.encode(one).decode()) for one in stated],
            )
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _insert_items(self, after: int, items: list[Item]) -> None:
        marks = ", ".join("?" * 17)
        self._db.executemany(
            f"INSERT INTO item ({_ITEM}) VALUES ({marks})",  # noqa: S608 - constant
            [_row(after + place, item) for place, item in enumerate(items, 1)],
        )

    def _insert_readings(self, after: int, readings: list[Reading]) -> None:
        self._db.executemany(
            "INSERT INTO reading (seq, entry, project, indicator, at_us, value, scale)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (after + n, r.entry, r.project, r.indicator, r.at_us, r.value, r.scale)
                for n, r in enumerate(readings, 1)
            ],
        )

    def _put(self, output: Output) -> None:
        self._db.executemany(
            "INSERT OR REPLACE INTO current VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (c.project, c.indicator, c.entry, c.at_us, c.value, c.scale, int(c.final))
                for c in output.current
            ],
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO quality VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *(q.project, q.source, q.entry, q.epoch, q.events, q.late, q.missing),
                    *(q.newest_us, q.ingest_us, int(q.silent)),
                )
                for q in output.quality
            ],
        )
        self._db.executemany(
            "INSERT OR IGNORE INTO fault VALUES (?, ?, ?)",
            [(fault.project, fault.entry, fault.message) for fault in output.faults],
        )


def _high(db: sqlite3.Connection, table: str) -> int:
    query = f"SELECT coalesce(max(seq), 0) FROM {table}"  # noqa: S608 - our own table's name
    return int(db.execute(query).fetchone()[0])


def _row(seq: int, item: Item) -> tuple[object, ...]:
    path = [[step.at_us, step.rung, step.early] for step in item.path]
    return (
        seq,
        item.entry,
        item.project,
        item.rule,
        item.group,
        item.change.value,
        severity_of(item.path[-1].rung).value,
        int(item.early),
        int(item.warming),
        item.episode,
        item.at_us,
        item.since_us,
        item.start_us,
        item.end_us,
        json.dumps(path),
        item.rules_digest,
        json.dumps(item.explanation, ensure_ascii=False),
    )


def _item(row: tuple[object, ...]) -> Item:
    fields = dict(zip(_ITEM.split(", "), row, strict=True))
    fields["group"] = fields.pop("grp")
    del fields["level"]
    fields["change"] = Change(str(fields["change"]))
    fields["early"], fields["warming"] = bool(fields["early"]), bool(fields["warming"])
    fields["path"] = tuple(_steps(json.loads(str(fields["path"]))))
    fields["explanation"] = json.loads(str(fields["explanation"]))
    return Item(**fields)  # type: ignore[arg-type]  # columns are the fields, types are STRICT


def _steps(path: list[list[int]]) -> Iterator[Step]:
    for at_us, rung, early in path:
        yield Step(at_us, rung, bool(early))
