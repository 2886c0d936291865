"""Reminders: a last day is near, or has passed, and it is still somebody's turn.

Once for each day that stands: where a clock is paused or lengthened the new last day is reminded of
anew. What the law makes of a day that passed is another matter (`silence.py`).
"""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from shidian.apps.cases import outbox
from shidian.apps.cases.models import ReminderKind, SchemeAuthority, Task, TaskReminder
from shidian.apps.cases.news_kinds import OUTSIDE, TASK_LATE, TASK_LATE_OUTSIDE, TASK_SOON
from shidian.core.procedure.types import ActorKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime
    from typing import Any

SOON_DAYS = 3
"""So many days before the last one, weekends among them, that of a Monday is told on Friday."""
LATE_DAYS = 7
"""What is late for longer was told, or lay there before there were reminders."""
BATCH_MAX = 200
_PEOPLE = (*OUTSIDE, ActorKind.OFFICER, ActorKind.SIGNING_OFFICER)


def remind_due_tasks(*, at: datetime | None = None) -> int:
    """Remind everyone whose last day is near or has just passed; how many tasks now.

    Any number may run at once, and again: nobody is reminded twice of the same day. Who was given
    the task less than a day ago knows of it. Outbox `mail.*`, which tells as every news is told.
    """
    moment = at or timezone.now()
    told = (True for task, kind in _due(moment) if _remind(task, kind, moment))
    return sum(islice(told, BATCH_MAX))


def _due(moment: datetime) -> Iterator[tuple[Task, ReminderKind]]:
    """Open tasks to be reminded of, each on the day that it is where its case is at home."""
    today = moment.date()
    # No zone is further than a day from another: the exact day is each case's own.
    windows = {
        ReminderKind.SOON: (today - timedelta(1), today + timedelta(SOON_DAYS + 1)),
        ReminderKind.LATE: (today - timedelta(LATE_DAYS + 1), today),
    }
    for kind, window in windows.items():
        told = TaskReminder.objects.filter(task=OuterRef("pk"), kind=kind, due=OuterRef("due"))
        tasks = (
            Task.objects.open()
            .filter(~Exists(told), kind__in=[str(one) for one in _PEOPLE], due__range=window)
            .select_related("case__rulebook_version", "case__scheme")
            .defer("case__rulebook_version__document")
            .order_by("due", "pk")
        )
        for task in list(tasks):  # read to the end: SQLite writes under no open reading
            local = moment.astimezone(ZoneInfo(task.case.rulebook.zone)).date()
            if _kind_on(task, local, moment) is kind:
                yield task, kind


def _kind_on(task: Task, today: date, moment: datetime) -> ReminderKind | None:
    if task.due is None:
        return None
    if task.due < today:
        return ReminderKind.LATE
    fresh = moment - task.opened_at < timedelta(days=1)
    return ReminderKind.SOON if task.due <= today + timedelta(SOON_DAYS) and not fresh else None


@transaction.atomic
def _remind(task: Task, kind: ReminderKind, at: datetime) -> bool:
    locked = Task.objects.select_for_update(of=("self",)).filter(pk=task.pk, closed_at=None).first()
    if locked is None or locked.due is None or locked.due != task.due:
        return False
    _row, new = TaskReminder.objects.get_or_create(
        task=locked, kind=kind, due=locked.due, defaults={"at": at}
    )
    if not new:
        return False
    said = TASK_SOON if kind is ReminderKind.SOON else TASK_LATE
    outbox.put(f"mail.{task.kind}", _payload(task, said), case=task.case, at=at)
    if kind is ReminderKind.LATE and task.kind in OUTSIDE:
        outbox.put("mail.officer", {"kind": TASK_LATE_OUTSIDE}, case=task.case, at=at)
    return True


def _payload(task: Task, said: str) -> dict[str, Any]:
    """Whom it narrows down to, as every `mail.*` row says it."""
    payload: dict[str, Any] = {"kind": said, "task": task.key}
    if task.person_id is not None:
        payload["person"] = str(task.person_id)
    if task.institution_id is not None:
        payload["institution"] = str(task.institution_id)
    if task.authority_id is not None:
        parts = SchemeAuthority.objects.filter(
            scheme=task.case.scheme_id, authority=task.authority_id
        )
        payload["authority"] = parts.values_list("local_id", flat=True).first()
    return payload
