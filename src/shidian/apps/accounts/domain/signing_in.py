"""How often a password may be guessed."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.utils import timezone

from shidian.apps.accounts.models import SignInFailure

WINDOW = timedelta(minutes=15)
FROM_ONE_ADDRESS_MAX = 10
"""Failures on one account from one address within the window; then that address waits."""
OF_ONE_ACCOUNT_MAX = 100
"""Failures on one account from anywhere. Higher, since it shuts its owner out as well."""


def may_try_to_sign_in(*, account: str, address: str, at: datetime | None = None) -> bool:
    """Whether the password may be looked at: neither limit on this account is reached."""
    since = (at or timezone.now()) - WINDOW
    failures = SignInFailure.objects.filter(account_sha256=_digest(account), at__gt=since)
    return (
        failures.filter(address=address).count() < FROM_ONE_ADDRESS_MAX
        and failures.count() < OF_ONE_ACCOUNT_MAX
    )


def note_failed_sign_in(*, account: str, address: str, at: datetime | None = None) -> None:
    """Count a failure, and forget those that count no more."""
    moment = at or timezone.now()
    SignInFailure.objects.filter(at__lte=moment - WINDOW).delete()
    SignInFailure.objects.create(account_sha256=_digest(account), address=address, at=moment)


def _digest(account: str) -> str:
    return hashlib.sha256(account.strip().lower().encode()).hexdigest()
