"""Partner matching: found by one's own choice alone, written to through the house, gone on leaving."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shidian.apps.accounts.models import Person, StaffRole
from shidian.apps.cases import outbox
from shidian.apps.cases.domain import matching as verbs
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import NewsItem, PartnerContact, PartnerProfile
from shidian.apps.cases.views.matching import found
from tests.factories import START, make_institution, make_staff

if TYPE_CHECKING:
    from shidian.apps.accounts.models import Institution
    from tests.factories import World

BACKEND = "django.contrib.auth.backends.ModelBackend"
OFFERS, SEEKS = "提供隐私计算平台字样", "寻求托管业务场景字样"
MESSAGE, REPLY = "愿意合作字样", "欢迎洽谈字样"


def reader(person: Person) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(Person.objects.get(pk=person.pk), backend=BACKEND)
    return client


@pytest.fixture
def partner_signer(world: World) -> Person:
    return make_staff(world.partner, "partner-signer", StaffRole.SIGNER)


def show(firm: Institution, by: Person, **words: str) -> PartnerProfile:
    said = {"offers": OFFERS, "seeks": SEEKS, "technology": "隐私计算", "scene": "基金托管"}
    return verbs.show_profile(institution=firm, by=by, at=START, **{**said, **words})


@pytest.fixture
def shown(world: World, partner_signer: Person) -> PartnerProfile:
    return show(world.partner, partner_signer)


def test_only_who_opted_in_is_found(world: World, shown: PartnerProfile) -> None:
    page = reader(world.signer).get("/cases/matching/").content.decode()
    assert str(world.partner) in page
    assert OFFERS in page
    assert str(world.rival) not in page
    assert str(world.body) not in page
    searched = reader(world.signer).get("/cases/matching/?q=测试机构").content.decode()
    assert str(world.partner) in searched
    assert str(world.rival) not in searched
    # An address of one that does not take part says nothing either.
    for firm in (world.rival, world.body):
        assert reader(world.signer).get(f"/cases/matching/write/{firm.pk}/").status_code == 404
    with pytest.raises(DomainError) as refused:
        verbs.write_to_partner(
            sender=world.lead, receiver=world.rival, text=MESSAGE, by=world.drafter
        )
    assert refused.value.code == "not-shown"


def test_it_is_found_by_each_of_its_words_and_all_of_them(shown: PartnerProfile) -> None:
    for query in ("隐私", "托管", "隐私计算 托管", "测试机构2", "基金托管  平台"):
        assert list(found(query)) == [shown], query
    for query in ("隐私 期货", "%", "_", "\\"):
        assert list(found(query)) == [], query


@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(query=st.text(st.characters(exclude_categories=("Cs",)), max_size=40))
def test_whatever_is_searched_for_the_page_answers(shown: PartnerProfile, query: str) -> None:
    answer = reader(shown.changed_by).get("/cases/matching/", {"q": query})
    assert answer.status_code == 200


def test_leaving_deletes_what_was_shown(world: World, shown: PartnerProfile) -> None:
    verbs.write_to_partner(
        sender=world.lead, receiver=world.partner, text=MESSAGE, by=world.drafter
    )
    signer = reader(shown.changed_by)
    assert signer.post(f"/cases/matching/own/{world.partner.pk}/leave/").status_code == 302

    for person in (world.signer, world.case_officer["bureau"], shown.changed_by):
        page = reader(person).get("/cases/matching/?q=隐私").content.decode()
        assert OFFERS not in page
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_partnerprofile")
        assert cursor.fetchone() == (0,)
    assert reader(world.signer).get(f"/cases/matching/write/{world.partner.pk}/").status_code == 404
    # What was written stays with both.
    assert MESSAGE in reader(world.drafter).get("/cases/matching/messages/").content.decode()
    assert MESSAGE in signer.get("/cases/matching/messages/").content.decode()


def test_a_message_goes_through_the_house_and_tells_no_address(
    world: World, shown: PartnerProfile
) -> None:
    Person.objects.filter(pk=world.drafter.pk).update(email="drafter@firm.example")
    Person.objects.filter(pk=shown.changed_by_id).update(email="signer@partner.example")
    writer = reader(world.drafter)
    sent = writer.post(
        f"/cases/matching/write/{world.partner.pk}/", {"sender": world.lead.pk, "text": MESSAGE}
    )
    assert sent.status_code == 302
    while outbox.deliver_pending():
        pass
    contact = PartnerContact.objects.get()
    inbox = reader(shown.changed_by)
    item = NewsItem.objects.get(person=shown.changed_by)
    assert inbox.get(f"/cases/inbox/{item.pk}/")["Location"] == "/cases/matching/messages/"
    came = inbox.get(f"/cases/matching/messages/{contact.pk}/").content.decode()
    assert MESSAGE in came
    assert str(world.lead) in came
    answered = inbox.post(f"/cases/matching/messages/{contact.pk}/", {"text": REPLY})
    assert answered.status_code == 302
    back = writer.get("/cases/matching/messages/").content.decode()
    assert REPLY in back
    for page, names in (
        (came, ("drafter@firm.example", world.drafter.name)),
        (back, ("signer@partner.example", shown.changed_by.name)),
    ):
        for name in names:
            assert name not in page
    with pytest.raises(DomainError) as twice:
        verbs.answer_partner(contact=contact, text="再答", by=shown.changed_by)
    assert twice.value.code == "answered"


@pytest.mark.parametrize("who", ["rival_signer", "officer", "auditor", "outsider", "assessor"])
def test_messages_are_read_by_the_two_sides_alone(
    world: World, shown: PartnerProfile, who: str
) -> None:
    contact = verbs.write_to_partner(
        sender=world.lead, receiver=world.partner, text=MESSAGE, by=world.drafter
    )
    while outbox.deliver_pending():
        pass
    person = world.case_officer["bureau"] if who == "officer" else getattr(world, who)
    client = reader(person)
    pages = ["/cases/", "/cases/inbox/", "/cases/matching/", "/cases/matching/messages/"]
    for path in (*pages, f"/cases/matching/messages/{contact.pk}/"):
        assert MESSAGE not in client.get(path).content.decode(), path
    assert client.get(f"/cases/matching/messages/{contact.pk}/").status_code == 404
    # The sender cannot answer itself either.
    assert reader(world.drafter).get(f"/cases/matching/messages/{contact.pk}/").status_code == 404


def test_the_public_sees_nothing_of_it(shown: PartnerProfile) -> None:
    client = Client()
    for path in ("/cases/matching/", "/cases/matching/messages/", "/cases/coaching/"):
        assert client.get(path).status_code == 302


def test_only_a_signer_shows_an_institution_or_takes_it_away(
    world: World, shown: PartnerProfile
) -> None:
    for person in (world.partner_drafter, world.signer, world.case_officer["bureau"]):
        with pytest.raises(ForbiddenError):
            show(world.partner, person)
        with pytest.raises(ForbiddenError):
            verbs.leave_matching(institution=world.partner, by=person)
        address = f"/cases/matching/own/{world.partner.pk}/"
        assert reader(person).get(address).status_code == 404
        assert reader(person).post(f"{address}leave/").status_code == 404
    with pytest.raises(ForbiddenError):
        verbs.write_to_partner(
            sender=world.rival, receiver=world.partner, text=MESSAGE, by=world.drafter
        )


def test_a_profile_says_something_and_not_too_much(world: World, partner_signer: Person) -> None:
    for words, code in (
        ({"offers": " ", "seeks": "\n"}, "empty-profile"),
        ({"offers": "长" * 1001}, "too-long"),
        ({"scene": "长" * 301}, "too-long"),
    ):
        with pytest.raises(DomainError) as refused:
            show(world.partner, partner_signer, **words)
        assert refused.value.code == code
    assert not PartnerProfile.objects.exists()
    changed = show(world.partner, partner_signer)
    assert show(world.partner, partner_signer, offers="另述").pk == changed.pk


def test_a_firm_sends_so_many_messages_a_day_and_each_once(
    world: World, shown: PartnerProfile
) -> None:
    def write(text: str, at: Any = START) -> PartnerContact:
        return verbs.write_to_partner(
            sender=world.lead, receiver=world.partner, text=text, by=world.drafter, at=at
        )

    assert write("一") == write("一")
    for number in range(verbs.CONTACTS_A_DAY - 1):
        write(f"消息 {number}")
    with pytest.raises(DomainError) as full:
        write("再发")
    assert full.value.code == "too-many"
    write("次日", START + timedelta(days=1, seconds=1))


@pytest.mark.parametrize("size", [1, 3])
def test_both_lists_cost_the_same_queries_for_any_number(
    world: World, partner_signer: Person, size: int, django_assert_num_queries: Any
) -> None:
    for number in range(size):
        firm = make_institution(20 + number)
        signer = make_staff(firm, f"signer-{number}", StaffRole.SIGNER)
        show(firm, signer)
        verbs.write_to_partner(sender=world.lead, receiver=firm, text=MESSAGE, by=world.drafter)
    client = reader(world.signer)
    client.get("/cases/matching/")
    with django_assert_num_queries(6):
        client.get("/cases/matching/")
    with django_assert_num_queries(5):
        client.get("/cases/matching/messages/")
