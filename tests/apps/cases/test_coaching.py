"""Coaching: asked and answered between two sides, due by the rulebook, and nothing of it in a case."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from shidian.apps.accounts.models import Person
from shidian.apps.cases import outbox
from shidian.apps.cases.domain import coaching as verbs
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import CaseEvent, Coaching, NewsItem
from shidian.core.rulebook.load import load_text
from shidian.core.rulebook.model import StageKind
from tests.factories import RULEBOOKS, Walk, make_world

if TYPE_CHECKING:
    from tests.factories import World

BACKEND = "django.contrib.auth.backends.ModelBackend"
WEDNESDAY = datetime(2025, 4, 2, 2, 0, tzinfo=UTC)
SUBJECT, QUESTION, ANSWER = "限额口径字样", "持仓限额按什么口径计算字样？", "按日终口径计算字样。"


def reader(person: Person) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(Person.objects.get(pk=person.pk), backend=BACKEND)
    return client


def ask(world: World, *, subject: str = SUBJECT, at: datetime = WEDNESDAY) -> Coaching:
    return verbs.ask_for_coaching(
        scheme=world.scheme,
        institution=world.lead,
        subject=subject,
        question=QUESTION,
        by=world.drafter,
        at=at,
    )


@pytest.fixture
def asked(world: World) -> Coaching:
    return ask(world)


def test_an_answer_is_due_by_the_rulebooks_period_and_calendar(asked: Coaching) -> None:
    # Five working days after Wednesday, 2 April; Friday the 4th is Qingming.
    assert asked.due == date(2025, 4, 10)


def test_where_the_calendar_does_not_reach_nothing_is_due(world: World) -> None:
    assert ask(world, at=WEDNESDAY.replace(year=2035)).due is None


def test_where_no_rule_names_a_coach_an_authority_that_leads_is_asked(db: None) -> None:
    text = (RULEBOOKS / "demo-city.yaml").read_text(encoding="utf-8")
    line = next(one for one in text.splitlines() if one.strip().startswith("coaching:"))
    rules = load_text(
        text.replace(line + "\n", ""),
        name="silent.yaml",
        resolve=lambda name: (RULEBOOKS / f"{name}.yaml").read_text(encoding="utf-8"),
    )
    world = make_world(rules)
    found = ask(world)
    assert (found.authority, found.due) == (world.authorities["bureau"], None)


def test_the_officers_queue_holds_it_and_the_answer_reaches_the_firm(
    world: World, asked: Coaching
) -> None:
    while outbox.deliver_pending():
        pass
    officer, firm = reader(world.case_officer["bureau"]), reader(world.drafter)
    assert SUBJECT in officer.get("/cases/coaching/").content.decode()
    address = f"/cases/coaching/{asked.pk}/"
    assert QUESTION in officer.get(address).content.decode()
    assert officer.post(address, {"answer": "  "}).status_code == 422
    assert officer.post(address, {"answer": ANSWER}).status_code == 302
    while outbox.deliver_pending():
        pass
    assert ANSWER in firm.get(address).content.decode()
    assert SUBJECT not in officer.get("/cases/coaching/").content.decode()
    assert SUBJECT in officer.get("/cases/coaching/?show=done").content.decode()
    told = set(NewsItem.objects.values_list("person__username", "kind"))
    assert ("case-bureau", "coaching.asked") in told
    assert {("drafter", "coaching.answered"), ("signer", "coaching.answered")} <= told
    item = NewsItem.objects.get(person=world.drafter)
    assert firm.get(f"/cases/inbox/{item.pk}/")["Location"] == address
    # Said once; not said otherwise later.
    with pytest.raises(DomainError) as twice:
        verbs.answer_coaching(request=asked, answer="另一说法", by=world.case_officer["bureau"])
    assert twice.value.code == "not-open"


@pytest.mark.parametrize(
    "who", ["rival_signer", "partner_drafter", "outsider", "national", "assessor", "finance"]
)
def test_nobody_but_the_two_sides_learns_of_it(world: World, asked: Coaching, who: str) -> None:
    person = world.case_officer["finance"] if who == "finance" else getattr(world, who)
    verbs.answer_coaching(request=asked, answer=ANSWER, by=world.case_officer["bureau"])
    while outbox.deliver_pending():
        pass
    client = reader(person)
    address = f"/cases/coaching/{asked.pk}/"
    assert client.get(address).status_code == 404
    assert client.post(address, {"answer": "x"}).status_code == 404
    assert client.post(f"{address}withdraw/").status_code == 404
    for path in ("/cases/", "/cases/inbox/", "/cases/coaching/", "/cases/coaching/?show=done"):
        page = client.get(path)
        for mark in (SUBJECT, QUESTION, ANSWER):
            assert mark not in page.content.decode(), path
    assert not NewsItem.objects.filter(person=person, coaching=asked).exists()
    with pytest.raises(ForbiddenError):
        verbs.answer_coaching(request=asked, answer="x", by=person)


def test_an_auditor_reads_and_does_nothing(world: World, asked: Coaching) -> None:
    client = reader(world.auditor)
    address = f"/cases/coaching/{asked.pk}/"
    assert client.get(address).status_code == 200
    client.post(address, {"answer": "x"})
    asked.refresh_from_db()
    assert asked.is_open


def test_a_question_is_withdrawn_until_it_is_answered(world: World, asked: Coaching) -> None:
    client = reader(world.signer)
    assert client.post(f"/cases/coaching/{asked.pk}/withdraw/").status_code == 302
    asked.refresh_from_db()
    assert asked.withdrawn_at is not None
    officer = reader(world.case_officer["bureau"])
    assert SUBJECT not in officer.get("/cases/coaching/").content.decode()
    with pytest.raises(DomainError):
        verbs.answer_coaching(request=asked, answer="x", by=world.case_officer["bureau"])


def test_a_second_click_asks_once_and_too_many_questions_wait(world: World) -> None:
    assert ask(world) == ask(world)
    for number in range(verbs.OPEN_MAX - 1):
        ask(world, subject=f"问题 {number}")
    with pytest.raises(DomainError) as full:
        ask(world, subject="再问")
    assert full.value.code == "too-many-open"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"subject": " "}, "subject"),
        ({"subject": "长" * 201}, "subject"),
        ({"question": "\n"}, "question"),
        ({"question": "长" * 5001}, "question"),
    ],
)
def test_a_question_that_says_nothing_or_too_much_is_refused(
    world: World, given: dict[str, str], code: str
) -> None:
    with pytest.raises(DomainError) as refused:
        verbs.ask_for_coaching(
            scheme=world.scheme,
            institution=world.lead,
            by=world.drafter,
            **{"subject": SUBJECT, "question": QUESTION, **given},
        )
    assert refused.value.code == code


def test_nobody_asks_in_anothers_name(world: World) -> None:
    with pytest.raises(ForbiddenError):
        verbs.ask_for_coaching(
            scheme=world.scheme,
            institution=world.lead,
            subject=SUBJECT,
            question=QUESTION,
            by=world.rival_signer,
        )
    page = reader(world.rival_signer).post(
        f"/cases/coaching/ask/{world.scheme.slug}/",
        {"institution": world.lead.pk, "subject": SUBJECT, "question": QUESTION},
    )
    assert page.status_code == 422


def test_no_case_knows_what_was_said(walk: Walk) -> None:
    made = ask(walk.world)
    verbs.answer_coaching(request=made, answer=ANSWER, by=walk.officer)
    case = walk.to(StageKind.REVIEW)
    events = CaseEvent.objects.filter(case=case)
    assert not [one for one in events if SUBJECT in str(one.data) or ANSWER in str(one.data)]
    for path in ("", "application/"):
        page = reader(walk.officer).get(f"/cases/{case.reference}/{path}").content.decode()
        assert SUBJECT not in page
        assert ANSWER not in page


@pytest.mark.parametrize("size", [1, 3])
def test_the_list_costs_the_same_queries_for_any_number(
    world: World, size: int, django_assert_num_queries: Any
) -> None:
    for number in range(size):
        ask(world, subject=f"问题 {number}", at=WEDNESDAY + timedelta(hours=number))
    client = reader(world.case_officer["bureau"])
    client.get("/cases/coaching/")
    with django_assert_num_queries(5):
        client.get("/cases/coaching/")
