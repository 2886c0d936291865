"""What becomes of kept files: scanned where they came sealed, removed when their time is over.

A file's row stays, with both hashes and why its bytes are gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from django.core.files.storage import default_storage

from shidian.apps.cases import scanning
from shidian.apps.cases.errors import DomainError
from shidian.apps.notices.models import RemovalGround, SentFile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_log = structlog.get_logger("shidian.files")


def scan_sent_file(sent: SentFile, *, at: datetime) -> None:
    """Have the scanner look at a file that came sealed from the public zone.

    What is clean can be fetched from then on; what is not is removed. Outside a transaction: it can
    take seconds. Raises DomainError `not-scanned`.
    """
    try:
        with default_storage.open(sent.path) as content:
            scanning.must_be_clean(content)
    except FileNotFoundError:
        remove_sent_file(sent, ground=RemovalGround.LOST, at=at)
    except DomainError as refusal:
        if refusal.code != "infected":
            raise
        remove_sent_file(sent, ground=RemovalGround.INFECTED, at=at)
    else:
        SentFile.objects.filter(pk=sent.pk).update(awaits_scan=False)


def remove_sent_file(
    sent: SentFile,
    *,
    ground: RemovalGround,
    at: datetime,
    automatic: Mapping[str, str] | None = None,
) -> None:
    """Remove the bytes; the row says when and why, and by which rule it happened by itself.

    The bytes first: killed in between, the next who removes it finds none, and writes the row.
    """
    if not _is_shared(sent):
        default_storage.delete(sent.path)
    SentFile.objects.filter(pk=sent.pk, removed_at=None).update(
        removed_at=at, ground=ground, automatic=dict(automatic or {}), awaits_scan=False
    )
    _log.info("file of the public removed", ground=str(ground), sha256=sent.sha256)


def _is_shared(sent: SentFile) -> bool:
    """Whether the bytes are another row's as well, as was until each had a place of its own."""
    if sent.place:
        return False
    others = SentFile.objects.filter(sha256=sent.sha256, place="", removed_at=None)
    return others.exclude(pk=sent.pk).exists()
