"""Migrations let others pass where a table is in use, and come again."""

from __future__ import annotations

import psycopg
import pytest
from django.db import OperationalError, connection

from shidian.web import migrating

pytestmark = pytest.mark.usefixtures("committed_db")


def test_it_comes_again_for_a_lock_and_for_nothing_else(monkeypatch) -> None:
    tried = []

    def busy_twice(*_: object, **__: object) -> None:
        tried.append(1)
        if len(tried) < 3:
            raise OperationalError from psycopg.errors.LockNotAvailable()

    monkeypatch.setattr(migrating, "call_command", busy_twice)
    migrating.migrate(sleep=lambda _: None)
    assert len(tried) == 3

    def broken(*_: object, **__: object) -> None:
        tried.append(1)
        raise OperationalError("no such table")

    monkeypatch.setattr(migrating, "call_command", broken)
    with pytest.raises(OperationalError, match="no such table"):
        migrating.migrate(sleep=lambda _: None)
    assert len(tried) == 4


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
def test_a_table_in_use_is_waited_for_two_seconds_at_most(monkeypatch) -> None:
    given = connection.settings_dict
    monkeypatch.setattr(migrating, "LOCK_TIMEOUT_MS", 100)
    monkeypatch.setattr(
        migrating,
        "call_command",
        # Reading waits for that lock as a migration would.
        lambda *_, **__: connection.cursor().execute('SELECT count(*) FROM "cases_case"'),
    )
    other = psycopg.connect(
        host=given["HOST"], port=given["PORT"], user=given["USER"], dbname=given["NAME"]
    )
    other.execute('LOCK TABLE "cases_case"')
    waits = []

    def sleep(_: float) -> None:
        waits.append(1)
        if len(waits) == 2:
            other.rollback()

    try:
        migrating.migrate(sleep=sleep)
    finally:
        other.close()
        connection.close()
        given.get("OPTIONS", {}).pop("options", None)
    assert len(waits) == 2
