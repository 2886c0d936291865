"""The journal's tables. `entry` is the log; the others index it or hold what may be erased."""

from __future__ import annotations

import fcntl
import sqlite3
from typing import IO, TYPE_CHECKING

from shidian.core.journal import moving
from shidian.core.journal.sealed import manifest, removal

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA_VERSION = 5
"""3: leases and acknowledgements, which come from pilots and have no outbox id. 4: removals. 5:
projects that come from other journals."""

_TABLES = """
CREATE TABLE IF NOT EXISTS entry (
    entry     INTEGER PRIMARY KEY,
    kind      TEXT    NOT NULL,
    project   TEXT    NOT NULL,
    seq0      INTEGER NOT NULL,
    n         INTEGER NOT NULL,
    ingest_us INTEGER NOT NULL,
    source    TEXT    NOT NULL,
    epoch     INTEGER NOT NULL,
    sha256    BLOB    NOT NULL,
    payload   BLOB    NOT NULL
) STRICT;
-- An outbox row reaches the log once, however often it is sent.
CREATE UNIQUE INDEX IF NOT EXISTS entry_outbox ON entry (seq0)
    WHERE kind NOT IN ('data', 'tick', 'lease', 'acknowledgement');
CREATE INDEX IF NOT EXISTS entry_control ON entry (kind, entry) WHERE kind NOT IN ('data', 'tick');

-- One numbering of one source: seqno counts from 1 inside it.
CREATE TABLE IF NOT EXISTS feed (
    feed        INTEGER PRIMARY KEY,
    project     TEXT    NOT NULL,
    source      TEXT    NOT NULL,
    epoch       INTEGER NOT NULL,
    first_entry INTEGER NOT NULL,
    UNIQUE (project, source, epoch)
) STRICT;
-- Which entry holds which original (rev 0): maximal runs of seqno per entry.
CREATE TABLE IF NOT EXISTS run (
    feed  INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last  INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    PRIMARY KEY (feed, first)
) STRICT, WITHOUT ROWID;
-- The same, merged over entries: what lies between two spans is a gap.
CREATE TABLE IF NOT EXISTS span (
    feed  INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last  INTEGER NOT NULL,
    PRIMARY KEY (feed, first)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS revision (
    feed  INTEGER NOT NULL,
    seqno INTEGER NOT NULL,
    rev   INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    PRIMARY KEY (feed, seqno, rev)
) STRICT, WITHOUT ROWID;

-- What was not stored, and why; never what it said.
CREATE TABLE IF NOT EXISTS refusal (
    refusal   INTEGER PRIMARY KEY,
    status    TEXT    NOT NULL,
    ingest_us INTEGER NOT NULL,
    project   TEXT    NOT NULL,
    source    TEXT    NOT NULL,
    epoch     INTEGER,
    seqno     INTEGER,
    rev       INTEGER,
    sha256    BLOB    NOT NULL,
    field     TEXT    NOT NULL,
    reason    TEXT    NOT NULL
) STRICT;

-- Investors' pseudonyms. Rows can be erased; a code is never given twice.
CREATE TABLE IF NOT EXISTS code (
    project   TEXT    NOT NULL,
    pseudonym TEXT    NOT NULL,
    code      INTEGER NOT NULL,
    PRIMARY KEY (project, pseudonym)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS code_high (
    project TEXT    PRIMARY KEY,
    high    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- Who had a pseudonym erased, when and why; the code leads back to nobody any more.
CREATE TABLE IF NOT EXISTS erasure (
    erasure INTEGER PRIMARY KEY,
    at_us   INTEGER NOT NULL,
    project TEXT    NOT NULL,
    code    INTEGER NOT NULL,
    by      TEXT    NOT NULL,
    reason  TEXT    NOT NULL
) STRICT;
"""

# INSERT OR REPLACE passes UPDATE and DELETE triggers, so an existing key is refused on INSERT too;
# and an entry number must follow its predecessor, so no hole can be filled later. An arrival alone
# may leave numbers out: it stands above those that came with it.
_TRIGGERS = """
CREATE TRIGGER IF NOT EXISTS entry_no_delete BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'entry is append-only'); END;
CREATE TRIGGER IF NOT EXISTS entry_follows BEFORE INSERT ON entry
WHEN NEW.entry IS NOT (SELECT coalesce(max(entry), 0) + 1 FROM entry)
 AND NOT (NEW.kind = 'arrival' AND NEW.entry > (SELECT coalesce(max(entry), 0) FROM entry))
BEGIN SELECT RAISE(ABORT, 'an entry follows the last one'); END;
CREATE TRIGGER IF NOT EXISTS entry_once BEFORE INSERT ON entry
WHEN NEW.kind NOT IN ('data', 'tick', 'lease', 'acknowledgement') AND EXISTS (
    SELECT 1 FROM entry WHERE seq0 = NEW.seq0
    AND kind NOT IN ('data', 'tick', 'lease', 'acknowledgement'))
BEGIN SELECT RAISE(ABORT, 'this outbox id is in the journal'); END;
CREATE TRIGGER IF NOT EXISTS refusal_no_update BEFORE UPDATE ON refusal
BEGIN SELECT RAISE(ABORT, 'refusal is append-only'); END;
CREATE TRIGGER IF NOT EXISTS refusal_no_delete BEFORE DELETE ON refusal
BEGIN SELECT RAISE(ABORT, 'refusal is append-only'); END;
CREATE TRIGGER IF NOT EXISTS erasure_no_update BEFORE UPDATE ON erasure
BEGIN SELECT RAISE(ABORT, 'erasure is append-only'); END;
CREATE TRIGGER IF NOT EXISTS erasure_no_delete BEFORE DELETE ON erasure
BEGIN SELECT RAISE(ABORT, 'erasure is append-only'); END;
CREATE TRIGGER IF NOT EXISTS erasure_follows BEFORE INSERT ON erasure
WHEN NEW.erasure IS NOT (SELECT coalesce(max(erasure), 0) + 1 FROM erasure)
BEGIN SELECT RAISE(ABORT, 'erasure follows the last one'); END;
"""

# What is made anew with other words than before.
_BEFORE_3 = "DROP INDEX IF EXISTS entry_outbox; DROP TRIGGER IF EXISTS entry_once;"
_BEFORE_5 = "DROP TRIGGER IF EXISTS entry_follows;"


def lock_writer(path: Path) -> IO[bytes]:
    """Hold `<path>.lock` until closed. Raises RuntimeError while another process does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.with_name(f"{path.name}.lock").open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise RuntimeError(f"{path} is being written by another process: stop that gate") from None
    return lock


def open_writer(path: Path) -> sqlite3.Connection:
    """The one writing connection: WAL, synchronous=FULL, tables and triggers in place.

    `commit` returns only after fsync. Raises RuntimeError if a newer release wrote the file.
    """
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("PRAGMA secure_delete=ON")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        db.close()
        raise RuntimeError(f"{path} has format {version}; this release knows {SCHEMA_VERSION}")
    older = _BEFORE_3 if 0 < version < 3 else ""  # noqa: PLR2004 - the version named
    older += _BEFORE_5 if version < 5 else ""  # noqa: PLR2004 - the version named
    db.executescript(
        f"BEGIN IMMEDIATE;{older}{_TABLES}{manifest.TABLES}{removal.TABLES}{moving.TABLES}"
        f"{_TRIGGERS}{manifest.TRIGGERS}{removal.TRIGGERS}{moving.TRIGGERS}"
        f"PRAGMA user_version={SCHEMA_VERSION};COMMIT;"
    )
    return db


def empty_wal(path: Path) -> bool:
    """Write the WAL back and empty it, so that no older page stays; False while a reader holds it.

    For the journal's writer, after it has closed.
    """
    db = sqlite3.connect(path, isolation_level=None, timeout=10)
    try:
        busy, *_ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        db.close()
    return not busy


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write. Raises FileNotFoundError while there is no file."""
    if not path.exists():
        raise FileNotFoundError(f"no journal at {path}: start the gate first")
    db = sqlite3.connect(
        f"file:{path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False, timeout=10
    )
    db.execute("PRAGMA query_only=ON")
    return db
