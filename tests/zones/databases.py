"""A database for each zone: files of SQLite, or databases of the cluster that the suite runs on."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Databases:
    """`urls`: zone → where its database is; empty on SQLite, where it lies in the zone's home."""

    base: Path
    urls: dict[str, str]

    def setting(self, zone: str) -> dict[str, str]:
        """What a process of that zone is told."""
        return {"SHIDIAN_DATABASE_URL": self.urls[zone]} if self.urls else {}

    def rows(self, zone: str, query: str) -> list[tuple[Any, ...]]:
        """What the zone's database answers."""
        if self.urls:
            with psycopg.connect(self.urls[zone]) as db:
                return db.execute(query.encode()).fetchall()
        file = self.base / zone / "app.sqlite3"
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
            return db.execute(query).fetchall()

    def cells(self, zone: str) -> Iterator[tuple[str, str]]:
        """Every value of every column of every table, with the table's name."""
        listed = (
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            if self.urls
            else "SELECT name FROM sqlite_master WHERE type = 'table'"
        )
        for (table,) in self.rows(zone, listed):
            for row in self.rows(zone, f'SELECT * FROM "{table}"'):
                for value in row:
                    yield table, _text(value)


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def new_databases(base: Path, zones: Iterable[str]) -> Databases:
    """One of its own for each zone, empty."""
    cluster = os.environ.get("SHIDIAN_DATABASE_URL", "")
    if not cluster:
        return Databases(base, {})
    urls = {}
    with psycopg.connect(cluster, autocommit=True) as db:
        for zone in zones:
            name = f"shidian_{base.name}_{zone}".replace("-", "_")
            worker = os.environ.get("PYTEST_XDIST_WORKER", "")
            whole = sql.Identifier(f"{name}{worker}")
            db.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(whole))
            db.execute(sql.SQL("CREATE DATABASE {}").format(whole))
            urls[zone] = urlsplit(cluster)._replace(path=f"/{name}{worker}").geturl()
    return Databases(base, urls)
