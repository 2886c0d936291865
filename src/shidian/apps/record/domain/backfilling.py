"""What earlier releases published and told nobody of is put into the outbox, and so on record."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog
from django.db import connection, transaction

from shidian.apps.cases import outbox
from shidian.apps.record.acts import all_acts, untold
from shidian.apps.record.leaves import TOPIC

if TYPE_CHECKING:
    from shidian.apps.record.acts import Act

_LOCK = 0x5D1A_4EC0_4D
"""Of PostgreSQL, for whoever back-fills; on SQLite one transaction writes at a time anyway."""
_log = structlog.get_logger("shidian.record")


def back_fill() -> int:
    """Put public acts of which no row of the outbox tells into it, oldest first; how many.

    All or none, and none twice, whoever else does it at the same time: killed, it begins again. The
    rows say `late`; a page that no longer stands on the site says `gone`, and its leaf is sealed.
    Acts of cases are left to the audit: every release wrote their rows with them, and what of them
    may be told was decided then.
    """
    if not _missing():
        return 0
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        acts = _missing()
        for act in acts:
            outbox.put(TOPIC, {**act.payload, "late": True})
    if acts:
        kinds = Counter(str(act.payload["kind"]) for act in acts)
        _log.warning("put on record late", acts=len(acts), kinds=dict(kinds))
    return len(acts)


def _missing() -> list[Act]:
    acts = [act for act in untold(all_acts()) if act.whole]
    return sorted(acts, key=lambda act: _at(act.payload["at"]))


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
