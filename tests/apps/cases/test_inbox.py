"""The inbox and the mail: told once, mailed at least once, as each person chose, and no word to who

must not know of the case.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core import mail as mailbox
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shidian.apps.accounts.models import Person
from shidian.apps.cases import domain as cases
from shidian.apps.cases import outbox
from shidian.apps.cases.domain import telling
from shidian.apps.cases.models import Mail, MailChoice, NewsItem, Outbox, Pace
from shidian.apps.cases.news_kinds import MAY_BE_OFF, NO_CONFLICT, is_duty
from shidian.apps.review.domain import declare_conflict
from shidian.core.procedure.types import ActorKind, EventKind
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case
    from tests.factories import Walk

BACKEND = "django.contrib.auth.backends.ModelBackend"
EIGHT = datetime(2025, 3, 4, 0, 0, tzinfo=UTC)
"""Eight in the morning in Shanghai."""


def reader(person: Person) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(Person.objects.get(pk=person.pk), backend=BACKEND)
    return client


def addressed(*people: Person) -> None:
    for person in people:
        Person.objects.filter(pk=person.pk).update(email=f"{person.username}@example.org")


def deliver() -> None:
    while outbox.deliver_pending():
        pass


@pytest.fixture
def asked(walk: Walk) -> Case:
    """The applicant is asked something; its people can be mailed."""
    addressed(walk.world.drafter, walk.world.signer)
    case = walk.to(StageKind.SCREENING)
    deliver()
    telling.send_due(1000)
    mailbox.outbox.clear()
    cases.request_information(case=case, question="请补充", by=walk.officer, at=walk.tick())
    return case


def test_what_happened_comes_into_the_inbox_once_and_by_mail(walk: Walk, asked: Case) -> None:
    deliver()
    row = Outbox.objects.filter(case=asked, topic="mail.applicant").latest("pk")
    assert telling.tell(row) == 0
    assert telling.send_due() == 2
    assert telling.send_due() == 0
    assert sorted(one.to[0] for one in mailbox.outbox) == [
        "drafter@example.org",
        "signer@example.org",
    ]
    assert len({one.extra_headers["Message-ID"] for one in mailbox.outbox}) == 2

    client = reader(walk.world.drafter)
    page = client.get("/cases/inbox/?show=unread").content.decode()
    assert "Information requested" in page
    assert asked.title in page
    assert "请补充" not in page
    item = NewsItem.objects.get(person=walk.world.drafter, outbox=row)
    opened = client.get(f"/cases/inbox/{item.pk}/")
    assert opened["Location"] == f"/cases/{asked.reference}/"
    assert "Information requested" not in client.get("/cases/inbox/?show=unread").content.decode()
    client.post("/cases/inbox/mark/", {"news": [item.pk], "then": "unread"})
    assert NewsItem.objects.get(pk=item.pk).read_at is None
    client.post("/cases/inbox/mark/", {"then": "all"})
    assert not NewsItem.objects.filter(person=walk.world.drafter, read_at=None).exists()


def test_others_news_can_neither_be_opened_nor_marked(walk: Walk, asked: Case) -> None:
    deliver()
    item = NewsItem.objects.filter(person=walk.world.drafter).latest("pk")
    for person in (walk.world.rival_signer, walk.world.signer, walk.world.auditor):
        client = reader(person)
        assert client.get(f"/cases/inbox/{item.pk}/").status_code == 404
        client.post("/cases/inbox/mark/", {"news": [item.pk], "then": "read"})
    item.refresh_from_db()
    assert item.read_at is None
    assert Client().get("/cases/inbox/").status_code == 302


def test_who_has_no_address_has_an_inbox(walk: Walk) -> None:
    walk.to(StageKind.SCREENING)
    deliver()
    assert NewsItem.objects.filter(person=walk.officer).exists()
    assert not Mail.objects.exists()


def test_a_digest_gathers_a_day_and_comes_once(walk: Walk, asked: Case) -> None:
    person = walk.world.drafter
    telling.choose_mail(person=person, duties=Pace.DAILY, other=Pace.NONE)
    with time_machine.travel(EIGHT - timedelta(minutes=30), tick=False):
        deliver()
        assert telling.gather_digests() == 0
    waiting = NewsItem.objects.filter(person=person, pace=Pace.DAILY, mail=None)
    assert waiting.exists()
    with time_machine.travel(EIGHT, tick=False):
        assert telling.gather_digests() == 1
        assert telling.gather_digests() == 0
        telling.send_due()
    letters = [one for one in mailbox.outbox if one.to == ["drafter@example.org"]]
    assert len(letters) == 1
    assert asked.title in letters[0].body
    # What comes later that day is in tomorrow's.
    with time_machine.travel(EIGHT + timedelta(hours=1), tick=False):
        cases.answer_information(
            case=asked, request="r1", answer="已补充", by=walk.world.signer, at=walk.tick()
        )
        deliver()
        assert telling.gather_digests() == 0


def test_information_can_be_turned_off_and_duties_cannot(walk: Walk) -> None:
    person = walk.world.drafter
    addressed(person)
    with pytest.raises(ValueError, match="at once or daily"):
        telling.choose_mail(person=person, duties=Pace.NONE, other=Pace.NONE)
    refused = reader(person).post("/cases/inbox/mail/", {"duties": "none", "other": "none"})
    assert refused.status_code == 422
    assert not MailChoice.objects.exists()
    saved = reader(person).post("/cases/inbox/mail/", {"duties": "at-once", "other": "none"})
    assert saved.status_code == 302
    case = walk.to(StageKind.SCREENING)
    deliver()
    cases.request_information(case=case, question="请补充", by=walk.officer, at=walk.tick())
    deliver()
    paces = dict(NewsItem.objects.filter(person=person).values_list("kind", "pace"))
    assert paces[EventKind.STAGE_ENTERED.value] == "none"
    assert paces[EventKind.REQUEST_OPENED.value] == "at-once"


def test_a_kind_that_nobody_classed_is_a_duty() -> None:
    assert is_duty("applicant", "something.new")
    assert is_duty("someone-new", EventKind.STAGE_ENTERED)
    assert not is_duty(ActorKind.APPLICANT, EventKind.STAGE_ENTERED)
    known = {*(one.value for one in EventKind)}
    for to, kinds in MAY_BE_OFF.items():
        if to in set(ActorKind):
            assert {str(one) for one in kinds} <= known | {NO_CONFLICT}


def test_declared_interests_are_a_duty_for_officers_only_where_there_is_a_conflict(
    walk: Walk,
) -> None:
    walk.to(StageKind.REVIEW)
    first, second, _third = walk.form_panel().assignments.select_related("expert__person")
    for one, reason in ((first, ""), (second, "曾任顾问")):
        declare_conflict(
            assignment=one, conflict=bool(reason), reason=reason, by=one.expert.person, at=walk.at
        )
    deliver()

    told = NewsItem.objects.filter(person=walk.officer, kind__startswith="conflict")

    assert dict(told.values_list("kind", "duty")) == {
        NO_CONFLICT: False,
        EventKind.CONFLICT_DECLARED.value: True,
    }
    page = reader(walk.officer).get("/cases/inbox/").content.decode()
    assert "An expert declared that there is no conflict" in page


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("kill_at", ["before", "after"])
def test_a_kill_loses_no_letter_and_doubles_only_the_one_in_hand(
    walk: Walk, asked: Case, kill_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver()
    wanted = set(Mail.objects.filter(sent_at=None).values_list("pk", flat=True))
    assert len(wanted) == 2
    real = EmailBackend.send_messages
    killed: list[str] = []

    def dies_once(backend: Any, messages: Any) -> Any:
        if not killed:
            killed.append(messages[0].extra_headers["Message-ID"])
            if kill_at == "after":
                real(backend, messages)
            raise Killed
        return real(backend, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", dies_once)
    now = datetime(2030, 6, 1, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        with pytest.raises(Killed):
            telling.send_due()
        # Another worker goes on with what was not in hand, at once.
        assert telling.send_due() == 1
    with time_machine.travel(now + telling.CLAIM, tick=False):
        assert telling.send_due() == 1
        assert telling.send_due() == 0

    ids = [one.extra_headers["Message-ID"] for one in mailbox.outbox]
    assert len(set(ids)) == 2
    twice = {one for one in ids if ids.count(one) > 1}
    assert twice == (set(killed) if kill_at == "after" else set())


@settings(
    max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(faults=st.lists(st.sampled_from(["sent", "refused", "killed before", "killed after"])))
def test_whatever_fails_every_letter_arrives_and_copies_are_counted(
    walk: Walk, faults: list[str]
) -> None:
    """One letter; a mail server that fails as drawn, and then works."""
    _one_letter_arrives(walk.world.drafter, faults)


def _one_letter_arrives(person: Person, faults: list[str]) -> None:
    addressed(person)
    now = datetime(2025, 6, 1, tzinfo=UTC)
    made = Mail.objects.create(
        person=Person.objects.get(pk=person.pk), made_at=now, next_attempt_at=now
    )
    coming = list(faults)[: telling.ATTEMPTS_MAX - 1]
    killed_after = arrived = 0
    while Mail.objects.get(pk=made.pk).sent_at is None:
        claimed = telling.claim(now)
        if claimed is None:
            now += timedelta(minutes=1)
            continue
        assert claimed.message_id == made.message_id
        assert telling.claim(now) is None  # nobody else has it meanwhile
        fault = coming.pop(0) if coming else "sent"
        arrived += fault in ("sent", "killed after")
        killed_after += fault == "killed after"
        if fault == "sent":
            Mail.objects.filter(pk=made.pk).update(sent_at=now)
        elif fault == "refused":
            Mail.objects.filter(pk=made.pk).update(next_attempt_at=now + timedelta(seconds=30))
    assert arrived == 1 + killed_after


def test_a_server_that_refuses_one_letter_holds_up_no_other(
    walk: Walk, asked: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver()
    real = EmailBackend.send_messages

    def refuses(backend: Any, messages: Any) -> Any:
        if messages[0].to == ["drafter@example.org"]:
            raise OSError("450 try again")
        return real(backend, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", refuses)
    assert telling.send_due() == 1
    waiting = Mail.objects.get(sent_at=None, dropped_at=None)
    assert "450 try again" in waiting.error
    monkeypatch.undo()
    assert telling.send_due(at=waiting.next_attempt_at) == 1
    assert not Mail.objects.filter(sent_at=None).exists()


def test_a_conflict_takes_news_away_and_stops_letters_that_wait(walk: Walk) -> None:
    case = walk.to(StageKind.REVIEW)
    first = walk.form_panel().assignments.select_related("expert__person").first()
    assert first is not None
    expert = first.expert.person
    addressed(expert)
    deliver()
    assert NewsItem.objects.reaching(expert).exists()
    before = reader(expert).get("/cases/inbox/").content.decode()
    # Before they declare, they may not know what the case is called.
    assert case.reference in before
    assert case.title not in before

    declare_conflict(assignment=first, conflict=True, reason="持股", by=expert, at=walk.tick())
    deliver()
    telling.send_due(1000)
    person = Person.objects.get(pk=expert.pk)
    assert not NewsItem.objects.reaching(person).exists()
    page = reader(expert).get("/cases/inbox/").content.decode()
    assert case.reference not in page
    assert case.title not in page
    item = NewsItem.objects.filter(person=expert).latest("pk")
    assert reader(expert).get(f"/cases/inbox/{item.pk}/").status_code == 404
    assert not [one for one in mailbox.outbox if one.to == [f"{expert.username}@example.org"]]
    assert Mail.objects.filter(person=expert, dropped_at=None, sent_at=None).count() == 0


@pytest.mark.parametrize("size", [1, 3])
def test_the_inbox_costs_the_same_queries_for_any_number(
    walk: Walk, size: int, django_assert_num_queries: Any
) -> None:
    for _ in range(size):
        walk.to(StageKind.SCREENING)
    deliver()
    client = reader(walk.officer)
    client.get("/cases/inbox/")
    with django_assert_num_queries(6):
        client.get("/cases/inbox/")
