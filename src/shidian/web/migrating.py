"""Migrations beside a running release: no statement waits long for a lock; others wait behind it.

A statement that changes a table needs it for itself for a moment. While it waits for that moment,
every other request for the table waits behind it. So it gives up early, and comes again.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog
from django.core.management import call_command
from django.db import OperationalError, connections

if TYPE_CHECKING:
    from collections.abc import Callable

LOCK_TIMEOUT_MS = 2_000
"""How long pages may stand still behind a migration at the most."""
TRIES_MAX = 30
PAUSE_S = 1.0
_LOCK_NOT_AVAILABLE = "55P03"
_log = structlog.get_logger("shidian.migrate")


def migrate(
    *,
    using: str = "default",
    tries_max: int = TRIES_MAX,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Apply what is missing; what was applied before a lock could not be had stays applied.

    Raises OperationalError where a lock cannot be had in `tries_max` tries.
    """
    connection = connections[using]
    if connection.vendor == "postgresql":
        connection.close()
        options = connection.settings_dict.setdefault("OPTIONS", {})
        if options.pop("pool", None):
            connection.close_pool()  # type: ignore[attr-defined]
        options["options"] = f"-c lock_timeout={LOCK_TIMEOUT_MS}"
    for attempt in range(1, tries_max + 1):
        try:
            call_command("migrate", database=using, interactive=False, verbosity=0)
        except OperationalError as error:
            if attempt == tries_max or not _is_for_a_lock(error):
                raise
            _log.warning("a table is in use: trying again", attempt=attempt)
            sleep(PAUSE_S)
        else:
            return


def _is_for_a_lock(error: OperationalError) -> bool:
    return getattr(error.__cause__, "sqlstate", None) == _LOCK_NOT_AVAILABLE
