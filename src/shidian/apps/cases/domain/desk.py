"""The desk's verbs: put officers in charge, write notes, keep views, publish one's deadlines."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import OfficerRole
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import (
    Case,
    CaseHandler,
    CaseNote,
    DeadlineFeed,
    SavedView,
    SchemeAuthority,
)
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from shidian.apps.accounts.models import Authority, Person

ASSIGNED_MAX = 200
NOTE_LENGTH_MAX = 4000
REASON_LENGTH_MAX = 400
VIEWS_MAX = 30
SECRET_BYTES = 32


@transaction.atomic
def assign_cases(
    *,
    cases: Sequence[Case],
    authority: Authority,
    officer: Person | None,
    reason: str,
    by: Person,
    at: datetime | None = None,
) -> int:
    """Put `officer` in charge of all these cases for `authority`; None: nobody. All or nothing.

    Writes one `CaseHandler` a case and ends the one before; a case that is theirs already stays as
    it is. Returns how many changed hands. Raises ForbiddenError where `by` does not handle a case
    or an officer could not see it, DomainError (`no-cases`, `too-many`, `reason`, `officer`).
    """
    at = at or timezone.now()
    reason = _checked_reason(cases, reason)
    locked = list(Case.objects.select_for_update().filter(pk__in=[one.pk for one in cases]))
    for case in locked:
        if not _may_assign(by, authority, case):
            raise ForbiddenError
    if officer is not None:
        _can_take(officer, authority, locked)
    standing = {
        row.case_id: row
        for row in CaseHandler.objects.filter(case__in=locked, authority=authority, ends=None)
    }
    changed = [case for case in locked if _holder(standing.get(case.pk)) != officer]
    ended = [standing[case.pk].pk for case in changed if case.pk in standing]
    CaseHandler.objects.filter(pk__in=ended).update(ends=at)
    if officer is not None:
        CaseHandler.objects.bulk_create(
            CaseHandler(
                case=case,
                authority=authority,
                officer=officer,
                reason=reason,
                assigned_by=by,
                starts=at,
            )
            for case in changed
        )
    return len(changed)


def _holder(row: CaseHandler | None) -> Person | None:
    return None if row is None else row.officer


def _checked_reason(cases: Sequence[Case], reason: str) -> str:
    if not cases:
        raise DomainError(
            "no-cases", Text(zh="请先勾选要分派的案件。", en="Tick the cases to assign first.")
        )
    if len(cases) > ASSIGNED_MAX:
        raise DomainError(
            "too-many",
            Text(
                zh=f"一次最多分派 {ASSIGNED_MAX} 件。",
                en=f"At most {ASSIGNED_MAX} cases can be assigned at once.",
            ),
        )
    reason = reason.strip()
    if not reason or len(reason) > REASON_LENGTH_MAX:
        raise DomainError(
            "reason",
            Text(
                zh=f"请写明分派理由，不超过 {REASON_LENGTH_MAX} 字。",
                en=f"Give a reason in at most {REASON_LENGTH_MAX} characters.",
            ),
            "reason",
        )
    return reason


def _may_assign(by: Person, authority: Authority, case: Case) -> bool:
    held = roles_of(by).authorities(OfficerRole.CASE)
    return authority.pk in held and allows(by, Permission.CASE_ASSIGN, case)


def _can_take(officer: Person, authority: Authority, cases: Sequence[Case]) -> None:
    """Refuse whom the desk would not show these cases, such as for a declared conflict.

    Which case it is, and why, is not said: the conflict is the officer's own matter.
    """
    serves = authority.pk in roles_of(officer).authorities(OfficerRole.CASE)
    ids = {case.pk for case in cases}
    seen = Case.objects.visible_to(officer).filter(pk__in=ids).count() if serves else -1
    if not officer.is_active or seen != len(ids):
        raise DomainError(
            "officer",
            Text(
                zh=f"{officer.name_zh} 不能承办所选的全部案件，请另选经办人或减少案件。",
                en=f"{officer.name_en or officer.name_zh} cannot take all of these cases:"
                " choose another officer or fewer cases.",
            ),
            "officer",
        )


@transaction.atomic
def write_note(
    *, case: Case, authority: Authority, text: str, by: Person, at: datetime | None = None
) -> CaseNote:
    """Leave a note for the colleagues of one's authority. It cannot be changed afterwards.

    Raises ForbiddenError, DomainError (`text`).
    """
    part = SchemeAuthority.objects.filter(scheme=case.scheme_id, authority=authority)
    held = roles_of(by).authorities(OfficerRole.CASE, OfficerRole.SIGNING, OfficerRole.NATIONAL)
    may = authority.pk in held and part.exists()
    if not may or not allows(by, Permission.NOTE_WRITE, case):
        raise ForbiddenError
    text = text.strip()
    if not text or len(text) > NOTE_LENGTH_MAX:
        raise DomainError(
            "text",
            Text(
                zh=f"请填写批注，不超过 {NOTE_LENGTH_MAX} 字。",
                en=f"Write a note of at most {NOTE_LENGTH_MAX} characters.",
            ),
            "text",
        )
    return CaseNote.objects.create(
        case=case, authority=authority, author=by, text=text, at=at or timezone.now()
    )


@transaction.atomic
def save_view(*, person: Person, name: str, query: str) -> SavedView:
    """Keep filters under a name; one of that name is replaced. Raises DomainError (`name`)."""
    name = name.strip()
    length_max = SavedView._meta.get_field("name").max_length  # noqa: SLF001 - Django's public API
    if not name or len(name) > (length_max or 0):
        raise DomainError(
            "name",
            Text(
                zh=f"请给视图起名，不超过 {length_max} 字。",
                en=f"Name the view in at most {length_max} characters.",
            ),
            "name",
        )
    others = SavedView.objects.filter(person=person).exclude(name=name)
    if others.count() >= VIEWS_MAX:
        raise DomainError(
            "too-many",
            Text(
                zh=f"最多保存 {VIEWS_MAX} 个视图，请先删除不用的。",
                en=f"At most {VIEWS_MAX} views can be kept: delete one first.",
            ),
            "name",
        )
    view, _made = SavedView.objects.update_or_create(
        person=person, name=name, defaults={"query": query}
    )
    return view


def forget_view(*, person: Person, number: int) -> None:
    """Delete one's own view; another's, or none, is left alone."""
    SavedView.objects.filter(person=person, pk=number).delete()


@transaction.atomic
def publish_deadlines(*, person: Person, at: datetime | None = None) -> str:
    """Make a new secret address for one's deadlines; the address before is void.

    Returns the secret, which is shown this once: only its digest is kept.
    """
    at = at or timezone.now()
    revoke_deadlines(person=person, at=at)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    DeadlineFeed.objects.create(person=person, secret_sha256=digest_of(secret), made_at=at)
    return secret


def revoke_deadlines(*, person: Person, at: datetime | None = None) -> None:
    """From now on nobody reads one's deadlines under the address given out."""
    standing = DeadlineFeed.objects.filter(person=person, revoked_at=None)
    standing.update(revoked_at=at or timezone.now())


def digest_of(secret: str) -> str:
    """What is kept of the secret. It is random and long, so that a plain hash will do."""
    return hashlib.sha256(secret.encode()).hexdigest()
