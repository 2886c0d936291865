"""Ending sessions, and giving a person who lost everything a way back in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shidian.apps.accounts.models import Person


def end_sessions(sessions: Iterable[UserSession]) -> int:
    """End these sessions: their next request is nobody's. Returns how many there were."""
    count = 0
    for session in sessions:
        session.end()
        count += 1
    return count


def reset_second_factor(person: Person) -> None:
    """An operator's act: forget every factor and recovery code, and end every session.

    An officer then gets a new one at the next sign-in, before any other page opens.
    """
    Authenticator.objects.filter(user=person).delete()
    end_sessions(UserSession.objects.filter(user=person))
