"""Notice: one fixed public text about a case or a rulebook's draft, with a window for comments."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import get_language

from shidian.apps.cases.models import Case, CaseEvent, Scheme


class Notice(models.Model):
    """A public notice. Its text never changes; another text is another version. Append-only, but
    that its last day can be moved away (`NoticeExtension` keeps each move).

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
    change_zh = models.TextField(blank=True)
    change_en = models.TextField(blank=True)
    """What changed materially against the version that it replaced while that was out, and why."""
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

    @property
    def replaced_by(self) -> Notice | None:
        """The next text on the same case: from then on this one takes no comments."""
        if self.case_id is None:
            return None
        later = Notice.objects.filter(case=self.case_id, version__gt=self.version)
        return later.order_by("version").first()

    @property
    def replaces(self) -> Notice | None:
        """The text before, on the same case."""
        if self.case_id is None:
            return None
        earlier = Notice.objects.filter(case=self.case_id, version__lt=self.version)
        return earlier.order_by("-version").first()


class NoticeExtension(models.Model):
    """A window made longer, by whom and why. Append-only; public, but for the person."""

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="extensions")
    before = models.DateField()
    """Its last day until then."""
    until = models.DateField()
    reason_zh = models.TextField()
    reason_en = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("notice", "pk")

    def __str__(self) -> str:
        return f"{self.notice_id} → {self.until}"


class NoticeSummary(models.Model):
    """What was made of the comments, said in public once the window is over; the newest counts."""

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="summaries")
    text_zh = models.TextField()
    text_en = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("notice", "pk")

    def __str__(self) -> str:
        return f"{self.notice_id} at {self.at}"
