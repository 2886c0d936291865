"""Coaching: a firm asks before it applies, an officer answers. Nothing of it reaches any case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import StaffRole
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases import outbox
from shidian.apps.cases.calendars import calendar_of
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import Coaching
from shidian.apps.cases.news_kinds import (
    COACHING,
    COACHING_ANSWERED,
    COACHING_ASKED,
    COACHING_WITHDRAWN,
)
from shidian.apps.cases.zones import day_in
from shidian.core.procedure.periods import last_day_of
from shidian.core.rulebook.model import AuthorityRole, Status, Text

if TYPE_CHECKING:
    from datetime import date, datetime

    from shidian.apps.accounts.models import Authority, Institution, Person
    from shidian.apps.cases.models import RulebookVersion, Scheme

QUESTION_MAX = 5_000
SUBJECT_MAX = 200
OPEN_MAX = 5
"""Questions of one institution that may wait for an answer at the same time, in one scheme."""


@transaction.atomic
def ask_for_coaching(
    *,
    scheme: Scheme,
    institution: Institution,
    subject: str,
    question: str,
    by: Person,
    at: datetime | None = None,
) -> Coaching:
    """Ask the authority that coaches under the scheme's newest rulebook.

    The answer is due within the rulebook's period, where it names one. Writes the request and
    outbox `mail.coaching`; a second click finds the first one's. Raises ForbiddenError where `by`
    does not draft or sign for the institution, DomainError (`subject`, `question`,
    `nobody-coaches`, `too-many-open`).
    """
    at = at or timezone.now()
    if institution.pk not in roles_of(by).institutions(StaffRole.DRAFTER, StaffRole.SIGNER):
        raise ForbiddenError
    subject, question = " ".join(subject.split()), question.strip()
    _check_texts(subject, question)
    version = newest_rules(scheme)
    authority = coach_of(scheme, version)
    waiting = (
        Coaching.objects.select_for_update().open().filter(scheme=scheme, institution=institution)
    )
    for one in waiting:
        if (one.subject, one.question, one.asked_by_id) == (subject, question, by.pk):
            return one
    if len(waiting) >= OPEN_MAX:
        raise DomainError(
            "too-many-open",
            Text(
                zh=f"贵机构在本试点方案下已有 {OPEN_MAX} 项辅导请求待答复，请先等待或撤回。",
                en=f"{OPEN_MAX} requests of your institution wait for an answer under this scheme;"
                " wait for one, or withdraw one.",
            ),
        )
    made = Coaching.objects.create(
        scheme=scheme,
        institution=institution,
        authority=authority,
        subject=subject,
        question=question,
        asked_at=at,
        asked_by=by,
        due=_due(version, at),
        rulebook_version=version,
    )
    _tell(made, COACHING_ASKED, at)
    return made


@transaction.atomic
def answer_coaching(
    *, request: Coaching, answer: str, by: Person, at: datetime | None = None
) -> None:
    """Answer for the authority that was asked. Once: what was said is not said otherwise later.

    Outbox `mail.coaching`. Raises ForbiddenError, DomainError (`answer`, `not-open`).
    """
    if not allows(by, Permission.COACHING_ANSWER, request):
        raise ForbiddenError
    answer = answer.strip()
    if not answer or len(answer) > QUESTION_MAX:
        raise _too_long(
            "answer", "请填写答复，不超过 5000 字。", "Write an answer of at most 5,000 characters."
        )
    locked = _still_open(request)
    locked.answer, locked.answered_by = answer, by
    locked.answered_at = at or timezone.now()
    locked.save(update_fields=["answer", "answered_by", "answered_at"])
    _tell(locked, COACHING_ANSWERED, locked.answered_at)


@transaction.atomic
def withdraw_coaching(*, request: Coaching, by: Person, at: datetime | None = None) -> None:
    """Take a question back that nobody has answered. Raises ForbiddenError, DomainError."""
    if not allows(by, Permission.COACHING_WITHDRAW, request):
        raise ForbiddenError
    locked = _still_open(request)
    locked.withdrawn_at = at or timezone.now()
    locked.save(update_fields=["withdrawn_at"])
    _tell(locked, COACHING_WITHDRAWN, locked.withdrawn_at)


def newest_rules(scheme: Scheme) -> RulebookVersion:
    """The newest rules of the scheme that can run. Raises DomainError `nobody-coaches`."""
    found = scheme.rulebooks.exclude(status=Status.SKETCH).order_by("-pk").first()
    if found is None:
        raise _nobody()
    return found


def coach_of(scheme: Scheme, version: RulebookVersion) -> Authority:
    """The authority that the rulebook names for coaching, or the first that leads.

    Raises DomainError `nobody-coaches` where none of it takes part in the scheme.
    """
    intake = version.rulebook.intake
    coaching = intake.coaching if intake else None
    parts = scheme.parts.select_related("authority").order_by("pk")
    if coaching is not None:
        found = parts.filter(local_id=coaching.authority).first()
    else:
        found = parts.filter(role=AuthorityRole.LEAD.value).first()
    if found is None:
        raise _nobody()
    return found.authority


def _due(version: RulebookVersion, at: datetime) -> date | None:
    """None where no period is named, or the calendar does not reach so far."""
    rulebook = version.rulebook
    coaching = rulebook.intake.coaching if rulebook.intake else None
    if coaching is None or coaching.answer_within is None:
        return None
    try:
        calendar = calendar_of(rulebook)
    except DomainError:
        return None
    return last_day_of(coaching.answer_within, day_in(rulebook, at), calendar)


def _still_open(request: Coaching) -> Coaching:
    locked = Coaching.objects.select_for_update().get(pk=request.pk)
    if not locked.is_open:
        raise DomainError(
            "not-open",
            Text(
                zh="该辅导请求已答复或已撤回。",
                en="This request was answered or withdrawn in the meantime.",
            ),
        )
    return locked


def _check_texts(subject: str, question: str) -> None:
    if not subject or len(subject) > SUBJECT_MAX:
        raise _too_long(
            "subject", "请填写主题，不超过 200 字。", "Name the subject in at most 200 characters."
        )
    if not question or len(question) > QUESTION_MAX:
        raise _too_long(
            "question", "请写明问题，不超过 5000 字。", "Ask in at most 5,000 characters."
        )


def _too_long(field: str, zh: str, en: str) -> DomainError:
    return DomainError(field, Text(zh=zh, en=en), field)


def _nobody() -> DomainError:
    return DomainError(
        "nobody-coaches",
        Text(
            zh="本试点方案目前没有受理辅导请求的机关。",
            en="No authority takes coaching requests under this scheme at present.",
        ),
    )


def _tell(request: Coaching, kind: str, at: datetime) -> None:
    outbox.put(f"mail.{COACHING}", {"kind": kind, "coaching": request.pk}, at=at)
