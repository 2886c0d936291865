"""What the sign-in library is told about this house."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from shidian import keyring
from shidian.apps.accounts.second_factor import FACTORS, must_use
from shidian.config import settings as shidian_settings

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.accounts.models import Person

UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104 - an address that was not told, not one to listen on
SHOWN_MESSAGES = "mfa/"
"""Where the messages lie that are worth a line; that one has signed in is plain to see."""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are given by invitation; a second factor, once there, is what confirms a person."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account for themselves."""
        del request
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        del request
        return reverse("cases:desk")

    def post_login(self, request: HttpRequest, user: Person, **more: Any) -> HttpResponse:
        """On to the page wanted; on a first visit in the language that the person chose."""
        response: HttpResponse = super().post_login(request, user, **more)
        if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                user.language,
                samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
            )
        return response

    def respond_user_inactive(self, request: HttpRequest, user: Person) -> HttpResponse:
        """A closed account's passkey opens nothing."""
        del user
        messages.error(request, _("This account is closed."))
        return redirect("accounts:sign-in")

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that connects; a server behind a Unix socket is not told any."""
        return str(request.META.get("REMOTE_ADDR") or UNKNOWN_ADDRESS)

    def get_reauthentication_methods(self, user: Person) -> list[dict[str, Any]]:
        """A stolen password is not enough to change the second factor. A passkey goes first."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        factors = [one for one in methods if one["id"].startswith("mfa")]
        return sorted(factors, key=lambda one: not one["id"].endswith("webauthn")) or methods

    def add_message(self, request: HttpRequest, level: int, *args: Any, **more: Any) -> None:
        template = str(args[0] if args else more.get("message_template") or "")
        if not template or template.startswith(SHOWN_MESSAGES):
            super().add_message(request, level, *args, **more)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: Person,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """People have one address, which their institution or authority gave; there is no list."""
        if address := email or user.email:
            super().send_notification_mail(template_prefix, user, context, address)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """TOTP codes, passkeys and recovery codes."""

    error_messages = {  # noqa: RUF012 - the library's own attribute, never mutated
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": _(
            "Your office requires a second factor: add another one before you remove this one."
        ),
        "incorrect_code": _("This code is not right. A code serves once, and for about a minute."),
    }

    def encrypt(self, text: str) -> str:
        """Who reads the database, or a copy of it, cannot make codes: the key is a file."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """An officer's last factor stays."""
        if authenticator.type not in FACTORS or not must_use(authenticator.user):
            return True
        others = Authenticator.objects.filter(user=authenticator.user, type__in=FACTORS)
        return bool(others.exclude(pk=authenticator.pk).exists())

    def get_totp_label(self, user: Person) -> str:
        return user.username

    def generate_authenticator_name(self, user: Person, type: str) -> str:  # noqa: A002 - its name
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("Passkey %(number)d") % {"number": number}


def _cipher() -> Fernet:
    return Fernet(keyring.second_factor_key(shidian_settings().keys))
