"""Using and keeping a second factor: the sign-in library's pages under this house's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account import views as account
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import views as base
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse

from shidian.apps.accounts import second_factor as factor
from shidian.apps.accounts.access import rule
from shidian.apps.accounts.demonstration import code_now
from shidian.apps.accounts.models import Person

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpResponse


class CodeView(base.AuthenticateView):  # type: ignore[misc]
    """The second step of signing in. In the demonstration the page shows the code itself."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().get_context_data(**kwargs)
        person = self.stage.login.user
        kinds = set(Authenticator.objects.filter(user=person).values_list("type", flat=True))
        return found | {"demo_code": code_now(person), "has_passkey": "webauthn" in kinds}


class CodeAgainView(base.ReauthenticateView):  # type: ignore[misc]
    """The code once more, before something that protects the account is changed."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().get_context_data(**kwargs)
        return found | {"demo_code": code_now(self.request.user)}


class SecurityView(base.IndexView):  # type: ignore[misc]
    """What protects the account, and what is missing."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().get_context_data(**kwargs)
        required = isinstance(self.request.user, Person) and factor.must_use(self.request.user)
        return found | {"required": required, "missing": factor.is_missing_in(self.request)}


class RemovePasskeyView(webauthn.RemoveWebAuthnView):  # type: ignore[misc]
    """Removes a passkey, unless an office requires it."""

    def form_valid(self, form: forms.Form) -> HttpResponse:
        adapter = get_adapter()
        if not adapter.can_delete_authenticator(self.get_object()):
            refusal = adapter.error_messages["cannot_delete_authenticator"]
            messages.error(self.request, refusal)
            return HttpResponseRedirect(reverse("mfa_index"))
        response: HttpResponse = super().form_valid(form)
        return response


# Before the second factor is used: what leads to it, and nothing else.
_on_the_way = rule("signed-in", second_factor=False)
authenticate = rule("public")(CodeView.as_view())
sign_in_with_passkey = rule("public")(webauthn.login_webauthn)
password_again = _on_the_way(account.reauthenticate)
code_again = _on_the_way(CodeAgainView.as_view())
passkey_again = _on_the_way(webauthn.reauthenticate_webauthn)
security = _on_the_way(SecurityView.as_view())
activate_totp = _on_the_way(totp.activate_totp)
add_passkey = _on_the_way(webauthn.add_webauthn)

_signed_in = rule("signed-in")
deactivate_totp = _signed_in(totp.deactivate_totp)
passkeys = _signed_in(webauthn.list_webauthn)
rename_passkey = _signed_in(webauthn.edit_webauthn)
remove_passkey = _signed_in(RemovePasskeyView.as_view())
recovery_codes = _signed_in(recovery.view_recovery_codes)
new_recovery_codes = _signed_in(recovery.generate_recovery_codes)
download_recovery_codes = _signed_in(recovery.download_recovery_codes)
