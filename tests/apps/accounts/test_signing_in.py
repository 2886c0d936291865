"""Passwords cannot be guessed at will, and a guesser cannot easily shut the owner out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from shidian.apps.accounts.domain import may_try_to_sign_in, note_failed_sign_in, signing_in
from shidian.apps.accounts.models import SignInFailure
from tests.factories import make_person

pytestmark = pytest.mark.django_db
PASSWORD = "right-and-long-enough"


def fail(times: int, *, address: str = "192.0.2.1", **given) -> None:
    for _ in range(times):
        note_failed_sign_in(account="lin", address=address, **given)


def test_ten_failures_stop_one_address_and_no_other():
    fail(signing_in.FROM_ONE_ADDRESS_MAX - 1)
    assert may_try_to_sign_in(account="lin", address="192.0.2.1")
    fail(1)
    assert not may_try_to_sign_in(account=" LIN ", address="192.0.2.1")
    assert may_try_to_sign_in(account="lin", address="192.0.2.2")
    assert may_try_to_sign_in(account="wang", address="192.0.2.1")


def test_an_account_guessed_from_everywhere_rests():
    for number in range(signing_in.OF_ONE_ACCOUNT_MAX):
        fail(1, address=f"192.0.2.{number}")
    assert not may_try_to_sign_in(account="lin", address="198.51.100.1")


def test_failures_count_for_a_quarter_of_an_hour_and_are_forgotten():
    before = timezone.now() - signing_in.WINDOW - timedelta(seconds=1)
    fail(signing_in.FROM_ONE_ADDRESS_MAX, at=before)
    assert may_try_to_sign_in(account="lin", address="192.0.2.1")
    fail(1)
    assert SignInFailure.objects.count() == 1


def test_after_too_many_failures_the_right_password_waits_too(client):
    person = make_person("lin")
    person.set_password(PASSWORD)
    person.save()
    page = reverse("accounts:sign-in")
    for _ in range(signing_in.FROM_ONE_ADDRESS_MAX):
        client.post(page, {"username": "lin", "password": "wrong"})
    refused = client.post(page, {"username": "Lin", "password": PASSWORD})
    assert "一刻钟" in refused.text
    assert "lin" not in str(list(SignInFailure.objects.values()))

    SignInFailure.objects.all().delete()
    assert client.post(page, {"username": "Lin", "password": PASSWORD}).status_code == 302
