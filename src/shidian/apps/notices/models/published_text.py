"""PublishedText, PublishedName: the words and names by which the public finds what is published."""

from __future__ import annotations

from django.db import models

from shidian.apps.notices.models.snapshot import SnapshotKind


class TextPart(models.IntegerChoices):
    """Where words stand. What is found in a title comes before what is found in a text."""

    TITLE = 0
    TEXT = 1


class PublishedText(models.Model):
    """Tokens of one part of a current snapshot, in both languages, apart by single spaces.

    Kept by `publish_snapshot`, gone with `withdraw_snapshot`: what is off the site is not found.
    """

    kind = models.CharField(max_length=16, choices=SnapshotKind.choices)
    key = models.CharField(max_length=128)
    part = models.PositiveSmallIntegerField(choices=TextPart.choices)
    published_at = models.DateTimeField()
    tokens = models.TextField()

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=("kind", "key", "part"), name="published_text_once"),
        )
        indexes = (models.Index(fields=("kind", "key"), name="published_text_of"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.key}: {self.get_part_display()}"


class PublishedName(models.Model):
    """A number or name under which a published pilot is known. See `names`."""

    key = models.CharField(max_length=128)
    """The pilot's public id."""
    name = models.CharField(max_length=220, db_index=True)
    """As `names.plain` leaves it: what two people would type alike."""
    shape = models.CharField(max_length=220, db_index=True)
    """As `names.shape` leaves it: what looks alike."""

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("key", "name"), name="published_name_once"),)

    def __str__(self) -> str:
        return f"{self.key}: {self.name}"
