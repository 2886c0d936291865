"""Dispatches and risk tips are told: in the inbox, by mail, to who may know of them and to no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core import mail as mailbox
from django.db.models import Value
from django.db.models.functions import Concat

from shidian.apps.accounts.models import OfficerRole, Person
from shidian.apps.cases import outbox
from shidian.apps.cases.domain import telling
from shidian.apps.cases.models import AccessEffect, AccessRow, MailChoice, NewsItem, Pace
from shidian.apps.national.domain import answering, tips
from shidian.core.rulebook.model import StageKind
from tests.apps.national.things import SUBJECT, TEXT, begin, reader, send, sent
from tests.factories import START, Walk, make_officer, make_world

if TYPE_CHECKING:
    from tests.factories import World


@pytest.fixture
def world(db: None) -> World:
    world = make_world()
    Person.objects.update(email=Concat("username", Value("@example.org")))
    return world


def deliver() -> None:
    while outbox.deliver_pending():
        pass
    telling.send_due(1000)


def told(kind: str) -> set[str]:
    deliver()
    rows = NewsItem.objects.filter(kind=kind).select_related("person")
    return {one.person.username for one in rows}


def test_each_side_is_told_of_what_the_other_did(world: World) -> None:
    made = begin(world, "rule-question")
    assert told("dispatch.to-send") == {"sign-bureau", "sign-finance"}
    send(world, made)
    assert told("dispatch.sent") == {"national"}
    answering.confirm_receipt(dispatch=made, by=world.national)
    working_group = {"case-bureau", "case-finance", "sign-bureau", "sign-finance"}
    assert told("dispatch.received") == working_group
    answering.answer_dispatch(
        dispatch=made, version=1, position="agreed", text="同意。", by=world.national
    )
    assert told("dispatch.answered") == working_group


def test_mail_says_that_and_never_what_and_the_inbox_leads_there(world: World) -> None:
    made = sent(world, "rule-question")
    deliver()
    (letter,) = (one for one in mailbox.outbox if one.to == ["national@example.org"])
    assert made.reference in letter.subject
    assert not any(mark in f"{letter.subject}{letter.body}" for mark in (SUBJECT, TEXT))
    client = reader(world.national)
    page = client.get("/cases/inbox/").content.decode()
    assert made.reference in page
    item = NewsItem.objects.get(person=world.national)
    answer = client.get(f"/cases/inbox/{item.pk}/")
    assert answer["Location"] == f"/national/dispatches/{made.reference}/"
    item.refresh_from_db()
    assert item.read_at is not None


def test_who_acted_is_not_told_and_nothing_is_told_twice(world: World) -> None:
    drafted_by = world.signing_officer["bureau"]
    begin(world, "rule-question")
    assert drafted_by.username in told("dispatch.to-send")
    before = NewsItem.objects.count()
    deliver()
    assert NewsItem.objects.count() == before
    assert len({(one.to[0], one.subject) for one in mailbox.outbox}) == len(mailbox.outbox)


def test_a_conflict_takes_news_of_a_dispatch_about_the_case_away(world: World) -> None:
    walk = Walk(world)
    case = walk.to(StageKind.SCREENING)
    barred = world.signing_officer["finance"]
    deliver()
    made = begin(world, "admissions", cases=[case], at=walk.tick())
    assert barred.username in told("dispatch.to-send")
    AccessRow.objects.create(
        case=case,
        person=barred,
        effect=AccessEffect.DENY,
        starts=START,
        because=case.events.latest("seq"),
    )
    client = reader(barred)
    assert made.reference not in client.get("/cases/inbox/").content.decode()
    item = NewsItem.objects.get(person=barred, kind="dispatch.to-send")
    assert client.get(f"/cases/inbox/{item.pk}/").status_code == 404
    send(world, made)
    answering.confirm_receipt(dispatch=made, by=world.national)
    assert barred.username not in told("dispatch.received")


def test_a_tip_is_told_to_working_groups_and_to_who_has_to_publish_it(world: World) -> None:
    second = make_officer(world.authorities["national"], "second", OfficerRole.NATIONAL)
    tip = tips.send_tip(
        authority=world.authorities["national"],
        schemes=[world.scheme],
        subject="提示字样",
        text="核查。",
        published=True,
        by=world.national,
    )
    assert told("tip.sent") == {"case-bureau", "case-finance", "sign-bureau", "sign-finance"}
    assert told("tip.to-publish") == {"second"}
    tips.publish_tip(tip=tip, by=second)
    assert told("tip.published") == {"national"}
    tips.answer_tip(tip=tip, scheme=world.scheme, text="已核查。", by=world.case_officer["bureau"])
    assert told("tip.answered") == {"national", "second"}
    tips.lift_tip(tip=tip, reason="已消除", by=second)
    assert len(told("tip.lifted")) == 4
    assert not any("提示字样" in f"{one.subject}{one.body}" for one in mailbox.outbox)


def test_what_is_for_information_can_be_silenced_and_what_asks_something_cannot(
    world: World,
) -> None:
    person = world.national
    MailChoice.objects.create(person=person, duties=Pace.AT_ONCE, other=Pace.NONE)
    made = sent(world, "rule-question")
    deliver()
    assert [one for one in mailbox.outbox if one.to == ["national@example.org"]]
    assert NewsItem.objects.get(person=person, reference=made.reference).duty


@pytest.mark.parametrize("size", [1, 3])
def test_the_inbox_asks_the_same_however_much_there_is(
    world: World, size: int, django_assert_num_queries: object
) -> None:
    for _ in range(size):
        sent(world, "rule-question")
    deliver()
    client = reader(world.national)
    client.get("/cases/inbox/")
    with django_assert_num_queries(QUERIES):  # type: ignore[operator]
        assert client.get("/cases/inbox/").content.decode().count("demo-city-D-") >= size


QUERIES = 6
