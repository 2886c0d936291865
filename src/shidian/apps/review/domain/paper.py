"""Sheets that an expert filled in and signed on paper, entered by an officer with the scan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.domain.applying import keep_file
from shidian.apps.cases.domain.deciding import do
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.history import person_key
from shidian.apps.cases.models import Attachment, Case
from shidian.apps.cases.scanning import scanned
from shidian.apps.cases.scans import scan_question
from shidian.apps.review.models import Conflict, Review, SheetDraft
from shidian.core.procedure.types import EventKind, Json, Verb

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.core.files.base import File

    from shidian.apps.accounts.models import Person
    from shidian.apps.review.models import Assignment

SECTION = "paper-sheets"
"""Where scans lie. No party reads them: `review:scan` serves them, `cases:attachment` does not."""
SCAN = scan_question(zh="评审表扫描件", en="Scan of the sheet")


@scanned("scan")
@transaction.atomic
def enter_sheet(
    *,
    assignment: Assignment,
    scores: Mapping[str, int],
    reasons: Mapping[str, str],
    declared: bool,
    scan: File[Any],
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Review:
    """Enter an expert's sheet from paper. `declared`: the paper says that there is no conflict.

    Effects: the scan is kept, its SHA-256 is in the event; a draft is gone. Event: review.filed, by
    the officer. Raises DomainError (`too-large`, `wrong-type`, `empty-file`, or the procedure's
    refusal), ForbiddenError.
    """
    at = at or timezone.now()
    case = Case.objects.select_for_update().get(pk=assignment.panel.case_id)
    if not allows(by, Permission.PANEL_FORM, case):
        raise ForbiddenError
    expert = person_key(assignment.expert.person_id)
    kept = keep_file(
        case=case, section=SECTION, rule=SCAN, upload=scan, question=expert, by=by, at=at
    )
    data: dict[str, Json] = {
        "expert": expert,
        "scores": dict(scores),
        "reasons": dict(reasons),
        "sha256": kept.sha256,
        "declared": declared or None,
    }
    done = do(Verb.ENTER_SHEET, case, data, by=by, at=at, expected_seq=expected_seq)
    event = done.event(EventKind.REVIEW_FILED)
    if declared:
        Conflict.objects.get_or_create(
            assignment=assignment, conflict=False, defaults={"declared": event}
        )
    SheetDraft.objects.filter(assignment=assignment).delete()
    return Review.objects.create(
        assignment=assignment, scores=dict(scores), reasons=dict(reasons), submitted=event
    )


def scan_of(review: Review) -> Attachment | None:
    """The scan of a sheet that was entered from paper."""
    sha256 = review.submitted.data.get("sha256")
    if not sha256:
        return None
    kept = Attachment.objects.filter(case=review.submitted.case_id, section=SECTION)
    return kept.filter(sha256=sha256).last()
