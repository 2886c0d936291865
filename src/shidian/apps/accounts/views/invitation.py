"""Taking a place by the link that was mailed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.core.validators import RegexValidator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts import domain
from shidian.apps.accounts.access import rule
from shidian.apps.accounts.models import Person
from shidian.apps.accounts.views.staff import attempt

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.accounts.models import Invitation


class AccountForm(forms.Form):
    """A new account for somebody who was invited."""

    name = forms.CharField(label=gettext_lazy("Your name"), max_length=100)
    username = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=64,
        help_text=gettext_lazy("Letters, digits, dots and hyphens. You sign in with it."),
        validators=[RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9.-]*\Z")],
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        help_text=gettext_lazy("At least ten characters, and none that everybody uses."),
        validators=[validate_password],
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


@rule("public")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Who asks whom to do what; then an account, or the one that is signed in."""
    found = domain.open_invitation(secret)
    if found is None:
        return render(request, "accounts/invitation_spent.html", status=410)
    if isinstance(request.user, Person):
        return _as_signed_in(request, found)
    form = AccountForm(request.POST or None, initial={"name": found.name})
    if request.method == "POST" and form.is_valid():
        new: list[Person] = []
        if attempt(
            form,
            lambda: new.append(domain.accept_invitation(invitation=found, **form.cleaned_data)),
        ):
            login = Login(user=new[0], redirect_url=reverse("cases:desk"))
            answer: HttpResponse = perform_password_login(
                request, {"username": new[0].username}, login
            )
            return answer
    context = {"invitation": found, "form": form}
    return render(request, "accounts/invitation.html", context, status=422 if form.errors else 200)


def _as_signed_in(request: HttpRequest, found: Invitation) -> HttpResponse:
    person = request.user
    form = forms.Form(request.POST or None)
    asked = request.method == "POST" and form.is_valid()
    if asked and attempt(
        form,
        lambda: domain.accept_invitation(invitation=found, person=person),  # type: ignore[arg-type]
    ):
        messages.success(request, _("You have joined %(firm)s.") % {"firm": found.institution})
        return redirect("cases:desk")
    context = {"invitation": found, "form": form}
    return render(request, "accounts/invitation.html", context, status=422 if form.errors else 200)
