"""Erasing what a leaf stands for: its salt and its text go, the log goes on verifying."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.notices.models import PublishedLeaf
from shidian.apps.record.models import LeafRow

if TYPE_CHECKING:
    from datetime import datetime


@transaction.atomic
def erase_text(*, row: LeafRow, at: datetime | None = None) -> LeafRow:
    """Erase salt and document of a sealed leaf that is on the log; erased twice is erased once.

    What stays is a digest that nobody can trace to a text, not even who still has the text. Raises
    ValueError for a leaf that holds a plain digest (its text could be found by trying, so that
    erasing would promise too much) and for one that is not on the log yet.
    """
    locked = LeafRow.objects.select_for_update().get(pk=row.pk)
    if not locked.sealed:
        raise ValueError(
            f"leaf of outbox row {locked.outbox_id} is not sealed: it cannot be erased"
        )
    if locked.index is None:
        raise ValueError(f"leaf of outbox row {locked.outbox_id} is not on the log yet")
    if locked.erased_at is None:
        locked.salt, locked.document, locked.erased_at = None, None, at or timezone.now()
        locked.save(update_fields=("salt", "document", "erased_at"))
        PublishedLeaf.objects.filter(index=locked.index).update(
            salt="", document=None, erased_at=locked.erased_at
        )
    return locked
