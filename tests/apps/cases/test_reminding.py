"""A last day that is near, or has passed, is told to whose turn it is: once for each day that stands."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest
from django.core import mail as mailbox
from django.db import DatabaseError, transaction
from django.db.models import Value
from django.db.models.functions import Concat

from shidian.apps.accounts.models import Person
from shidian.apps.cases import domain as cases
from shidian.apps.cases import outbox
from shidian.apps.cases.domain import telling
from shidian.apps.cases.domain.reminding import remind_due_tasks
from shidian.apps.cases.models import AccessEffect, AccessRow, NewsItem, Task, TaskReminder
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from datetime import date

    from tests.factories import Walk


@pytest.fixture
def asked(walk: Walk) -> Walk:
    """The applicant has five working days to answer; the officer's own clock stands still."""
    walk.to(StageKind.SCREENING)
    Person.objects.update(email=Concat("username", Value("@example.org")))
    cases.request_information(
        case=walk.case, question="请补充", due_working_days=5, by=walk.officer, at=walk.tick()
    )
    deliver()
    return walk


def deliver() -> None:
    while outbox.deliver_pending():
        pass
    telling.send_due(1000)


def answer_due(walk: Walk) -> date:
    task = Task.objects.open().get(case=walk.case, kind="applicant")
    assert task.due is not None
    return task.due


def on(day: date, *, days: int = 0) -> datetime:
    return datetime.combine(day + timedelta(days), time(2), tzinfo=UTC)


def told(kind: str) -> list[str]:
    deliver()
    rows = NewsItem.objects.filter(kind=kind).select_related("person")
    return sorted(one.person.username for one in rows)


def test_it_is_told_three_days_before_and_once(asked: Walk) -> None:
    due = answer_due(asked)
    assert remind_due_tasks(at=on(due, days=-4)) == 0
    mailbox.outbox.clear()
    for _ in range(2):
        remind_due_tasks(at=on(due, days=-3))
        remind_due_tasks(at=on(due, days=-1))
    assert told("task.due-soon") == ["drafter", "signer"]
    assert sorted(one.to[0] for one in mailbox.outbox) == [
        "drafter@example.org",
        "signer@example.org",
    ]
    assert TaskReminder.objects.filter(task__case=asked.case, due=due).count() == 1


def test_a_day_that_passed_is_told_to_them_and_to_the_officers(asked: Walk) -> None:
    due = answer_due(asked)
    remind_due_tasks(at=on(due))
    assert told("task.late") == []
    for days in (1, 2):
        remind_due_tasks(at=on(due, days=days))
    assert told("task.late") == ["drafter", "signer"]
    assert told("task.late-outside") == ["case-bureau", "case-finance"]


def test_the_day_is_that_of_the_cases_own_zone(asked: Walk) -> None:
    """At 17:00 UTC it is the next day in the city."""
    due = answer_due(asked)
    remind_due_tasks(at=datetime.combine(due, time(15, 59), tzinfo=UTC))
    assert told("task.late") == []
    remind_due_tasks(at=datetime.combine(due, time(16, 1), tzinfo=UTC))
    assert told("task.late") == ["drafter", "signer"]


def test_another_day_is_told_anew_and_one_that_was_met_is_not(asked: Walk) -> None:
    due = answer_due(asked)
    remind_due_tasks(at=on(due, days=-2))
    Task.objects.open().filter(case=asked.case, kind="applicant").update(due=due + timedelta(10))
    remind_due_tasks(at=on(due, days=8))
    assert len(told("task.due-soon")) == 4
    cases.answer_information(
        case=asked.case, request="r1", answer="如下", by=asked.world.signer, at=asked.tick()
    )
    remind_due_tasks(at=on(due, days=12))
    assert not {"drafter", "signer"} & set(told("task.late"))  # it is the officers' turn again
    assert told("task.late-outside") == []


def test_what_is_late_for_long_or_was_just_given_is_not_told(asked: Walk) -> None:
    due = answer_due(asked)
    remind_due_tasks(at=on(due, days=9))
    assert told("task.late") == []
    task = Task.objects.open().get(case=asked.case, kind="applicant")
    Task.objects.filter(pk=task.pk).update(due=task.opened_at.date() + timedelta(1))
    remind_due_tasks(at=task.opened_at + timedelta(hours=2))
    assert told("task.due-soon") == []


def test_nobody_with_a_conflict_is_reminded(asked: Walk) -> None:
    due, barred = answer_due(asked), asked.world.case_officer["finance"]
    AccessRow.objects.create(
        case=asked.case,
        person=barred,
        effect=AccessEffect.DENY,
        starts=asked.at,
        because=asked.case.events.latest("seq"),
    )
    remind_due_tasks(at=on(due, days=1))
    assert told("task.late-outside") == ["case-bureau"]


def test_a_reminder_is_never_rewritten(asked: Walk) -> None:
    remind_due_tasks(at=on(answer_due(asked), days=-2))
    row = TaskReminder.objects.get(task__case=asked.case)
    with pytest.raises(DatabaseError), transaction.atomic():
        TaskReminder.objects.filter(pk=row.pk).update(at=on(row.due))
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()
