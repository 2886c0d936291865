"""No list, count, search, feed, export or page tells of a case whom it must not (DESIGN, rule 7)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from django.core import mail

from shidian.apps.accounts.models import Person
from tests.leaks import NOTE, TITLE, Secret, leaks, lists_with_case, pages_with_marks

if TYPE_CHECKING:
    from tests.factories import Walk


@pytest.fixture
def secret(walk: Walk) -> Secret:
    return Secret(walk)


def test_nobody_barred_from_a_case_learns_of_it(
    secret: Secret, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert leaks(secret) == []
    assert TITLE not in caplog.text
    assert NOTE not in caplog.text
    barred = {one.email for one in secret.strangers.values() if isinstance(one, Person)}
    sent = [one for one in mail.outbox if barred & set(one.to)]
    assert not [
        one for one in sent if any(mark in f"{one.subject}{one.body}" for mark in secret.marks)
    ]


def test_the_same_walk_finds_the_case_for_its_officer(secret: Secret) -> None:
    """Else the test above would prove nothing."""
    officer = secret.walk.officer
    found = pages_with_marks(secret, officer, "officer")
    reference = secret.case.reference

    assert {
        "/cases/",
        "/cases/inbox/",
        "/cases/queue/",
        "/cases/queue/?due=late",
        "/cases/queue/export/csv/?state=all",
        f"/cases/{reference}/",
        "/national/dispatches/",
        f"/cases/{reference}/application/",
        f"/cases/{reference}/letters/1/",
        f"/cases/{reference}/letters/1/do/withdraw/",
        f"/cases/deadlines/{secret.feeds['officer']}.ics",
    } <= set(found)
    names = ["cases", "tasks", "own tasks", "notes", "news", "dispatches", "letters"]
    assert lists_with_case(secret, officer) == names
    address = Person.objects.get(pk=officer.pk).email
    assert [one for one in mail.outbox if TITLE in one.subject and address in one.to]
