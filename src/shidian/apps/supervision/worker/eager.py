"""A thread that waits for SQLite's write lock eagerly: what an order waits for is not starved.

SQLite lets a waiting writer look again ever more rarely, up to every 100 ms: against another one
that writes almost without pause it may wait for seconds. PostgreSQL has no such lock.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import OperationalError, connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOOK_AGAIN_S = 0.002
PATIENCE_S = 30.0


@contextmanager
def eager_writes() -> Iterator[None]:
    """While it lasts, this thread's connection looks for the lock every two milliseconds."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        before_ms = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        cursor.execute("PRAGMA busy_timeout = 0")
    with connection.execute_wrapper(_patiently):
        yield
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {int(before_ms)}")


def _patiently(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Within a transaction the lock is held already: only its beginning waits."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            return execute(sql, params, many, context)
        except OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(LOOK_AGAIN_S)
