"""RulebookDraft: a proposed next version of a scheme's rules, and every text it ever had."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from shidian.apps.cases.models import RulebookVersion, Scheme
from shidian.apps.cases.models.titled import Titled
from shidian.apps.lab.querysets import DraftQuerySet


class DraftState(models.TextChoices):
    """Where a draft stands. Whether its text is sound is its newest check, not a state."""

    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("submitted for approval")
    PUBLISHED = "published", _("published")
    REJECTED = "rejected", _("rejected")


OPEN = (DraftState.DRAFT, DraftState.SUBMITTED)


class RulebookDraft(Titled):
    """A draft. Its texts are its revisions; `state` and the counters are copied from its events."""

    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="drafts")
    base = models.ForeignKey(RulebookVersion, on_delete=models.PROTECT, related_name="drafts")
    """The published version that the draft changes."""
    number = models.PositiveIntegerField()
    slug = models.SlugField(max_length=96, unique=True)
    """Name in addresses: `demo-city-draft-3`."""
    state = models.CharField(max_length=12, choices=DraftState.choices, default=DraftState.DRAFT)
    last_revision = models.PositiveIntegerField(default=0)
    last_seq = models.PositiveIntegerField(default=0)
    published = models.OneToOneField(
        RulebookVersion, null=True, on_delete=models.PROTECT, related_name="draft"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    objects = DraftQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ("-changed_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("scheme", "number"), name="draft_number_once"),
        )

    @property
    def is_open(self) -> bool:
        """Neither published nor rejected."""
        return self.state in OPEN


class DraftRevision(models.Model):
    """One saved text of a draft. Nothing is overwritten. Append-only, enforced by triggers."""

    draft = models.ForeignKey(RulebookDraft, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    """YAML as typed, with `\\n` at the ends of lines."""
    sha256 = models.CharField(max_length=64)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    saved_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("draft", "number")
        constraints = (
            models.UniqueConstraint(fields=("draft", "number"), name="draft_revision_once"),
        )

    def __str__(self) -> str:
        return f"{self.draft_id} r{self.number}"
