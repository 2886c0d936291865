"""SentFile: a file that the public sent with a comment or a complaint. Append-only."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from shidian.apps.notices.models.comment import Comment


class SentFile(models.Model):
    """What came with a comment, or with a submission of that receipt. Never published.

    The bytes lie in the default storage under `path`, never served inline. A picture is kept
    without what it told besides: `sent_sha256` is of the file as its sender has it, `sha256` of
    what is kept.
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
        indexes: ClassVar = [models.Index(fields=("received_at",), name="sent_file_received")]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> str:
        """Where the bytes lie in the storage."""
        return f"sent/{self.sha256[:2]}/{self.sha256}"
