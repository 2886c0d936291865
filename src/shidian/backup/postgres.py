"""The app database on PostgreSQL: `pg_dump` and `pg_restore`, and hashes of one moment."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from shidian.backup.manifest import BackupError, Table

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

_TABLES = """
    SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename
"""
_HASHED = """
    SELECT count(*),
        encode(sha256(convert_to(coalesce(string_agg(h, '' ORDER BY h), ''), 'UTF8')), 'hex')
    FROM (SELECT encode(sha256(convert_to(t::text, 'UTF8')), 'hex') AS h FROM {} t) rows
"""
# Text of a row does not depend on the session where these are set.
_PLAIN = "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET extra_float_digits = 1"


def dump(url: str, target: Path) -> dict[str, Table]:
    """Dump the database into a file, in PostgreSQL's own form; its tables at that very moment.

    Raises BackupError database-tool-missing, database-unreachable, dump-failed.
    """
    with _connected(url) as db, db.transaction():
        db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        snapshot = _one(db, "SELECT pg_export_snapshot()")
        _run(url, "pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={target}")
        return _tables(db)


def load(url: str, source: Path) -> dict[str, Table]:
    """Put a dump into a database that has no tables yet; its tables afterwards.

    Raises BackupError as `dump` does, and database-not-empty.
    """
    refuse_used(url)
    named = _environment(url)["PGDATABASE"]
    _run(url, "pg_restore", "--no-owner", "--exit-on-error", f"--dbname={named}", str(source))
    with _connected(url) as db:
        return _tables(db)


def refuse_used(url: str) -> None:
    """Raise BackupError database-not-empty, database-unreachable."""
    with _connected(url) as db:
        there = [name for (name,) in db.execute(_TABLES).fetchall()]
    if there:
        raise BackupError(
            "database-not-empty",
            f"the database has {len(there)} tables ({there[0]}, …); name one that has none",
        )


def _tables(db: psycopg.Connection) -> dict[str, Table]:
    from psycopg import sql

    db.execute(_PLAIN)
    found = {}
    for (name,) in db.execute(_TABLES).fetchall():
        row = db.execute(sql.SQL(_HASHED).format(sql.Identifier(name))).fetchone()
        assert row is not None  # noqa: S101 - an aggregate has one row
        found[name] = Table(*row)
    return found


def _one(db: psycopg.Connection, query: str) -> object:
    row = db.execute(query).fetchone()
    return None if row is None else row[0]


def _connected(url: str) -> psycopg.Connection:
    import psycopg

    try:
        return psycopg.connect(url)
    except psycopg.OperationalError as error:
        raise BackupError("database-unreachable", str(error).strip()) from None


def _run(url: str, tool: str, *arguments: str) -> None:
    found = shutil.which(tool)
    if found is None:
        raise BackupError(
            "database-tool-missing", f"{tool} is not installed (Debian: postgresql-client)"
        )
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own tool; the password goes by environment
        [found, *arguments],
        env={**os.environ, **_environment(url)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BackupError("dump-failed", f"{tool}: {done.stderr.strip()}")


def _environment(url: str) -> dict[str, str]:
    """libpq's variables: a password among arguments could be read by everyone on the machine."""
    parts = urlsplit(url)
    found = {
        "PGHOST": unquote(parts.hostname or ""),
        "PGPORT": str(parts.port or ""),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": parts.path.lstrip("/"),
    }
    return {name: value for name, value in found.items() if value}
