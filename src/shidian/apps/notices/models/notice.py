"""Notice: one fixed public text about a case or a rulebook's draft, with a window for comments."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language

from shidian.apps.cases.models import Case, CaseEvent, Scheme


class Notice(models.Model):
    """A public notice. Its text never changes; another text is another version. Append-only.

    It is about a case, or about a draft of a scheme's rules: never both, never neither. Drafts lie
    in an app above this one, so that a draft is named by its slug (see `subjects`).
    """

    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="notices")
    scheme = models.ForeignKey(Scheme, null=True, on_delete=models.PROTECT, related_name="+")
    """Of a draft; a case knows its own."""
    draft = models.SlugField(max_length=96, blank=True)
    version = models.PositiveSmallIntegerField()
    slug = models.SlugField(max_length=110, unique=True)
    """Public name in URLs: `n-2026-0003`; says nothing of the case's reference."""
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200, blank=True)
    body_zh = models.TextField()
    body_en = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64)
    """Of the canonical JSON of titles and bodies."""
    opens_on = models.DateField()
    closes_on = models.DateField(null=True)
    """Last day for comments; None: the rulebook sets no clock, or its calendar is missing."""
    comments_taken = models.BooleanField(default=False)
    premoderation = models.BooleanField(default=True)
    opened = models.OneToOneField(CaseEvent, null=True, on_delete=models.PROTECT, related_name="+")
    """The case's event; a draft keeps events of its own."""

    class Meta:
        default_permissions = ()
        ordering = ("-opens_on", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("case", "version"), name="notice_version_once"),
            models.UniqueConstraint(
                fields=("draft", "version"),
                condition=~models.Q(draft=""),
                name="notice_draft_version_once",
            ),
            models.CheckConstraint(
                condition=(
                    models.Q(case__isnull=False, opened__isnull=False, scheme=None, draft="")
                    | (models.Q(case=None, opened=None, scheme__isnull=False) & ~models.Q(draft=""))
                ),
                name="notice_of_a_case_or_a_draft",
            ),
        )

    def __str__(self) -> str:
        """The title in the active language; Chinese where there is no English one."""
        english = not (get_language() or "zh-hans").startswith("zh")
        return (english and self.title_en) or self.title_zh
