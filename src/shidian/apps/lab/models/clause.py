"""From pilot to clause: difficulties with their evidence, and wordings that would end them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from shidian.apps.accounts.models import Institution
from shidian.apps.cases.models import Scheme
from shidian.apps.lab.models.draft import RulebookDraft
from shidian.apps.supervision.models import Pilot


class Difficulty(models.Model):
    """What a pilot met with under a clause that it tests. Append-only."""

    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="difficulties")
    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="difficulties")
    clause = models.CharField(max_length=64)
    """Id of the clause in the rulebook that governs the pilot's case."""
    rulebook_digest = models.CharField(max_length=71)
    text = models.TextField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    institution = models.ForeignKey(
        Institution, null=True, on_delete=models.PROTECT, related_name="+"
    )
    """The lead institution for which it was recorded; None: an officer recorded it."""
    authority = models.CharField(max_length=64, blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("-recorded_at", "-pk")

    def __str__(self) -> str:
        return f"{self.clause}: {self.text[:40]}"


class EvidenceKind(models.TextChoices):
    """What supports a difficulty."""

    TEXT = "text", _("account")
    FILE = "file", _("document")
    ALERT = "alert", _("alert")
    INDICATOR = "indicator", _("indicator")


class Evidence(models.Model):
    """One piece of evidence. A document is kept by its hash; an alert or a value is named.

    `reference`: the alert's episode or the indicator's id. Append-only.
    """

    difficulty = models.ForeignKey(Difficulty, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=12, choices=EvidenceKind.choices)
    text = models.TextField(blank=True)
    reference = models.CharField(max_length=80, blank=True)
    name = models.CharField(max_length=200, blank=True)
    """File name as uploaded, without folders."""
    size_bytes = models.PositiveIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("difficulty", "pk")

    def __str__(self) -> str:
        return self.name or self.reference or self.text[:40]

    @property
    def path(self) -> str:
        """Where a document's bytes lie in the storage."""
        return f"evidence/{self.sha256[:2]}/{self.sha256}"


class Wording(models.Model):
    """A sentence proposed for a clause by a draft; the newest version counts. Append-only."""

    draft = models.ForeignKey(RulebookDraft, on_delete=models.PROTECT, related_name="wordings")
    clause = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    old_zh = models.TextField()
    old_en = models.TextField()
    """What the clause said when the sentence was proposed."""
    new_zh = models.TextField()
    new_en = models.TextField()
    because_zh = models.TextField()
    because_en = models.TextField(blank=True)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    written_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("draft", "clause", "version")
        constraints = (
            models.UniqueConstraint(
                fields=("draft", "clause", "version"), name="wording_version_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.draft_id} {self.clause} v{self.version}"


class WordingGround(models.Model):
    """A difficulty on which a proposed wording rests. Append-only."""

    wording = models.ForeignKey(Wording, on_delete=models.PROTECT, related_name="grounds")
    difficulty = models.ForeignKey(Difficulty, on_delete=models.PROTECT, related_name="grounds")

    class Meta:
        default_permissions = ()
        ordering = ("wording", "pk")
        constraints = (
            models.UniqueConstraint(fields=("wording", "difficulty"), name="wording_ground_once"),
        )

    def __str__(self) -> str:
        return f"{self.wording_id} ← {self.difficulty_id}"
