"""Erasing what a leaf stands for: its salt and its text go, the log goes on verifying."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.notices.models import PublishedLeaf, PublishedSnapshot
from shidian.apps.record.models import Erasure, LeafRow

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.notices.models import ErasureGround

REASON_CHARS_MAX = 1_000


@transaction.atomic
def erase_text(
    *, row: LeafRow, ground: ErasureGround, reason: str, by: str, at: datetime | None = None
) -> Erasure:
    """Erase salt and text of a sealed leaf that is on the log; erased twice is erased once.

    What stays is a digest that nobody can trace to a text, not even who still has the text.
    Effects: salt and document of the row; what the public reads of it; the bodies of its page; the
    trail of who erased it, when, on what `ground` (public) and for what `reason` (in the house).
    Raises ValueError for a leaf that holds a plain digest (its text could be found by trying, so
    that erasing would promise too much), for one that is not on the log yet, for a page that the
    site shows, and without a reason.
    """
    locked = LeafRow.objects.select_for_update().get(pk=row.pk)
    if known := Erasure.objects.filter(row=locked).first():
        return known
    if not locked.sealed:
        raise ValueError(f"{_named(locked)} is not sealed: it cannot be erased")
    if locked.index is None:
        raise ValueError(f"{_named(locked)} is not on the log yet")
    if not reason.strip() or len(reason) > REASON_CHARS_MAX:
        raise ValueError(f"a reason has 1 to {REASON_CHARS_MAX} characters")
    at = at or timezone.now()
    public = PublishedLeaf.objects.filter(index=locked.index)
    for leaf in public.exclude(snapshot=None):
        _empty(leaf)
    public.update(salt="", document=None, erased_at=at, ground=ground)
    locked.salt, locked.document, locked.erased_at = None, None, at
    locked.save(update_fields=("salt", "document", "erased_at"))
    return Erasure.objects.create(row=locked, at=at, ground=ground, reason=reason.strip(), by=by)


def _empty(leaf: PublishedLeaf) -> None:
    """Take the bodies of a page that the site shows no more."""
    page = PublishedSnapshot.objects.filter(leaf=leaf)
    if page.current().exists():
        raise ValueError(
            f"leaf {leaf.index} is the page as the site shows it now: have the comment withheld or"
            " the page withdrawn first"
        )
    page.update(body_zh={}, body_en={})


def _named(row: LeafRow) -> str:
    place = "not on the log" if row.index is None else f"leaf {row.index}"
    return f"{place} (outbox row {row.outbox_id})"
