"""What experts and assessors do: declare interests, fill in the sheet, submit it, file findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import Expert
from shidian.apps.cases.actors import actor_for
from shidian.apps.cases.domain.deciding import do
from shidian.apps.cases.domain.perform import perform_act
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.review.domain.panels import reconsider
from shidian.apps.review.models import Assessment, Assignment, Conflict, Review, SheetDraft
from shidian.core.procedure.types import Act, EventKind, Json, Verb

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case


def set_away(*, by: Person, until: date | None) -> None:
    """An expert takes no new reviews until that day, which is included; None: from now on again.

    Panels that they sit on already are not touched. Raises ForbiddenError.
    """
    if not allows(by, Permission.AVAILABILITY_SET):
        raise ForbiddenError
    Expert.objects.filter(person=by).update(away_until=until)


@transaction.atomic
def declare_conflict(
    *,
    assignment: Assignment,
    conflict: bool,
    by: Person,
    reason: str = "",
    at: datetime | None = None,
) -> Conflict:
    """Declare one's interests, before anything of the case is shown. A conflict needs a reason.

    A conflict found later may be declared at any time, after the round or the decision as well.
    Effects: with a conflict a denial, which takes the case from every list, count and search of the
    expert for good, and the sheet counts no more; without one, access until the round closes.
    Events: conflict.declared; round.reconsidered, where the sheet had been part of a closed round.
    """
    if not allows(by, Permission.CONFLICT_DECLARE, assignment):
        raise ForbiddenError
    data: dict[str, Json] = {"conflict": conflict, "reason": reason}
    done = do(Verb.DECLARE_CONFLICT, assignment.panel.case, data, by=by, at=at)
    if conflict:
        SheetDraft.objects.filter(assignment=assignment).delete()
    for event in done.events:
        if event.kind == EventKind.ROUND_RECONSIDERED:
            reconsider(event)
    return Conflict.objects.create(
        assignment=assignment,
        conflict=conflict,
        reason=reason,
        declared=done.event(EventKind.CONFLICT_DECLARED),
    )


@transaction.atomic
def save_sheet(
    *,
    assignment: Assignment,
    scores: Mapping[str, int],
    reasons: Mapping[str, str],
    by: Person,
    at: datetime | None = None,
) -> SheetDraft:
    """Keep what has been filled in so far; nobody else sees it. Raises ForbiddenError."""
    if not allows(by, Permission.REVIEW_SUBMIT, assignment):
        raise ForbiddenError
    draft, _ = SheetDraft.objects.update_or_create(
        assignment=assignment,
        defaults={
            "scores": dict(scores),
            "reasons": dict(reasons),
            "saved_at": at or timezone.now(),
        },
    )
    return draft


@transaction.atomic
def submit_review(
    *,
    assignment: Assignment,
    scores: Mapping[str, int],
    reasons: Mapping[str, str],
    by: Person,
    at: datetime | None = None,
) -> Review:
    """Submit the sheet: a score and a reason for every criterion of the stage. Final.

    Event: review.filed. Raises DomainError, ForbiddenError.
    """
    if not allows(by, Permission.REVIEW_SUBMIT, assignment):
        raise ForbiddenError
    data: dict[str, Json] = {"scores": dict(scores), "reasons": dict(reasons)}
    done = do(Verb.SUBMIT_REVIEW, assignment.panel.case, data, by=by, at=at)
    SheetDraft.objects.filter(assignment=assignment).delete()
    return Review.objects.create(
        assignment=assignment,
        scores=dict(scores),
        reasons=dict(reasons),
        submitted=done.event(EventKind.REVIEW_FILED),
    )


@transaction.atomic
def file_assessment(
    *,
    case: Case,
    findings: Mapping[str, Mapping[str, str]],
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Assessment:
    """File what was found: {area: {finding: pass/condition/fail, text}} for every area.

    Event: assessment.filed. Raises DomainError, ForbiddenError.
    """
    actor = actor_for(by, case, Verb.FILE_ASSESSMENT)
    act = Act(Verb.FILE_ASSESSMENT, actor, at or timezone.now(), {"findings": findings})
    done = perform_act(case, act, by=by, expected_seq=expected_seq)
    return Assessment.objects.create(
        case=done.case,
        body_id=int(actor.institution) if actor.institution else None,
        findings={area: dict(finding) for area, finding in findings.items()},
        filed=done.event(EventKind.ASSESSMENT_FILED),
    )
