"""Sign in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django import forms
from django.contrib.auth import logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from shidian.apps.accounts.access import rule
from shidian.apps.accounts.domain import may_try_to_sign_in, note_failed_sign_in

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class SignInForm(AuthenticationForm):
    """User name or e-mail address, and password."""

    username = forms.CharField(
        label=_("User name or e-mail address"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    error_messages = {  # noqa: RUF012 - Django's own attribute, never mutated
        "invalid_login": _("User name and password do not fit together. Mind capital letters."),
        "inactive": _("This account is closed."),
        "too_many": _("Too many attempts failed. Try again in a quarter of an hour."),
    }

    def clean(self) -> dict[str, Any]:
        """Look at the password, unless it was guessed wrong too often."""
        account = self.cleaned_data.get("username") or ""
        address = str(self.request.META.get("REMOTE_ADDR", "")) if self.request else ""
        if not may_try_to_sign_in(account=account, address=address):
            raise ValidationError(self.error_messages["too_many"], code="too_many")
        try:
            return super().clean()
        except ValidationError:
            note_failed_sign_in(account=account, address=address)
            raise


class SignInView(LoginView):
    """After the password the second factor, where there is one; then on to the page wanted."""

    form_class = SignInForm
    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        return reverse("cases:desk")

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        person = form.get_user()
        login = Login(user=person, redirect_url=self.get_success_url())
        credentials = {"username": person.get_username()}
        response: HttpResponse = perform_password_login(self.request, credentials, login)
        return response


sign_in = rule("public")(SignInView.as_view())


@rule("public")
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session; also one that stands between password and second factor."""
    logout(request)
    return redirect("home")
