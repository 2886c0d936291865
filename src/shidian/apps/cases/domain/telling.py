"""Telling people: news into their inbox, exactly once; mail of it, at least once.

A row of the outbox becomes news of each recipient, and a letter where they want one, in the one
transaction in which the outbox counts it as delivered. Letters are sent one by one: each is claimed
(committed), sent, and marked as sent (committed). Who is killed between the last two has sent a
letter that nobody knows of, and SMTP cannot be asked: it goes again once the claim has run out,
under the same Message-ID, by which the reader's mailbox can tell that it has it. No other letter
goes twice.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.utils import timezone

from shidian.apps.accounts.models import Person
from shidian.apps.cases.mail_texts import letter
from shidian.apps.cases.models import Mail, MailChoice, NewsItem, Pace
from shidian.apps.cases.news_kinds import can_wait, is_duty, kind_of
from shidian.apps.cases.news_subjects import SUBJECTS
from shidian.apps.cases.recipients import recipients

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.db.models import QuerySet

    from shidian.apps.cases.models import Case, Outbox

DIGEST_AT = time(8, 0)
"""When a day's digest is put together, in the site's time."""
CLAIM = timedelta(minutes=10)
"""So long a letter is nobody else's; longer than any attempt to send one."""
ATTEMPTS_MAX = 12
RETRY_FIRST = timedelta(seconds=30)
RETRY_MAX = timedelta(hours=1)
DIGEST_LINES_MAX = 500


@transaction.atomic
def tell(row: Outbox, *, at: datetime | None = None) -> int:
    """Put what a `mail.*` row says into the inbox of everyone concerned; how many were told now.

    Who was told of it before is not told again. A letter is made for those who want one at once;
    where the rules have mail drafted it waits for an officer (`releasing_mail.py`).
    """
    at = at or timezone.now()
    people = recipients(row)
    chosen = {one.person_id: one for one in MailChoice.objects.filter(person__in=people)}
    told = set(NewsItem.objects.filter(outbox=row).values_list("person", flat=True))
    kind = kind_of(row.payload)
    to = row.topic.removeprefix("mail.")
    duty = is_duty(to, kind)
    drafted = row.case is not None and can_wait(to, kind) and _drafts_mail(row.case)
    new = [person for person in people if person.pk not in told]
    for person in new:
        pace = pace_of(person, chosen.get(person.pk), duty=duty)
        mail = None
        held = drafted and pace != Pace.NONE
        if pace == Pace.AT_ONCE and not held:
            mail = Mail.objects.create(person=person, made_at=at, next_attempt_at=at)
        NewsItem.objects.create(
            person=person,
            outbox=row,
            kind=kind,
            duty=duty,
            case=row.case,
            coaching_id=row.payload.get("coaching"),
            contact_id=row.payload.get("contact"),
            subject=to if to in SUBJECTS else "",
            reference=row.payload.get(to, "") if to in SUBJECTS else "",
            at=row.created,
            pace=pace,
            mail=mail,
            held=held,
        )
    return len(new)


def _drafts_mail(case: Case) -> bool:
    return case.rulebook.letters.mail_drafts


def pace_of(person: Person, choice: MailChoice | None, *, duty: bool) -> Pace:
    """When mail about it goes to the person: as they chose; never to who has no address."""
    if not person.email:
        return Pace.NONE
    if choice is None:
        return Pace.AT_ONCE
    return Pace(choice.duties if duty else choice.other)


@transaction.atomic
def choose_mail(*, person: Person, duties: Pace, other: Pace) -> MailChoice:
    """Say how one wants to be told. Raises ValueError where duties were to be silenced."""
    if duties == Pace.NONE:
        raise ValueError("what asks something of a person is mailed at once or daily")
    choice, _made = MailChoice.objects.update_or_create(
        person=person, defaults={"duties": duties, "other": other}
    )
    return choice


@transaction.atomic
def mark_news(
    *, person: Person, news: Iterable[int], read: bool, at: datetime | None = None
) -> int:
    """Mark one's own news as read, or as unread again; how many changed. Others' are left alone."""
    rows = NewsItem.objects.filter(person=person, pk__in=list(news), read_at__isnull=read)
    return rows.update(read_at=(at or timezone.now()) if read else None)


@transaction.atomic
def mark_all_read(*, person: Person, at: datetime | None = None) -> int:
    """Mark all of one's news as read that one can see; how many there were."""
    unread = NewsItem.objects.reaching(person).filter(read_at__isnull=True).values("pk")
    return NewsItem.objects.filter(pk__in=list(unread.values_list("pk", flat=True))).update(
        read_at=at or timezone.now()
    )


def gather_digests(*, at: datetime | None = None) -> int:
    """Make today's digest of everyone who has news for one; how many were made now.

    What came before the hour of the digest goes into it. Nobody gets two a day.
    """
    at = at or timezone.now()
    local = timezone.localtime(at)
    hour = local.replace(hour=DIGEST_AT.hour, minute=DIGEST_AT.minute, second=0, microsecond=0)
    if local < hour:
        return 0
    waiting = _of_digests().filter(at__lt=hour)
    people = waiting.order_by("person").values_list("person", flat=True).distinct()
    return sum(_gather(person, local, hour, at) for person in list(people))


@transaction.atomic
def _gather(person: int, local: datetime, hour: datetime, at: datetime) -> bool:
    mail, made = Mail.objects.get_or_create(
        person_id=person,
        digest_on=local.date(),
        defaults={"made_at": at, "next_attempt_at": at},
    )
    if not made:
        return False
    _of_digests().filter(person=person, at__lt=hour).update(mail=mail)
    return True


def _of_digests() -> QuerySet[NewsItem]:
    """News that waits for a digest; none whose mail is a draft still."""
    return NewsItem.objects.filter(mail__isnull=True, pace=Pace.DAILY, held=False)


def send_due(
    limit: int = 50,
    *,
    may_go_on: Callable[[], bool] = lambda: True,
    at: datetime | None = None,
) -> int:
    """Send letters that are due, oldest first; how many were sent.

    One that fails is tried again later and holds up no other.
    """
    sent = 0
    for _ in range(limit):
        if not may_go_on():
            break
        now = at or timezone.now()
        # Asked without a transaction first: most of the time there is nothing to send.
        mail = claim(now) if _due(now).exists() else None
        if mail is None:
            break
        sent += _send(mail)
    return sent


def _due(at: datetime) -> QuerySet[Mail]:
    return Mail.objects.filter(
        sent_at__isnull=True,
        dropped_at__isnull=True,
        next_attempt_at__lte=at,
        attempts__lt=ATTEMPTS_MAX,
    )


@transaction.atomic
def claim(at: datetime) -> Mail | None:
    """The next letter to send, from now on nobody else's for a while; None where none is due."""
    skips = connection.features.has_select_for_update_skip_locked
    due = _due(at).select_for_update(skip_locked=skips)
    mail = due.order_by("next_attempt_at", "pk").first()
    if mail is None:
        return None
    mail.attempts += 1
    mail.next_attempt_at = at + CLAIM
    mail.save(update_fields=["attempts", "next_attempt_at"])
    return mail


def _send(mail: Mail) -> bool:
    """Send a letter that was claimed, of what its reader may know at this moment, and mark it."""
    person = Person.objects.get(pk=mail.person_id)
    mail.person = person
    try:
        news = list(
            NewsItem.objects.reaching(person)
            .filter(mail=mail)
            .with_titles(person)
            .select_related("case", "coaching")
            .order_by("at", "pk")[:DIGEST_LINES_MAX]
        )
        if not news or not person.is_active or not person.email:
            Mail.objects.filter(pk=mail.pk).update(dropped_at=timezone.now())
            return False
        letter(mail, news).send()
    except Exception as failure:  # noqa: BLE001 - one letter that fails must not hold up the others
        wait = min(RETRY_FIRST * 2 ** (mail.attempts - 1), RETRY_MAX)
        Mail.objects.filter(pk=mail.pk).update(
            next_attempt_at=timezone.now() + wait,
            error=f"{type(failure).__name__}: {failure}"[:500],
        )
        return False
    Mail.objects.filter(pk=mail.pk).update(sent_at=timezone.now(), error="")
    return True
