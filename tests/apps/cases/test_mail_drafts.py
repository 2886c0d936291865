"""Where the rules have it so, mail about a case is a draft until an officer releases it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail as mailbox
from django.test import Client
from django.utils import timezone

from shidian.apps.accounts.models import Person
from shidian.apps.cases import domain as cases
from shidian.apps.cases import outbox
from shidian.apps.cases.domain import telling
from shidian.apps.cases.domain.releasing_mail import mail_drafts, release_mail, stop_mail
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import Mail, MailChoice, NewsItem, Pace
from shidian.apps.cases.news_kinds import can_wait
from shidian.core.procedure.types import ActorKind, EventKind
from shidian.core.rulebook.load import load_text
from shidian.core.rulebook.model import StageKind
from tests.factories import RULEBOOKS, Walk, make_world

BACKEND = "django.contrib.auth.backends.ModelBackend"


def reader(person: Person) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(Person.objects.get(pk=person.pk), backend=BACKEND)
    return client


def deliver() -> None:
    while outbox.deliver_pending():
        pass
    telling.send_due(1000)


@pytest.fixture
def asked(db: None) -> Walk:
    """The applicant is asked something, under rules that have mail drafted."""
    text = (RULEBOOKS / "demo-city.yaml").read_text(encoding="utf-8")
    assert "  stamped: true\n" in text
    rules = load_text(
        text.replace("  stamped: true\n", "  stamped: true\n  mail_drafts: true\n"),
        name="drafted.yaml",
        resolve=lambda name: (RULEBOOKS / f"{name}.yaml").read_text(encoding="utf-8"),
    )
    walk = Walk(make_world(rules))
    walk.to(StageKind.SCREENING)
    for person in (walk.world.drafter, walk.world.signer, walk.officer):
        Person.objects.filter(pk=person.pk).update(email=f"{person.username}@example.org")
    deliver()
    NewsItem.objects.filter(held=True).update(held=False, pace=Pace.NONE)
    mailbox.outbox.clear()
    cases.request_information(case=walk.case, question="请补充", by=walk.officer, at=walk.tick())
    return walk


def waiting(walk: Walk) -> list[int]:
    return list(mail_drafts(walk.case).values_list("pk", flat=True))


def test_the_inbox_has_it_at_once_and_no_mail_goes_before_its_release(asked: Walk) -> None:
    deliver()
    assert mailbox.outbox == []
    assert len(waiting(asked)) == 2
    page = reader(asked.world.drafter).get("/cases/inbox/").content.decode()
    assert "Information requested" in page
    assert release_mail(case=asked.case, news=waiting(asked), by=asked.officer) == 2
    deliver()
    assert sorted(one.to[0] for one in mailbox.outbox) == [
        "drafter@example.org",
        "signer@example.org",
    ]
    assert waiting(asked) == []
    assert telling.send_due() == 0  # nothing goes twice


def test_what_is_stopped_never_goes_and_says_who_stopped_it_and_why(asked: Walk) -> None:
    deliver()
    chosen = waiting(asked)
    with pytest.raises(DomainError):
        stop_mail(case=asked.case, news=chosen, reason=" ", by=asked.officer)
    assert stop_mail(case=asked.case, news=chosen[:1], reason="已电话告知", by=asked.officer) == 1
    assert release_mail(case=asked.case, news=chosen, by=asked.officer) == 1
    deliver()
    assert len(mailbox.outbox) == 1
    item = NewsItem.objects.get(pk=chosen[0])
    assert (item.mail, item.mail_decided_by, item.mail_reason) == (
        None,
        asked.officer,
        "已电话告知",
    )


def test_a_daily_summary_waits_for_the_release_too(asked: Walk) -> None:
    MailChoice.objects.create(person=asked.world.drafter, duties=Pace.DAILY, other=Pace.DAILY)
    deliver()
    asked.sleep(2)
    noon = asked.at.replace(hour=4)
    assert telling.gather_digests(at=noon) == 0
    release_mail(case=asked.case, news=waiting(asked), by=asked.officer)
    assert telling.gather_digests(at=noon) == 1
    assert Mail.objects.filter(digest_on__isnull=False).count() == 1


def test_officers_are_mailed_at_once_and_urgent_matters_never_wait(asked: Walk) -> None:
    deliver()
    mailbox.outbox.clear()
    request = "r1"
    cases.answer_information(
        case=asked.case, request=request, answer="如下", by=asked.world.signer, at=asked.tick()
    )
    deliver()
    assert [one.to[0] for one in mailbox.outbox] == ["case-bureau@example.org"]
    assert can_wait(ActorKind.APPLICANT, EventKind.CASE_CLOSED)
    for urgent in ("order", "order.alarm", "incident", "letter.served"):
        assert not can_wait(ActorKind.APPLICANT, urgent)


def test_only_a_case_officer_of_the_scheme_releases_and_of_that_case_alone(asked: Walk) -> None:
    deliver()
    other = Walk(asked.world, title="另一项目", at=asked.at)
    other.to(StageKind.SCREENING)
    assert release_mail(case=other.case, news=waiting(asked), by=asked.officer) == 0
    for person in (asked.world.signer, asked.world.outsider, asked.world.signing_officer["bureau"]):
        with pytest.raises(ForbiddenError):
            release_mail(case=asked.case, news=waiting(asked), by=person)
        assert reader(person).get(f"/cases/{asked.case.reference}/mail/").status_code == 404


def test_the_page_lists_what_waits_and_releases_it(asked: Walk) -> None:
    deliver()
    client = reader(asked.officer)
    case_page = client.get(f"/cases/{asked.case.reference}/").content.decode()
    assert "2 mails wait to be released" in case_page
    address = f"/cases/{asked.case.reference}/mail/"
    page = client.get(address).content.decode()
    assert str(asked.world.drafter) in page
    assert asked.case.reference in page
    first, second = waiting(asked)
    assert client.post(address, {"then": "stop", "news": [first]}).status_code == 422
    assert client.post(address, {"then": "stop", "news": [first], "reason": "x"}).status_code == 302
    assert client.post(address, {"then": "release", "news": [second]}).status_code == 302
    assert waiting(asked) == []
    assert "will be listed here" in client.get(address).content.decode()


@pytest.mark.parametrize("size", [1, 3])
def test_the_page_costs_the_same_for_one_and_for_three(
    asked: Walk, size: int, django_assert_max_num_queries: Any
) -> None:
    for _ in range(size - 1):
        cases.answer_information(
            case=asked.case,
            request=f"r{_ + 1}",
            answer="如下",
            by=asked.world.signer,
            at=asked.tick(),
        )
        cases.request_information(
            case=asked.case, question="再补充", by=asked.officer, at=asked.tick()
        )
    deliver()
    assert len(waiting(asked)) >= 2 * size
    client = reader(asked.officer)
    with django_assert_max_num_queries(14):
        client.get(f"/cases/{asked.case.reference}/mail/")


def test_the_desk_says_which_cases_have_mail_that_waits(asked: Walk) -> None:
    deliver()
    page = reader(asked.officer).get("/cases/").content.decode()
    assert "2 mails wait to be released" in page
    assert f"/cases/{asked.case.reference}/mail/" in page
    for person in (asked.world.outsider, asked.world.signing_officer["bureau"], asked.world.signer):
        assert "Mail that waits" not in reader(person).get("/cases/").content.decode()
    release_mail(case=asked.case, news=waiting(asked), by=asked.officer)
    assert "Mail that waits" not in reader(asked.officer).get("/cases/").content.decode()


def test_mail_that_cannot_be_sent_is_counted_named_and_tried_again(
    asked: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver()

    def refuse(*_args: Any, **_more: Any) -> None:
        raise OSError("secret@example.org refused")

    release_mail(case=asked.case, news=waiting(asked), by=asked.officer)
    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", refuse)
        for _ in range(3):
            Mail.objects.filter(sent_at=None).update(next_attempt_at=timezone.now())
            telling.send_due()
    client, address = reader(asked.officer), f"/cases/{asked.case.reference}/mail/"
    assert "2 mails could not be sent" in client.get("/cases/").content.decode()
    page = client.get(address).content.decode()
    assert "tried 3 times" in page
    assert "secret@example.org" not in page
    for person in (asked.world.outsider, asked.world.signing_officer["bureau"]):
        assert reader(person).post(f"{address}again/").status_code == 404
    assert client.post(f"{address}again/").status_code == 302
    assert telling.send_due() == 2
    assert "could not be sent" not in client.get("/cases/").content.decode()
