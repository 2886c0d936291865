"""A person's deadlines as an iCalendar file (RFC 5545): what is theirs to do, and by which day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F

from shidian.apps.cases.models import DeadlineFeed, Task
from shidian.apps.cases.views.roles import viewer_of
from shidian.ics import calendar, whole_day

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from shidian.apps.accounts.models import Person

ENTRIES_MAX = 500


def reader_of(secret_sha256: str) -> Person | None:
    """Whose deadlines are read under the secret of that digest: nobody's, once it is revoked."""
    feeds = DeadlineFeed.objects.select_related("person")
    feed = feeds.filter(secret_sha256=secret_sha256, revoked_at=None).first()
    if feed is None or not feed.person.is_active:
        return None
    return feed.person


def deadlines_of(person: Person) -> list[Task]:
    """The person's own open tasks that have a day, the earliest first.

    Cut like the desk: of a case denied to them not even the reference is there.
    """
    tasks = Task.objects.open().reaching(person).filter(viewer_of(person).mine(), due__isnull=False)
    return list(tasks.select_related("case").order_by(F("due"), "pk")[:ENTRIES_MAX])


def calendar_text(name: str, tasks: Iterable[Task], host: str, now: datetime) -> str:
    """The file. It names cases by their reference alone: calendars lie with others' servers."""
    entries = (
        whole_day(f"task-{task.pk}@{host}", f"{task.what} ({task.case.reference})", task.due, now)
        for task in tasks
        if task.due is not None
    )
    return calendar(name, "Deadlines", entries)
