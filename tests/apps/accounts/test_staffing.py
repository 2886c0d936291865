"""People of an institution: invited by a link that works once, given roles, leaving, removed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shidian.apps.accounts import domain
from shidian.apps.accounts.models import Institution, Invitation, Licence, Person, Staff, StaffRole
from shidian.apps.accounts.uscc import lei_check_digits, uscc_check_character
from shidian.apps.cases.domain import create_case
from shidian.apps.cases.errors import DomainError
from tests.factories import make_institution, make_person, make_staff

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from tests.factories import World

pytestmark = pytest.mark.django_db
PASSWORD = "right-and-long-enough"


@pytest.fixture(autouse=True)
def _fresh_counts() -> None:
    cache.clear()


@pytest.fixture
def firm() -> Institution:
    return make_institution(8)


@pytest.fixture
def boss(firm: Institution) -> Person:
    return make_staff(firm, "boss", StaffRole.SIGNER)


def as_(person: Person) -> Client:
    client = Client()
    client.cookies["django_language"] = "en"
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def ask(firm: Institution, by: Person | None, email: str = "new@firm.example", **more: Any) -> str:
    _, secret = domain.invite(
        institution=firm, email=email, name="新人", role=StaffRole.DRAFTER, by=by, **more
    )
    return secret


def link(secret: str) -> str:
    return reverse("accounts:invitation", args=[secret])


ACCOUNT = {"name": "新人", "username": "newcomer", "password": PASSWORD}


def test_an_invited_person_opens_an_account_and_is_signed_in(
    firm: Institution, boss: Person, mailoutbox: list[Any]
) -> None:
    page = reverse("accounts:institution", args=[firm.pk])
    sent = as_(boss).post(page, {"name": "新人", "email": "new@firm.example", "role": "drafter"})
    assert sent.status_code == 302
    (letter,) = mailoutbox
    address = letter.body.split("http://testserver", 1)[1].split()[0]
    client = Client()
    assert firm.name_zh in client.get(address).text
    answer = client.post(address, ACCOUNT)
    assert answer["Location"] == reverse("cases:desk")
    person = Person.objects.get(username="newcomer")
    assert person.email == "new@firm.example"
    assert client.get(page).status_code == 200
    assert Staff.objects.get(person=person).role == StaffRole.DRAFTER
    assert "_auth_user_id" in client.session


def test_a_link_works_once_and_its_secret_is_kept_nowhere(firm: Institution, boss: Person) -> None:
    secret = ask(firm, boss)
    assert secret not in str(list(Invitation.objects.values()))
    assert Client().post(link(secret), ACCOUNT).status_code == 302
    again = Client().post(link(secret), ACCOUNT | {"username": "somebody-else"})
    assert again.status_code == 410
    assert not Person.objects.filter(username="somebody-else").exists()


@pytest.mark.parametrize("how", ["old", "withdrawn", "replaced", "made-up"])
def test_a_dead_link_opens_nothing(how: str, firm: Institution, boss: Person) -> None:
    past = timezone.now() - domain.staffing.LINK_LASTS
    secret = ask(firm, boss, at=past if how == "old" else None)
    match how:
        case "withdrawn":
            domain.withdraw_invitation(firm.invitations.get())
        case "replaced":
            ask(firm, boss)
        case "made-up":
            secret = "A" * 43
    assert Client().get(link(secret)).status_code == 410
    assert Client().post(link(secret), ACCOUNT).status_code == 410


def test_one_second_before_its_end_a_link_works(firm: Institution, boss: Person) -> None:
    almost = timezone.now() - domain.staffing.LINK_LASTS + timedelta(minutes=1)
    assert Client().get(link(ask(firm, boss, at=almost))).status_code == 200


def test_two_who_use_one_link_at_once_get_one_place(firm: Institution, boss: Person) -> None:
    found = domain.open_invitation(ask(firm, boss))
    assert found is not None
    domain.accept_invitation(invitation=found, person=make_person("first"))
    with pytest.raises(ValidationError):
        domain.accept_invitation(invitation=found, person=make_person("second"))
    assert not Staff.objects.filter(person__username="second").exists()


@pytest.mark.parametrize(
    "wrong",
    [{"username": "BOSS"}, {"password": "short"}, {"password": "password12"}, {"username": "a b"}],
)
def test_a_bad_account_is_said_what_is_wrong_with_and_the_link_stays(
    wrong: dict[str, str], firm: Institution, boss: Person
) -> None:
    secret = ask(firm, boss)
    assert Client().post(link(secret), ACCOUNT | wrong).status_code == 422
    assert Client().post(link(secret), ACCOUNT).status_code == 302


def test_somebody_with_an_account_joins_with_it(firm: Institution, boss: Person) -> None:
    person = make_person("consultant")
    assert as_(person).post(link(ask(firm, boss)), {"join": "yes"}).status_code == 302
    assert Staff.objects.filter(person=person, institution=firm).exists()


def test_a_removed_role_is_gone_at_the_next_request(firm: Institution, boss: Person) -> None:
    drafter = make_staff(firm, "hand", StaffRole.DRAFTER)
    page = reverse("accounts:institution", args=[firm.pk])
    client = as_(drafter)
    assert client.get(page).status_code == 200
    roles = reverse("accounts:staff-roles", args=[firm.pk, drafter.pk])
    assert as_(boss).post(roles, {"roles": []}).status_code == 302
    assert client.get(page).status_code == 404
    # Taken back on the same day, it is there again at once.
    domain.set_roles(person=drafter, institution=firm, roles=[StaffRole.DRAFTER])
    assert client.get(page).status_code == 200


def test_the_last_signer_neither_leaves_nor_is_removed(firm: Institution, boss: Person) -> None:
    client = as_(boss)
    leave = reverse("accounts:staff-leave", args=[firm.pk])
    refused = client.post(leave, {"leave": "yes"})
    assert refused.status_code == 422
    assert "name another signer first" in refused.text
    roles = reverse("accounts:staff-roles", args=[firm.pk, boss.pk])
    assert client.post(roles, {"roles": ["drafter"]}).status_code == 422
    assert domain.staff_of(firm).filter(person=boss, role=StaffRole.SIGNER).exists()

    make_staff(firm, "second-boss", StaffRole.SIGNER)
    assert client.post(leave, {"leave": "yes"}).status_code == 302
    assert client.get(leave).status_code == 404


def test_whose_signing_ended_does_not_count_as_a_signer(firm: Institution, boss: Person) -> None:
    gone = make_staff(firm, "gone-boss", StaffRole.SIGNER)
    Staff.objects.filter(person=gone).update(ends=timezone.localdate() - timedelta(days=1))
    with pytest.raises(ValidationError):
        domain.set_roles(person=boss, institution=firm, roles=[])


PAGES = ("institution", "staff-leave", "licence", "staff-roles", "withdraw-invitation")


@pytest.mark.parametrize("name", PAGES)
def test_an_institution_is_closed_to_everybody_else(
    name: str, firm: Institution, boss: Person, world: World
) -> None:
    ask(firm, boss)
    more = {"staff-roles": [boss.pk], "withdraw-invitation": [firm.invitations.get().pk]}
    address = reverse(f"accounts:{name}", args=[firm.pk, *more.get(name, [])])
    hand = make_staff(firm, "hand", StaffRole.TECHNICAL)
    strangers = [world.rival_signer, world.case_officer["bureau"], world.auditor]
    if name not in {"institution", "staff-leave"}:
        strangers.append(hand)  # works there, but does not sign
    for person in strangers:
        for answer in (as_(person).get(address), as_(person).post(address, {"roles": []})):
            assert answer.status_code == 404, person
            assert b"boss" not in answer.content.lower()
    assert Client().get(address)["Location"].startswith(reverse("accounts:sign-in"))
    assert Invitation.objects.get().withdrawn_at is None


def test_only_a_signer_sees_whom_they_invited(firm: Institution, boss: Person) -> None:
    ask(firm, boss, email="secret@firm.example")
    page = reverse("accounts:institution", args=[firm.pk])
    assert "secret@firm.example" in as_(boss).get(page).text
    hand = as_(make_staff(firm, "hand", StaffRole.DRAFTER))
    assert "secret@firm.example" not in hand.get(page).text
    hand.post(page, {"name": "x", "email": "x@firm.example", "role": "signer"})
    assert Invitation.objects.count() == 1


def test_the_page_costs_the_same_for_one_and_three(
    firm: Institution, boss: Person, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    page = reverse("accounts:institution", args=[firm.pk])
    client = as_(boss)
    for count in (1, 3):
        with django_assert_num_queries(7):
            text = client.get(page).text
        assert text.count("/people/") == count
        for number in range(2):
            make_staff(firm, f"more-{count}-{number}", StaffRole.DRAFTER)
            ask(firm, boss, email=f"{count}-{number}@firm.example")
            Licence.objects.create(institution=firm, title="许可", number=f"{count}-{number}")


# Registration

USCC = "91999900NEWF00042"
USCC += uscc_check_character(USCC)
FORM = {
    "name_zh": "新登记证券有限公司",
    "name_en": "",
    "uscc": USCC,
    "lei": "",
    "kind": "securities-firm",
    "contact": "签某",
    "email": "boss@new.example",
    "licence-title": "经营证券业务许可证",
    "licence-number": "42",
    "licence-issued_on": "2024-01-01",
    "licence-expires_on": "2099-12-31",
}
REGISTER = "/cases/institutions/register/"


def test_an_institution_registers_is_checked_and_then_leads(
    world: World, mailoutbox: list[Any]
) -> None:
    assert Client().post(REGISTER, FORM | {"uscc": USCC.lower()}).status_code == 302
    firm = Institution.objects.get(uscc=USCC)
    assert [one.number for one in firm.licences.all()] == ["42"]
    address = mailoutbox[0].body.split("http://testserver", 1)[1].split()[0]
    assert Client().post(address, ACCOUNT).status_code == 302
    signer = Person.objects.get(username="newcomer")
    case = {"call": world.call, "lead": firm, "title": "测试", "by": signer}
    with pytest.raises(DomainError) as refused:
        create_case(**case)
    assert refused.value.code == "not-checked"

    officer = as_(world.case_officer["bureau"])
    assert firm.name_zh in officer.get(reverse("cases:institutions")).text
    page = reverse("cases:check-institution", args=[firm.pk])
    assert officer.post(page, {"then": "refuse", "reason": ""}).status_code == 422
    assert officer.post(page, {"then": "refuse", "reason": "许可证号不符"}).status_code == 302
    assert "许可证号不符" in as_(signer).get(f"/account/institutions/{firm.pk}/").text
    assert officer.post(page, {"then": "confirm"}).status_code == 302
    firm.refresh_from_db()
    assert firm.checked_by == world.case_officer["bureau"]
    assert create_case(**case | {"lead": firm}).lead == firm


def test_a_licence_that_ran_out_does_not_lead(world: World) -> None:
    Licence.objects.create(
        institution=world.lead, title="许可", number="1", expires_on=timezone.localdate()
    )
    case = {"call": world.call, "lead": world.lead, "by": world.signer}
    assert create_case(title="今天", **case)
    tomorrow = timezone.now() + timedelta(days=1)
    with pytest.raises(DomainError) as refused:
        create_case(title="明天", at=tomorrow, **case)
    assert refused.value.code == "no-licence-in-force"


def test_a_new_licence_is_checked_before_it_counts(world: World) -> None:
    page = reverse("accounts:licence", args=[world.lead.pk])
    backwards = {
        "title": "许可",
        "number": "9",
        "issued_on": "2025-02-01",
        "expires_on": "2025-01-01",
    }
    assert as_(world.signer).post(page, backwards).status_code == 422
    assert as_(world.signer).post(page, {"title": "许可", "number": "9"}).status_code == 302
    world.lead.refresh_from_db()
    assert world.lead.checked_at is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("uscc", USCC[:-1] + ("0" if USCC[-1] != "0" else "1")),
        ("uscc", ""),
        ("lei", "A" * 18 + "00"),
        ("kind", "no-such-kind"),
        ("email", "not an address"),
        ("licence-expires_on", "2023-01-01"),
        ("name_zh", "x" * 201),
    ],
)
def test_a_bad_registration_is_refused_with_the_field_named(
    field: str, value: str, world: World, mailoutbox: list[Any]
) -> None:
    before = Institution.objects.count()
    assert Client().post(REGISTER, FORM | {field: value}).status_code == 422
    assert Institution.objects.count() == before
    assert not mailoutbox


def test_a_firm_is_registered_once_and_by_lei_alone_as_well(world: World) -> None:
    lei = "TEST00FIRM00000042"
    lei += lei_check_digits(lei)
    assert Client().post(REGISTER, FORM | {"uscc": "", "lei": lei}).status_code == 302
    again = Client().post(REGISTER, FORM | {"lei": lei, "email": "thief@other.example"})
    assert again.status_code == 422
    assert not Invitation.objects.filter(email="thief@other.example").exists()


def test_registrations_from_one_address_have_a_limit(world: World) -> None:
    for number in range(7):
        first = f"91999900NEWF{number:05d}"
        data = FORM | {"uscc": first + uscc_check_character(first)}
        answer = Client().post(REGISTER, data | {"email": f"{number}@new.example"})
        assert answer.status_code == (302 if number < 5 else 422)


def test_only_case_officers_check(world: World) -> None:
    page = reverse("cases:check-institution", args=[world.rival.pk])
    refused = [world.signing_officer["bureau"], world.auditor, world.rival_signer, world.national]
    for person in refused:
        assert as_(person).get(reverse("cases:institutions")).status_code == 404
        assert as_(person).post(page, {"then": "confirm"}).status_code == 404


def test_the_list_of_institutions_costs_the_same_for_one_and_three(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = as_(world.case_officer["bureau"])
    Institution.objects.filter(pk=world.rival.pk).update(checked_at=None)
    for count in (1, 3):
        with django_assert_num_queries(6):
            text = client.get(reverse("cases:institutions")).text
        assert text.count("chip todo") == count
        for number in range(2):
            other = make_institution(50 + count + number)
            Institution.objects.filter(pk=other.pk).update(checked_at=None)
