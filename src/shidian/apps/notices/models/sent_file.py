"""SentFile: a file that the public sent with a comment or a complaint. Append-only."""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from shidian.apps.notices.models.comment import Comment

_PLACE_BYTES = 8


class RemovalGround(models.TextChoices):
    """Why the bytes are gone."""

    INFECTED = "infected", _("the virus scanner found something in it")
    RETENTION = "retention", _("the time for which it is kept is over")
    LOST = "lost", _("its content was not found in the store")


def new_place() -> str:
    """What tells the bytes of one row from the same bytes of another."""
    return secrets.token_hex(_PLACE_BYTES)


class SentFile(models.Model):
    """What came with a comment, or with a submission of that receipt. Never published.

    The bytes lie in the default storage under `path`, never served inline. A picture is kept
    without what it told besides: `sent_sha256` is of the file as its sender has it, `sha256` of
    what is kept. What came sealed from the public zone `awaits_scan` until the scanner has seen it;
    nobody opens it before. Of one that was removed the row stays, with when and why, and by which
    rule where that happened by itself.
    """

    comment = models.ForeignKey(Comment, on_delete=models.PROTECT, null=True, related_name="files")
    receipt_sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    name = models.CharField(max_length=200)
    """As sent, without folders and signs that cannot be seen; its ending is the content's."""
    content_type = models.CharField(max_length=100)
    """Found in the bytes."""
    size_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    sent_sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    place = models.CharField(max_length=16, blank=True, db_default="", default="")
    """As `new_place` makes it. Empty in rows of earlier releases: the same bytes lay there once."""
    awaits_scan = models.BooleanField(default=False, db_default=False)
    removed_at = models.DateTimeField(null=True)
    ground = models.CharField(
        max_length=16, choices=RemovalGround.choices, blank=True, db_default="", default=""
    )
    automatic = models.JSONField(default=dict, db_default={}, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ("pk",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(comment__isnull=False, receipt_sha256="")
                | (models.Q(comment__isnull=True) & ~models.Q(receipt_sha256="")),
                name="sent_file_with_one_thing",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=("received_at",), name="sent_file_received"),
            models.Index(
                fields=("id",), condition=models.Q(awaits_scan=True), name="sent_file_unscanned"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> str:
        """Where the bytes lie in the storage."""
        name = f"{self.sha256}-{self.place}" if self.place else self.sha256
        return f"sent/{self.sha256[:2]}/{name}"

    @property
    def is_open(self) -> bool:
        """Whether the bytes are there to be fetched."""
        return self.removed_at is None and not self.awaits_scan
