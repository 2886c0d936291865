"""DraftEvent: one thing that happened to a draft, with its legal effect."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from shidian.apps.lab.models.draft import RulebookDraft


class DraftEventKind(models.TextChoices):
    """What can happen to a draft."""

    STARTED = "draft.started", _("Draft started")
    REVISED = "draft.revised", _("Text saved")
    WORDED = "wording.proposed", _("Wording proposed")
    NOTED = "note.written", _("Explanatory note written")
    CONSULTED = "consultation.opened", _("Put out for consultation")
    COMMENTED = "comment.received", _("Comment received")
    ANSWERED = "comment.answered", _("Comment answered")
    CONCLUDED = "consultation.concluded", _("Consultation concluded")
    SUBMITTED = "draft.submitted", _("Submitted for approval")
    RETURNED = "draft.returned", _("Returned for revision")
    APPROVED = "draft.approved", _("Approved")
    PUBLISHED = "draft.published", _("Published as the scheme's rules")
    REJECTED = "draft.rejected", _("Rejected")


class DraftEvent(models.Model):
    """The history of a draft. Append-only, enforced by triggers."""

    draft = models.ForeignKey(RulebookDraft, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    """Counts from 1 within the draft, without gaps."""
    kind = models.CharField(max_length=32, choices=DraftEventKind.choices)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    """None: a member of the public, or the system."""
    authority = models.CharField(max_length=64, blank=True)
    legal_effect = models.CharField(max_length=40)
    """One of `core.rulebook.model.LegalEffect`."""
    data = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()
        ordering = ("draft", "seq")
        constraints = (models.UniqueConstraint(fields=("draft", "seq"), name="draft_event_once"),)

    def __str__(self) -> str:
        return f"{self.draft_id}/{self.seq} {self.kind}"
