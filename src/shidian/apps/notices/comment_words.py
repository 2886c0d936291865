"""Words for how far a comment is, to who follows it by its receipt: one list for all zones."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class CommentProgress(models.TextChoices):
    """`received`: the public zone has it; `taken`: the authorities do."""

    RECEIVED = "received", _("received")
    TAKEN = "taken", _("with the authorities")
    PUBLISHED = "published", _("published")
    WITHHELD = "withheld", _("withheld")
    ANSWERED = "answered", _("answered")
    REFUSED = "refused", _("not taken")
