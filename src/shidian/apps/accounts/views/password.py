"""Changing one's own password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.adapter import get_adapter
from allauth.account.signals import password_changed
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.views import PasswordChangeView
from django.urls import reverse
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import rule
from shidian.apps.accounts.domain import end_sessions

if TYPE_CHECKING:
    from django.contrib.auth.forms import PasswordChangeForm
    from django.http import HttpResponse


class ChangePasswordView(PasswordChangeView):
    """Asks for the old password. Every other session of the person ends by the change."""

    template_name = "accounts/password.html"

    def get_success_url(self) -> str:
        return reverse("mfa_index")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        response = super().form_valid(form)
        # The session has a new key now, under which it must be listed; the others open nothing.
        own = UserSession.objects.filter(user=form.user)
        end_sessions(own.exclude(session_key=self.request.session.session_key))
        password_changed.send(sender=type(form.user), request=self.request, user=form.user)
        get_adapter().send_notification_mail("account/email/password_changed", form.user)
        messages.success(
            self.request, _("The password is changed; your other sessions have ended.")
        )
        return response


change_password = rule("signed-in")(ChangePasswordView.as_view())
