"""Words of complaints that the public chooses from and learns: one list for both sides."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ComplaintChannel(models.TextChoices):
    """To whom the person turned first."""

    INSTITUTION = "institution", _("to the institution")
    AUTHORITY = "authority", _("to the authority")


class ComplaintCategory(models.TextChoices):
    """What it is about."""

    MISLED = "misled", _("I was told something that was not true")
    LOSS = "loss", _("I lost money")
    FEES = "fees", _("fees or refunds")
    FAULT = "fault", _("the system did not work as it should")
    DATA = "data", _("my personal data")
    LEAVING = "leaving", _("I was kept from leaving the pilot")
    OTHER = "other", _("something else")


class ComplaintState(models.TextChoices):
    """How far it is."""

    RECEIVED = "received", _("received")
    FORWARDED = "forwarded", _("with the institution")
    ACKNOWLEDGED = "acknowledged", _("the institution is looking into it")
    ANSWERED = "answered", _("answered by the institution")
    ESCALATED = "escalated", _("with the authority")
    CLOSED = "closed", _("closed")
