"""People sign in by either name, institutions have codes that check, roles end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from shidian.apps.accounts import domain as accounts
from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import Institution, OfficerRole, Person, StaffRole
from shidian.apps.accounts.roles import roles_of
from shidian.apps.accounts.uscc import (
    lei_check_digits,
    uscc_check_character,
    validate_lei,
    validate_uscc,
)
from tests.factories import PASSWORD, make_institution, make_person

if TYPE_CHECKING:
    from tests.factories import World

USCC_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["lin", "LIN", "lin@example.org", "Lin@Example.org"])
def test_one_signs_in_by_user_name_or_mail(typed: str) -> None:
    person = accounts.enrol_person(
        username="lin", name="林", email="lin@example.org", password=PASSWORD
    )

    assert authenticate(username=typed, password=PASSWORD) == person
    assert authenticate(username=typed, password="wrong") is None


@pytest.mark.django_db
def test_one_without_password_cannot_sign_in() -> None:
    make_person("nobody")

    assert authenticate(username="nobody", password="") is None


@pytest.mark.django_db
def test_two_people_do_not_share_a_name_in_another_case() -> None:
    make_person("lin")

    with pytest.raises(IntegrityError):
        Person.objects.create_person("LIN", name="另一人")


@pytest.mark.django_db
def test_a_persons_name_is_in_the_readers_language() -> None:
    person = accounts.enrol_person(username="lin", name="林晓", name_en="Lin Xiao")

    with translation.override("zh-hans"):
        assert str(person) == "林晓"
    with translation.override("en"):
        assert str(person) == "Lin Xiao"


@given(st.text(alphabet=USCC_LETTERS, min_size=17, max_size=17))
def test_a_codes_last_character_checks_the_others(first: str) -> None:
    code = first + uscc_check_character(first)

    validate_uscc(code)
    wrong = USCC_LETTERS[(USCC_LETTERS.index(code[3]) + 1) % len(USCC_LETTERS)]
    with pytest.raises(ValidationError):
        validate_uscc(code[:3] + wrong + code[4:])


def test_published_example_codes_check() -> None:
    validate_uscc("91350100M000100Y43")
    validate_lei("529900T8BM49AURSDO55")
    assert lei_check_digits("529900T8BM49AURSDO") == "55"


@pytest.mark.parametrize("code", ["", "91350100M000100Y44", "9135", "529900T8BM49AURSDO56"])
def test_malformed_codes_are_refused(code: str) -> None:
    with pytest.raises(ValidationError):
        validate_uscc(code)
    with pytest.raises(ValidationError):
        validate_lei(code)


@pytest.mark.django_db
def test_an_institution_with_a_wrong_code_is_refused() -> None:
    with pytest.raises(ValidationError):
        accounts.register_institution(uscc="9" * 18, name="错误", kind="securities-firm")


@pytest.mark.django_db
def test_a_firm_abroad_is_named_by_its_lei() -> None:
    lei = "529900T8BM49AURSDO55"

    firm = accounts.register_institution(lei=lei, name="海外机构", kind="securities-firm")

    assert (firm.uscc, firm.code) == (None, lei)
    again = accounts.register_institution(lei=lei, name="同一机构", kind="securities-firm")
    assert again.pk == firm.pk


@pytest.mark.django_db
def test_a_firm_without_any_code_is_refused() -> None:
    with pytest.raises(ValidationError):
        accounts.register_institution(name="无名机构", kind="securities-firm")
    with pytest.raises(IntegrityError), transaction.atomic():
        Institution.objects.create(name_zh="无名机构", kind="securities-firm")


@pytest.mark.django_db
def test_roles_are_those_held_today() -> None:
    person, firm, today = make_person("lin"), make_institution(1), timezone.localdate()
    for role, starts, ends in (
        (StaffRole.DRAFTER, today - timedelta(days=9), today - timedelta(days=1)),
        (StaffRole.TECHNICAL, today + timedelta(days=1), None),
        (StaffRole.SIGNER, today, today),
    ):
        accounts.enrol_staff(person=person, institution=firm, role=role, starts=starts, ends=ends)

    assert set(roles_of(person).places) == {StaffRole.SIGNER}


@pytest.mark.django_db
def test_a_new_role_counts_at_once() -> None:
    person = make_person("lin")
    assert not roles_of(person).has_any
    authority = accounts.found_authority(code="x", name="某局")

    accounts.appoint_officer(person=person, authority=authority, role=OfficerRole.CASE)

    assert roles_of(person).is_officer


def test_every_permission_has_a_predicate(world: World) -> None:
    import rules

    assert [one for one in Permission if not rules.perm_exists(one.value)] == []


def test_nobody_in_particular_may_nothing(world: World) -> None:
    from django.contrib.auth.models import AnonymousUser

    stranger = make_person("stranger")
    for person in (AnonymousUser(), stranger):
        for permission in Permission:
            assert not allows(person, permission), permission
