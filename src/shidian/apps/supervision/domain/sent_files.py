"""Files that the public sent are removed when the time for which they may be kept is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, Subquery

from shidian.apps.cases.models import Case, CaseEvent
from shidian.apps.cases.rulebooks import loaded_rulebook
from shidian.apps.notices.complaint_words import ComplaintState
from shidian.apps.notices.domain import remove_sent_file
from shidian.apps.notices.models import RemovalGround, SentFile
from shidian.apps.supervision.domain.automatic import by_rule
from shidian.apps.supervision.models import Complaint
from shidian.core.procedure.types import EventKind
from shidian.core.rulebook.retention import kept_until

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

RULE = "/exit/retention_years"
"""Where in a rulebook the years stand, by outcome."""


def remove_files_kept_long_enough(*, at: datetime) -> int:
    """Remove what came with comments on, and complaints about, cases whose time is over.

    That is what the rulebook under which the case ran says for its outcome; where it says nothing,
    nothing is removed. A complaint that is still open keeps its files. Rows and hashes stay.
    Returns how many files were removed.
    """
    removed = 0
    for case, version, outcome, closed_at in _closed_with_files():
        loaded = loaded_rulebook(version)
        until = kept_until(loaded.rulebook, outcome, closed_at)
        if until is None or until > at:
            continue
        automatic = by_rule(f"{RULE}/{outcome}", loaded.digest)
        for sent in _files_of(case).iterator():
            remove_sent_file(sent, ground=RemovalGround.RETENTION, at=at, automatic=automatic)
            removed += 1
    return removed


def _kept() -> QuerySet[SentFile]:
    return SentFile.objects.filter(removed_at=None)


def _closed_with_files() -> list[tuple[int, int, str, datetime]]:
    """Closed cases about which a file is kept that may be removed: key, rulebook version, outcome,
    when it was closed."""
    closed = CaseEvent.objects.filter(case=OuterRef("pk"), kind=EventKind.CASE_CLOSED.value)
    commented = _kept().filter(comment__notice__case=OuterRef("pk"))
    complained = Complaint.objects.filter(
        pilot__case=OuterRef("pk"),
        state=ComplaintState.CLOSED.value,
        receipt_sha256__in=_kept().exclude(receipt_sha256="").values("receipt_sha256"),
    )
    rows = (
        Case.objects.exclude(outcome="")
        .annotate(closed_at=Subquery(closed.order_by("-seq").values("at")[:1]))
        .exclude(closed_at=None)
        .filter(Exists(commented) | Exists(complained))
        .order_by("pk")
    )
    return list(rows.values_list("pk", "rulebook_version", "outcome", "closed_at"))


def _files_of(case: int) -> QuerySet[SentFile]:
    done = Complaint.objects.filter(pilot__case=case, state=ComplaintState.CLOSED.value)
    return _kept().filter(
        Q(comment__notice__case=case) | Q(receipt_sha256__in=done.values("receipt_sha256"))
    )
