"""Mail that is a draft first: an officer releases it, or says that none goes.

The inbox has the news at once; what waits is the mail that points to it. Its words are fixed
(`mail_texts.py`), and it says of a case what its reader may know at the moment when it is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import Mail, NewsItem, Pace
from shidian.apps.cases.waiting_mail import stuck_mail
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import QuerySet

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case

REASON_MAX = 500


def mail_drafts(case: Case) -> QuerySet[NewsItem]:
    """News of the case whose mail waits, oldest first."""
    return NewsItem.objects.filter(case=case, held=True).order_by("at", "pk")


@transaction.atomic
def release_mail(*, case: Case, news: Iterable[int], by: Person, at: datetime | None = None) -> int:
    """Let the mail of these news go: at once, or with the reader's next digest; how many now.

    What another officer released or stopped meanwhile stays as it is. Raises ForbiddenError,
    DomainError (`nothing-chosen`).
    """
    at = at or timezone.now()
    waiting = _chosen(case, news, by)
    for item in waiting:
        if item.pace == Pace.AT_ONCE:
            item.mail = Mail.objects.create(
                person_id=item.person_id, made_at=at, next_attempt_at=at
            )
        _decided(item, by, at)
    return len(waiting)


@transaction.atomic
def stop_mail(
    *, case: Case, news: Iterable[int], reason: str, by: Person, at: datetime | None = None
) -> int:
    """Say that no mail goes for these news, and why; how many now. The inbox keeps them.

    Raises ForbiddenError, DomainError (`nothing-chosen`, `reason-missing`).
    """
    reason = " ".join(reason.split())
    if not reason or len(reason) > REASON_MAX:
        raise DomainError(
            "reason-missing",
            Text(
                zh=f"请写明不发送的理由，不超过 {REASON_MAX} 字。",
                en=f"Say why none goes, in at most {REASON_MAX} characters.",
            ),
            "reason",
        )
    at = at or timezone.now()
    waiting = _chosen(case, news, by)
    for item in waiting:
        item.pace = Pace.NONE
        item.mail_reason = reason
        _decided(item, by, at)
    return len(waiting)


def failed_mail(case: Case) -> QuerySet[NewsItem]:
    """News of the case whose letter failed several times and is not out, oldest first."""
    rows = NewsItem.objects.filter(case=case, mail__in=stuck_mail())
    return rows.select_related("person", "mail").order_by("at", "pk")


@transaction.atomic
def retry_mail(*, case: Case, by: Person, at: datetime | None = None) -> int:
    """Have letters that failed tried anew, as if they were never tried; how many. ForbiddenError.

    A daily summary that names the case goes as a whole.
    """
    if not allows(by, Permission.MAIL_RELEASE, case):
        raise ForbiddenError
    stuck = stuck_mail().filter(items__case=case).values("pk")
    return Mail.objects.filter(pk__in=stuck).update(
        attempts=0, next_attempt_at=at or timezone.now(), error=""
    )


def _chosen(case: Case, news: Iterable[int], by: Person) -> list[NewsItem]:
    if not allows(by, Permission.MAIL_RELEASE, case):
        raise ForbiddenError
    wanted = set(news)
    if not wanted:
        raise DomainError(
            "nothing-chosen",
            Text(zh="请先勾选邮件。", en="Tick the mail first."),
            "news",
        )
    return list(mail_drafts(case).filter(pk__in=wanted).select_for_update(of=("self",)))


def _decided(item: NewsItem, by: Person, at: datetime) -> None:
    item.held = False
    item.mail_decided_by = by
    item.mail_decided_at = at
    item.save(
        update_fields=["held", "pace", "mail", "mail_reason", "mail_decided_by", "mail_decided_at"]
    )
