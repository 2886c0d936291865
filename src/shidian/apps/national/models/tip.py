"""RiskTip: a risk that an authority points out to working groups, and who has read and answered."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import get_language, pgettext_lazy

from shidian.apps.accounts.models import Authority
from shidian.apps.cases.models import Scheme
from shidian.apps.national.querysets import TipQuerySet


class RiskTip(models.Model):
    """What was pointed out, as it was sent. `published`: it is meant for the public site as well,

    where it stands once another officer than its sender has put it there.

    `answer_by`: the last day on which working groups say what they did; None: they need not.
    """

    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="tips")
    reference = models.CharField(max_length=40, unique=True)
    subject = models.CharField(max_length=200)
    subject_en = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    text_en = models.TextField(blank=True)
    published = models.BooleanField(default=False)
    answer_by = models.DateField(null=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    sent_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    objects = TipQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ("-sent_at", "-pk")

    def __str__(self) -> str:
        return self.reference

    @property
    def title(self) -> str:
        """What it is about, in the active language where it was written in that."""
        return self._in_language(self.subject, self.subject_en)

    @property
    def body(self) -> str:
        """Its text, likewise."""
        return self._in_language(self.text, self.text_en)

    @property
    def is_public(self) -> bool:
        """Whether it stands on the public site. Reads the steps."""
        return any(one.kind == TipStepKind.PUBLISHED for one in self.steps.all())

    @property
    def waits(self) -> bool:
        """Whether another officer has yet to publish it. Reads the steps."""
        ends = {TipStepKind.PUBLISHED, TipStepKind.KEPT_BACK, TipStepKind.LIFTED}
        return self.published and not any(one.kind in ends for one in self.steps.all())

    @staticmethod
    def _in_language(zh: str, en: str) -> str:
        chinese = (get_language() or "zh-hans").startswith("zh")
        return zh if chinese or not en else en


class TipAddressee(models.Model):
    """A scheme to whose working group a tip was sent. `answered_at`: when it answered first."""

    tip = models.ForeignKey(RiskTip, on_delete=models.PROTECT, related_name="addressees")
    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="tips_received")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("scheme__slug",)
        constraints = (models.UniqueConstraint(fields=("tip", "scheme"), name="tip_once_a_scheme"),)

    def __str__(self) -> str:
        return f"{self.tip_id} → {self.scheme_id}"


class TipStepKind(models.TextChoices):
    """What happened to it."""

    SENT = "sent", pgettext_lazy("tip", "sent")
    READ = "read", pgettext_lazy("tip", "read")
    ANSWERED = "answered", pgettext_lazy("tip", "answered")
    PUBLISHED = "published", pgettext_lazy("tip", "published")
    KEPT_BACK = "kept-back", pgettext_lazy("tip", "not published")
    LIFTED = "lifted", pgettext_lazy("tip", "lifted")


class TipStep(models.Model):
    """One thing that happened to a tip. Append-only. `scheme`: of a working group's step."""

    tip = models.ForeignKey(RiskTip, on_delete=models.PROTECT, related_name="steps")
    scheme = models.ForeignKey(Scheme, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=TipStepKind)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(blank=True)

    class Meta:
        default_permissions = ()
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("tip", "scheme", "by"),
                condition=models.Q(kind="read"),
                name="tip_read_once",
            ),
            models.UniqueConstraint(
                fields=("tip",),
                condition=models.Q(kind__in=("published", "kept-back")),
                name="tip_publication_decided_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.tip_id} {self.kind}"
