"""Who must use a second factor, what it opens, and what guessing it meets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from demo.cast import totp_code, totp_secret
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shidian.apps.accounts import demonstration
from shidian.apps.accounts.domain import reset_second_factor
from shidian.apps.accounts.models import Officer, OfficerRole, StaffRole
from shidian.config import settings as shidian_settings
from shidian.web.access import routed_views
from shidian.web.urls import urlpatterns
from tests.factories import make_institution, make_officer, make_staff

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoAssertNumQueries

    from shidian.apps.accounts.models import Person
    from tests.factories import World

pytestmark = pytest.mark.django_db
PASSWORD = "right-and-long-enough"
DESK, CODE = reverse("cases:desk"), reverse("mfa_authenticate")


@pytest.fixture(autouse=True)
def _fresh_counts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def with_password(person: Person, *, codes: bool = True) -> Person:
    person.set_password(PASSWORD)
    person.save()
    if codes:
        demonstration.give_public_codes(person, totp_secret(person.username))
    return person


def signed_in(person: Person) -> Client:
    """By the page, as far as the password leads."""
    client = Client()
    answer = client.post(
        reverse("accounts:sign-in"), {"username": person.username, "password": PASSWORD}
    )
    assert answer.status_code == 302
    return client


def right_code(person: Person) -> str:
    return totp_code(person.username, timezone.now().timestamp())


@pytest.mark.parametrize("role", list(OfficerRole))
def test_no_office_opens_a_page_by_password_alone(role: OfficerRole, world: World) -> None:
    person = make_officer(world.authorities["bureau"], f"new-{role}", role)
    client = signed_in(with_password(person, codes=False))
    answer = client.get(DESK)
    assert answer["Location"].startswith(reverse("mfa_index"))
    assert client.get(reverse("mfa_index")).status_code == 200


def test_every_page_of_the_house_asks_for_it_but_those_on_the_way(world: World) -> None:
    person = with_password(world.case_officer["bureau"], codes=False)
    client = signed_in(person)
    open_by_password = set()
    for route, view in routed_views(urlpatterns):
        if view.access_rule == "public" or "<" in route:
            continue
        answer = client.get(f"/{route}")
        if not answer.get("Location", "").startswith(f"{reverse('mfa_index')}?next="):
            open_by_password.add(route)
    assert open_by_password == {
        "account/confirm/password/",
        "account/confirm/code/",
        "account/confirm/passkey/",
        "account/security/",
        "account/security/app/",
        "account/security/passkeys/add/",
    }


def test_a_session_older_than_the_office_must_prove_the_factor_first(world: World) -> None:
    person = make_staff(make_institution(7), "turned-officer", StaffRole.DRAFTER)
    client = signed_in(with_password(person, codes=False))
    assert client.get(DESK).status_code == 200
    Officer.objects.create(
        person=person,
        authority=world.authorities["bureau"],
        role=OfficerRole.CASE,
        starts=timezone.localdate(),
    )
    assert client.get(DESK)["Location"].startswith(reverse("mfa_index"))
    demonstration.give_public_codes(person, totp_secret(person.username))
    asked = client.get(DESK)
    assert asked["Location"].startswith(reverse("mfa_reauthenticate"))
    answer = client.post(asked["Location"], {"code": right_code(person), "next": DESK})
    assert answer["Location"] == DESK
    assert client.get(DESK).status_code == 200


def test_a_code_serves_once(world: World) -> None:
    person = with_password(world.case_officer["bureau"])
    code = right_code(person)
    assert signed_in(person).post(CODE, {"code": code})["Location"] == DESK
    again = signed_in(person)
    assert again.post(CODE, {"code": code}).status_code == 200
    assert again.get(DESK)["Location"].startswith(reverse("accounts:sign-in"))


def test_codes_cannot_be_guessed_at_will(world: World) -> None:
    person = with_password(world.case_officer["bureau"])
    client = signed_in(person)
    for guess in range(5):
        client.post(CODE, {"code": f"{guess:06d}"})
    client = signed_in(person)  # a new session starts no new count
    refused = client.post(CODE, {"code": right_code(person)})
    assert refused.status_code == 200
    assert client.get(DESK)["Location"].startswith(reverse("accounts:sign-in"))


def test_a_removed_office_is_gone_at_the_next_request(world: World) -> None:
    person = with_password(world.case_officer["bureau"])
    client = signed_in(person)
    client.post(CODE, {"code": right_code(person)})
    assert client.get(reverse("supervision:board")).status_code == 200
    Officer.objects.filter(person=person).update(ends=timezone.localdate(), starts="2020-01-01")
    Officer.objects.filter(person=person).update(ends="2020-01-02")
    assert client.get(reverse("supervision:board")).status_code == 404


def test_secrets_are_not_readable_in_the_database(world: World) -> None:
    person = with_password(world.case_officer["bureau"])
    RecoveryCodes.activate(person)
    stored = str(list(Authenticator.objects.filter(user=person).values_list("data", flat=True)))
    assert totp_secret(person.username) not in stored
    assert Authenticator.objects.get(user=person, type="recovery_codes").wrap().get_unused_codes()


def test_a_reset_forgets_the_factors_and_ends_the_sessions(world: World) -> None:
    person = with_password(world.case_officer["bureau"])
    client = signed_in(person)
    client.post(CODE, {"code": right_code(person)})
    reset_second_factor(person)
    assert client.get(DESK)["Location"].startswith(reverse("accounts:sign-in"))
    assert signed_in(person).get(DESK)["Location"].startswith(reverse("mfa_index"))


def test_the_page_shows_a_code_in_the_demonstration_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = with_password(world.case_officer["bureau"])
    assert "demo-code" not in signed_in(person).get(CODE).text
    demo = shidian_settings().model_copy(update={"demo": True})
    monkeypatch.setattr(demonstration, "settings", lambda: demo)
    # Its code changes every half minute, perhaps while the page is made.
    before, page, after = right_code(person), signed_in(person).get(CODE).text, right_code(person)
    assert before in page or after in page

    # A factor that a person has set up is theirs, in a demonstration too.
    own = Authenticator.objects.get(user=person)
    del own.data[demonstration.MARK]
    own.save()
    assert "demo-code" not in signed_in(person).get(CODE).text


def test_listing_sessions_costs_the_same_for_one_and_three(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    person = with_password(world.signer, codes=False)
    client = signed_in(person)
    for count in (1, 3):
        with django_assert_num_queries(4):
            page = client.get(reverse("accounts:sessions"))
        assert page.text.count("agent") == count
        for _ in range(2):
            signed_in(person)


def test_nobody_ends_a_session_of_somebody_else(world: World) -> None:
    from allauth.usersessions.models import UserSession

    victim = signed_in(with_password(world.signer, codes=False))
    other = signed_in(with_password(world.rival_signer, codes=False))
    theirs = UserSession.objects.get(user=world.signer)
    other.post(reverse("accounts:end-session"), {"session": theirs.pk})
    assert victim.get(DESK).status_code == 200
    for wrong in ("", "x", "٣"):
        assert other.post(reverse("accounts:end-session"), {"session": wrong}).status_code == 302


def test_a_changed_password_ends_the_other_sessions_and_is_told(
    world: World, mailoutbox: list[object]
) -> None:
    person = with_password(world.signer, codes=False)
    person.email = "signer@firm.example"
    person.save()
    here, there = signed_in(person), signed_in(person)
    answer = here.post(
        reverse("accounts:password"),
        {
            "old_password": PASSWORD,
            "new_password1": "another-long-one",
            "new_password2": "another-long-one",
        },
    )
    assert answer.status_code == 302
    assert here.get(reverse("accounts:sessions")).text.count("agent") == 1
    assert there.get(DESK)["Location"].startswith(reverse("accounts:sign-in"))
    assert len(mailoutbox) == 1
    assert AUTHENTICATION_METHODS_SESSION_KEY in here.session
