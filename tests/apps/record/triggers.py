"""Past the append-only triggers, as somebody with the database's own password is."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import connection

from shidian.apps.cases.append_only import install, trigger_names
from shidian.apps.cases.guards import GUARDS as CASE_GUARDS
from shidian.apps.notices.guards import GUARDS as NOTICE_GUARDS
from shidian.apps.record.guards import GUARDS as RECORD_GUARDS

if TYPE_CHECKING:
    from collections.abc import Iterator

GUARDS = (*CASE_GUARDS, *NOTICE_GUARDS, *RECORD_GUARDS)


@contextmanager
def without_triggers() -> Iterator[None]:
    """Take the triggers away for as long as the block lasts."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # it alters no table that still has checks to make
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for guard in GUARDS:
            for name in trigger_names(guard, connection.vendor):
                on = f' ON "{guard.table}"' if connection.vendor == "postgresql" else ""
                cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"{on}')
    yield
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    install(GUARDS, "default")
