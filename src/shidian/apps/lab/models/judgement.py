"""CheckResult and Approval: what the machine and what two officers said of one text."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from shidian.apps.lab.models.draft import DraftRevision, RulebookDraft


class CheckResult(models.Model):
    """A check of one revision. Append-only; a base that changes is checked against anew.

    `problems`: `[{level, path, file, line, message: {zh, en}, expected: {zh, en}}]`, `level` one of
    error, warning, note. `digest` and `rules_digest` are empty where the text is no rulebook.
    """

    revision = models.ForeignKey(DraftRevision, on_delete=models.PROTECT, related_name="checks")
    sound = models.BooleanField()
    """No error: it could be published."""
    version = models.CharField(max_length=32, blank=True)
    digest = models.CharField(max_length=71, blank=True)
    rules_digest = models.CharField(max_length=71, blank=True)
    problems = models.JSONField(default=list)
    software = models.CharField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("revision", "pk")

    def __str__(self) -> str:
        return f"{self.revision_id} {'sound' if self.sound else 'unsound'}"


class Approval(models.Model):
    """An officer approved a dossier. It stands while the dossier is the draft's; it is kept anyhow.

    The dossier is the text, what it resolves to, the proposed wordings and the note's remarks: see
    `dossier`. Append-only.
    """

    draft = models.ForeignKey(RulebookDraft, on_delete=models.PROTECT, related_name="approvals")
    revision = models.ForeignKey(DraftRevision, on_delete=models.PROTECT, related_name="+")
    dossier_sha256 = models.CharField(max_length=64)
    digest = models.CharField(max_length=71)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    authority = models.CharField(max_length=64)
    """Id of the scheme's authority for which the officer acted."""
    signing = models.BooleanField()
    """Whether given as a signing officer."""
    reason = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("draft", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("draft", "dossier_sha256", "by"), name="draft_approval_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.draft_id} by {self.by_id}"
