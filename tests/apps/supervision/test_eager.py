"""Waiting for SQLite's write lock: who hurries is not starved, and gives up with the reason."""

from __future__ import annotations

import sqlite3

import pytest
from django.db import OperationalError, connection

from shidian.apps.supervision.worker import eager


@pytest.fixture
def locked_for(tmp_path):
    """A write against a real lock; after so many tries it is let go."""
    path = tmp_path / "a.sqlite3"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("CREATE TABLE t (n)")
    holder.execute("BEGIN IMMEDIATE")
    waiting = sqlite3.connect(path, isolation_level=None, timeout=0)
    tries = []

    def make(count):
        def execute(sql, *_):
            tries.append(sql)
            if len(tries) > count:
                holder.rollback()
            try:
                return waiting.execute(sql)
            except sqlite3.OperationalError as error:
                raise OperationalError(str(error)) from error

        return execute

    yield make, tries
    waiting.close()
    holder.close()


def test_write_is_tried_again_until_the_lock_is_free(locked_for):
    make, tries = locked_for
    eager._patiently(make(3), "INSERT INTO t VALUES (1)", None, False, {})
    assert len(tries) == 4


def test_lock_that_is_never_free_is_told(locked_for, monkeypatch):
    make, tries = locked_for
    monkeypatch.setattr(eager, "PATIENCE_S", 0.05)
    with pytest.raises(OperationalError, match="locked"):
        eager._patiently(make(10**9), "INSERT INTO t VALUES (1)", None, False, {})
    assert len(tries) > 2


def test_other_trouble_is_not_waited_for(locked_for):
    make, tries = locked_for
    with pytest.raises(OperationalError, match="no such table"):
        eager._patiently(make(0), "INSERT INTO nowhere VALUES (1)", None, False, {})
    assert len(tries) == 1


@pytest.mark.django_db
def test_connection_waits_as_before_afterwards():
    if connection.vendor != "sqlite":
        with eager.eager_writes():
            assert eager._patiently not in connection.execute_wrappers
        return

    def timeout_ms():
        with connection.cursor() as cursor:
            return cursor.execute("PRAGMA busy_timeout").fetchone()[0]

    before_ms = timeout_ms()
    with eager.eager_writes():
        assert timeout_ms() == 0 < before_ms
        assert eager._patiently in connection.execute_wrappers
    assert eager._patiently not in connection.execute_wrappers
    assert timeout_ms() == before_ms
