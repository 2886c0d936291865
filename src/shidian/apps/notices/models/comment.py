"""Comment: what a member of the public said about a notice, and what became of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from shidian.apps.notices.models.notice import Notice


class CommentState(models.TextChoices):
    """Whether the public sees a comment."""

    RECEIVED = "received", _("received, not published yet")
    PUBLISHED = "published", _("published")
    WITHHELD = "withheld", _("withheld")


class Comment(models.Model):
    """A comment. The text stays as sent; state, answer and what is shown are set by officers."""

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="comments")
    receipt = models.CharField(max_length=32, unique=True)
    """Receipt number the sender keeps: `C-2026-7K3M-9QWD`; random, so that nobody can guess one."""
    name = models.CharField(max_length=100, blank=True)
    contact = models.CharField(max_length=200, blank=True)
    """Never published, never in events or logs."""
    body = models.TextField()
    shown = models.TextField(blank=True, db_default="")
    """The text as the public reads it, where parts of it are left out; else empty."""
    sha256 = models.CharField(max_length=64)
    proven = models.BooleanField(default=True)
    """Whether the sender's browser worked for it. One that did not is read before it is shown."""
    received_at = models.DateTimeField()
    state = models.CharField(
        max_length=12, choices=CommentState.choices, default=CommentState.RECEIVED
    )
    answer_zh = models.TextField(blank=True)
    answer_en = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("notice", "received_at", "pk")

    def __str__(self) -> str:
        return self.receipt


class CommentModeration(models.Model):
    """A decision to show or withhold a comment, and why. Append-only; another one reverses it."""

    comment = models.ForeignKey(Comment, on_delete=models.PROTECT, related_name="moderations")
    state = models.CharField(max_length=12, choices=CommentState.choices)
    reason = models.TextField(blank=True)
    left_out = models.TextField(blank=True, db_default="")
    """Passages that are not shown, as they stand in the text, one a line."""
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("comment", "pk")

    def __str__(self) -> str:
        return f"{self.comment_id} → {self.state}"
