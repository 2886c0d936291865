"""The letter that carries an invitation's link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings as django_settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from shidian.config import settings

if TYPE_CHECKING:
    from shidian.apps.accounts.models import Invitation


def send_invitation(invitation: Invitation, link: str) -> None:
    """Mail the link. Not by way of the outbox: what is kept there would be the secret itself."""
    text = _(
        "%(name)s,\n\n%(institution)s asks you to join it here as %(role)s. This link is yours"
        " alone, works once, and until %(day)s:\n\n%(link)s\n\n"
        "If you do not know why you get this, do nothing."
    ) % {
        "name": invitation.name,
        "institution": invitation.institution,
        "role": invitation.get_role_display(),
        "day": invitation.expires_at.date().isoformat(),
        "link": link,
    }
    if settings().demo:
        text = _("Demonstration.") + "\n\n" + text
    EmailMessage(
        subject=_("Invitation to join an institution"),
        body=text,
        from_email=django_settings.DEFAULT_FROM_EMAIL,
        to=[invitation.email],
    ).send()
