"""Codes of the demonstration's accounts, which everyone may use and so need no phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.cache import cache

from shidian.config import settings

if TYPE_CHECKING:
    from shidian.apps.accounts.models import Person

MARK = "demonstration"
"""In an authenticator's data: its secret is published. Set when the demonstration is loaded."""


def give_public_codes(person: Person, secret: str) -> None:
    """Protect a demonstration account with a secret (base32) that is printed for everybody."""
    if not Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).exists():
        instance = TOTP.activate(person, secret).instance
        instance.data[MARK] = True
        instance.save()


def code_now(person: Person) -> str:
    """A code that this demonstration account can still use now; empty for every real account.

    Only where the whole installation is marked as a demonstration, and only where the account's
    secret was published from the start: one that a person has set up is never shown.
    """
    if not settings().demo:
        return ""
    instance = Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).first()
    if instance is None or not instance.data.get(MARK):
        return ""
    secret = get_adapter().decrypt(instance.data["secret"])
    before, now, after = yield_hotp_counters_from_time()
    for counter in (now, after, before):
        code: str = format_hotp_value(hotp_value(secret, counter))
        if cache.get(instance.wrap()._get_used_cache_key(code)) is None:  # noqa: SLF001
            return code
    return ""
