"""ExplanatoryNote: why the rules should change (起草说明), generated and remarked upon."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from shidian.apps.lab.models.draft import DraftRevision, RulebookDraft


class ExplanatoryNote(models.Model):
    """One version of a draft's note. Append-only.

    `body`: `{sections: [{title, lines, internal}], made_from: {…}}`, every text `{zh, en}`, a
    function of what `made_from` names: the same inputs give the same body. `internal` lines are
    never published. `remarks` are the officers' words.
    """

    draft = models.ForeignKey(RulebookDraft, on_delete=models.PROTECT, related_name="notes")
    revision = models.ForeignKey(DraftRevision, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    body = models.JSONField()
    remarks_zh = models.TextField(blank=True)
    remarks_en = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64)
    """Of the canonical JSON of body and remarks."""
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    written_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("draft", "number")
        constraints = (models.UniqueConstraint(fields=("draft", "number"), name="note_once"),)

    def __str__(self) -> str:
        return f"{self.draft_id} n{self.number}"
