"""The second factor: who must use one, and whether this session did.

A session remembers how its person proved who they are (allauth's records). Whether somebody *has* a
second factor does not open a page; that this session *used* one does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.dispatch import receiver
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from shidian.apps.accounts.roles import roles_of

if TYPE_CHECKING:
    from django.http import HttpRequest

    from shidian.apps.accounts.models import Person

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""Recovery codes stand in for one of these; alone they are none."""


def must_use(person: Person) -> bool:
    """Officers of every kind, auditors and the national body's among them; others may."""
    return roles_of(person).is_officer


def used_in(request: HttpRequest) -> bool:
    """Whether this session proved a second factor."""
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" for record in records)


def is_missing_in(request: HttpRequest) -> bool:
    """Whether pages stay closed in this session until a second factor is used."""
    return not used_in(request) and must_use(request.user)  # type: ignore[arg-type]


def way_to(request: HttpRequest) -> HttpResponseRedirect:
    """Where the person uses their second factor, or, having none yet, gets one; then back here."""
    methods = get_adapter().get_reauthentication_methods(request.user)
    confirming = [method["url"] for method in methods if method["id"].startswith("mfa")]
    page = confirming[0] if confirming else reverse("mfa_index")
    return HttpResponseRedirect(f"{page}?{urlencode({'next': request.get_full_path()})}")


@receiver(authenticator_added)
def remember_proof(request: HttpRequest, authenticator: Authenticator, **_more: Any) -> None:
    """Who has just set a factor up has shown that it works: this session has used it."""
    if authenticator.type in FACTORS:
        record_authentication(
            request, request.user, "mfa", id=authenticator.pk, type=authenticator.type
        )
