"""From a sound text to rules in force: submit, approve by two, publish; or return, or reject."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from shidian.apps.accounts.access import Permission
from shidian.apps.accounts.models import OfficerRole
from shidian.apps.cases import outbox
from shidian.apps.cases.domain.schemes import publish_rulebook
from shidian.apps.cases.rules import authorities_handling
from shidian.apps.lab.checking import check_text
from shidian.apps.lab.domain.consulting import check_heard
from shidian.apps.lab.domain.drafting import check_revision, newest_revision
from shidian.apps.lab.domain.recording import (
    locked_draft,
    must_be_in,
    office_of,
    put_leaf,
    record,
)
from shidian.apps.lab.dossier import dossier_sha256, is_approved, standing
from shidian.apps.lab.errors import refuse
from shidian.apps.lab.models import Approval, DraftEventKind, DraftState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import RulebookVersion
    from shidian.apps.lab.models import CheckResult, RulebookDraft


@transaction.atomic
def submit_draft(*, draft: RulebookDraft, by: Person, at: datetime | None = None) -> RulebookDraft:
    """Put the draft before the officers who approve.

    Preconditions: state draft; its newest text has no error as of now; a consultation that was
    opened is over, answered and concluded. Event: draft.submitted. Raises DomainError
    (`wrong-state`, `unsound`, `consultation-open`, `comments-unanswered`, `not-concluded`),
    ForbiddenError.
    """
    at = at or timezone.now()
    locked = locked_draft(draft, by, Permission.DRAFT_WRITE)
    must_be_in(locked, DraftState.DRAFT)
    check = _sound_check(locked, at)
    check_heard(locked, at)
    locked.state = DraftState.SUBMITTED
    record(
        locked,
        DraftEventKind.SUBMITTED,
        by=by,
        at=at,
        data={"revision": check.revision.number, "digest": check.digest},
    )
    draft.refresh_from_db()
    return locked


@transaction.atomic
def approve_draft(
    *, draft: RulebookDraft, by: Person, reason: str = "", at: datetime | None = None
) -> Approval:
    """Approve the dossier as it stands. Two officers approve; the second is a signing officer.

    Preconditions: state submitted; the text is sound as of now; `by` has not approved this dossier;
    where another has, `by` signs for an authority. Effects: the approval, kept for good. Event:
    draft.approved. Raises DomainError (`wrong-state`, `unsound`, `approved-already`,
    `second-must-sign`, and those of the consultation), ForbiddenError.
    """
    at = at or timezone.now()
    locked = locked_draft(draft, by, Permission.DRAFT_APPROVE)
    must_be_in(locked, DraftState.SUBMITTED)
    check = _sound_check(locked, at)
    check_heard(locked, at)
    dossier = dossier_sha256(locked, check)
    given = standing(list(locked.approvals.order_by("pk")), dossier)
    if any(one.by_id == by.pk for one in given):
        raise refuse(
            "approved-already",
            "您已同意本草案：另一意见须由另一人签批。",
            "You have approved this draft: the other approval must be another person's.",
        )
    signs = authorities_handling(by, locked.scheme_id, OfficerRole.SIGNING)
    if given and not signs:
        raise refuse(
            "second-must-sign",
            "第二个同意须由签批人员作出。",
            "The second approval must be a signing officer's.",
        )
    approval = Approval.objects.create(
        draft=locked,
        revision=check.revision,
        dossier_sha256=dossier,
        digest=check.digest,
        by=by,
        authority=signs[0].local_id if signs else office_of(by, locked),
        signing=bool(signs),
        reason=reason.strip(),
        at=at,
    )
    record(
        locked,
        DraftEventKind.APPROVED,
        by=by,
        at=at,
        data={"dossier": dossier, "digest": check.digest, "signing": approval.signing},
    )
    draft.refresh_from_db()
    return approval


@transaction.atomic
def return_draft(
    *, draft: RulebookDraft, reason: str, by: Person, at: datetime | None = None
) -> RulebookDraft:
    """Send a submitted draft back to be worked on, with a reason. Event: draft.returned.

    Approvals stay in the file; they stand again only if the same dossier is submitted again.
    Raises DomainError (`wrong-state`, `reason-missing`), ForbiddenError.
    """
    at = at or timezone.now()
    locked = locked_draft(draft, by, Permission.DRAFT_WRITE)
    must_be_in(locked, DraftState.SUBMITTED)
    _needs_reason(reason)
    locked.state = DraftState.DRAFT
    record(locked, DraftEventKind.RETURNED, by=by, at=at, data={"reason": reason.strip()})
    draft.refresh_from_db()
    return locked


@transaction.atomic
def publish_draft(
    *,
    draft: RulebookDraft,
    by: Person,
    instrument: str = "",
    at: datetime | None = None,
) -> RulebookVersion:
    """Make the draft the scheme's newest rules.

    Preconditions: state submitted; the text sound as of now; the dossier as it stands approved by
    two officers, the second a signing officer. Effects: the published version through
    `publish_rulebook` (its page, its leaf of the record); the draft is published, the version it
    was based on superseded; running cases stay on theirs, new calls name only the newest. What the
    draft proposed for clauses is adopted. Outbox `snapshot.clauses`. Event: draft.published with
    `instrument`, the number and date of the document by which the rules were adopted. Raises
    DomainError (`wrong-state`, `unsound`, `not-approved`, those of the consultation and of
    `publish_rulebook`), ForbiddenError.
    """
    at = at or timezone.now()
    locked = locked_draft(draft, by, Permission.RULEBOOK_PUBLISH)
    must_be_in(locked, DraftState.SUBMITTED)
    check = _sound_check(locked, at)
    check_heard(locked, at)
    dossier = dossier_sha256(locked, check)
    if not is_approved(standing(list(locked.approvals.order_by("pk")), dossier)):
        raise refuse(
            "not-approved",
            "须由两名人员同意当前文本（第二名为签批人员）后方可发布。",
            "Two officers, the second a signing officer, must have approved the text as it stands.",
        )
    loaded = check_text(locked.scheme, check.revision.text).loaded
    if loaded is None or loaded.digest != check.digest:
        raise refuse(
            "unsound",
            "所继承的制度文本刚刚变更：请重新检查。",
            "What the draft extends changed this very moment: check it again.",
        )
    version = publish_rulebook(scheme=locked.scheme, loaded=loaded, by=by, at=at)
    locked.state = DraftState.PUBLISHED
    locked.published = version
    data = {
        "version": version.version,
        "digest": version.digest,
        "dossier": dossier,
        "instrument": instrument.strip(),
    }
    record(locked, DraftEventKind.PUBLISHED, by=by, at=at, data=data)
    outbox.put("snapshot.clauses", {"scheme": locked.scheme.slug}, at=at)
    draft.refresh_from_db()
    return version


@transaction.atomic
def reject_draft(
    *,
    draft: RulebookDraft,
    reason: str,
    by: Person,
    reason_en: str = "",
    at: datetime | None = None,
) -> RulebookDraft:
    """End the draft without publishing it, with a reason. What it proposed is not adopted.

    Preconditions: the draft is open; `by` signs for an authority. Outbox `snapshot.clauses`, and
    `record.leaf` where the public has heard, or now hears, of what it proposed. Event:
    draft.rejected. Raises DomainError (`reason-missing`, `draft-ended`, `must-sign`),
    ForbiddenError.
    """
    at = at or timezone.now()
    locked = locked_draft(draft, by, Permission.DRAFT_APPROVE)
    _needs_reason(reason)
    if not authorities_handling(by, locked.scheme_id, OfficerRole.SIGNING):
        raise refuse(
            "must-sign",
            "否决草案须由签批人员作出。",
            "Only a signing officer can reject a draft.",
        )
    locked.state = DraftState.REJECTED
    data = {"reason": reason.strip(), "reason_en": reason_en.strip()}
    record(locked, DraftEventKind.REJECTED, by=by, at=at, data=data)
    if said := said_of_rejection(locked, data):
        put_leaf("draft.rejected", said, at=at)
    outbox.put("snapshot.clauses", {"scheme": locked.scheme.slug}, at=at)
    draft.refresh_from_db()
    return locked


def said_of_rejection(draft: RulebookDraft, data: Mapping[str, Any]) -> dict[str, Any]:
    """What is said in public of a draft's rejection; nothing where nobody heard of the draft.

    The reason is public with the wording that was not adopted, on the page of clauses.
    """
    if draft.wordings.exists():
        return {"scheme": draft.scheme.slug, **data}
    return {"scheme": draft.scheme.slug} if draft.consultations.exists() else {}


def _sound_check(draft: RulebookDraft, at: datetime) -> CheckResult:
    check = check_revision(newest_revision(draft), at=at)
    if not check.sound:
        raise refuse(
            "unsound",
            "文本检查未通过：请先改正错误。",
            "The text has errors: mend them first.",
        )
    return check


def _needs_reason(reason: str) -> None:
    if not reason.strip():
        raise refuse("reason-missing", "请写明理由。", "Give the reason.", "reason")
