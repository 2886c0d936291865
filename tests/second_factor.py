"""How people of the tests prove who they are: every officer's secret follows from the user name."""

from __future__ import annotations

import time

from demo.cast import TOTP_PERIOD_S, totp_code, totp_secret

_used: dict[str, set[str]] = {}
"""Codes that were taken already, by place and account: each serves once."""


def open_account(username: str, password: str) -> None:
    """Give someone a password, and who needs one a second factor. In a process with Django."""
    from shidian.apps.accounts.demonstration import give_public_codes
    from shidian.apps.accounts.models import Person
    from shidian.apps.accounts.second_factor import must_use

    person = Person.objects.get(username=username)
    person.set_password(password)
    person.save()
    if must_use(person):
        give_public_codes(person, totp_secret(username))


def fresh_code(site: str, username: str, server_time_s: float) -> str:
    """A code that the server takes and has not taken yet; waits where two were used just now."""
    began = time.monotonic()
    used = _used.setdefault(f"{site} {username}", set())
    while True:
        now = server_time_s + time.monotonic() - began
        # Not the one before: where all is slow it has passed when it arrives.
        for shift in (0, 1):
            code = totp_code(username, now + shift * TOTP_PERIOD_S)
            if code not in used:
                used.add(code)
                return code
        time.sleep(1)
