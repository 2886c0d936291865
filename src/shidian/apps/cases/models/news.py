"""News for a person, the mail that carries it, and how the person wants to be told."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from shidian.apps.cases.models.case import Case
from shidian.apps.cases.models.coaching import Coaching
from shidian.apps.cases.models.matching import PartnerContact
from shidian.apps.cases.models.outbox import Outbox
from shidian.apps.cases.querysets import NewsQuerySet


class Pace(models.TextChoices):
    """When mail about something goes to a person."""

    AT_ONCE = "at-once", _("at once")
    DAILY = "daily", _("once a day, together")
    NONE = "none", _("not by mail")


class MailChoice(models.Model):
    """How one person wants to be told by mail. Who chose nothing is told at once.

    `duties`: what asks them to act, or runs against them; never `none`. `other`: the rest.
    """

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mail_choice"
    )
    duties = models.CharField(max_length=8, choices=Pace.choices, default=Pace.AT_ONCE)
    other = models.CharField(max_length=8, choices=Pace.choices, default=Pace.AT_ONCE)

    class Meta:
        default_permissions = ()
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(duties=Pace.NONE.value), name="duties_are_not_silenced"
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_id}: {self.duties}, {self.other}"


class Mail(models.Model):
    """One letter by mail to one person. What it says is put together when it is sent.

    Whoever sends it moves `next_attempt_at` away first, so that nobody else does meanwhile.
    `dropped_at`: there was nothing left in it that the person may know.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="mails"
    )
    digest_on = models.DateField(null=True)
    """The day whose news it gathers; none: one piece of news, at once."""
    made_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("person", "digest_on"),
                condition=models.Q(digest_on__isnull=False),
                name="one_digest_a_day",
            ),
        )
        indexes = (
            models.Index(
                fields=("next_attempt_at",),
                condition=models.Q(sent_at__isnull=True, dropped_at__isnull=True),
                name="mail_to_send",
            ),
        )

    def __str__(self) -> str:
        return f"mail {self.pk}"

    @property
    def message_id(self) -> str:
        """The same at every attempt: by it a mailbox knows a letter that it has already."""
        domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ") or "localhost"
        return f"<shidian-{self.pk}-{self.made_at:%Y%m%d%H%M%S%f}@{domain}>"


class NewsItem(models.Model):
    """That something happened which concerns one person: of a case, a question, a contact, or of a

    `subject` that an app above registered (`cases.news_subjects`), by its `reference`.

    Never what happened in it: that stands behind the case's own page, which checks access. Listed
    by `reaching`, so that it is gone with the access.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="news", db_index=False
    )
    outbox = models.ForeignKey(Outbox, on_delete=models.PROTECT, related_name="news")
    kind = models.CharField(max_length=40)
    """An `EventKind`, or a word of `cases.news_kinds` for what happens beside the procedure."""
    duty = models.BooleanField()
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="news")
    coaching = models.ForeignKey(Coaching, null=True, on_delete=models.PROTECT, related_name="news")
    contact = models.ForeignKey(
        PartnerContact, null=True, on_delete=models.PROTECT, related_name="news"
    )
    subject = models.CharField(max_length=20, blank=True, db_default="")
    reference = models.CharField(max_length=80, blank=True, db_default="")
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    pace = models.CharField(max_length=8, choices=Pace.choices)
    """As the person had chosen when it came; `none` as well for who has no address."""
    mail = models.ForeignKey(Mail, null=True, on_delete=models.PROTECT, related_name="items")
    held = models.BooleanField(default=False, db_default=False)
    """Its mail is a draft: it waits until an officer releases it, or says that none goes."""
    mail_decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    mail_decided_at = models.DateTimeField(null=True)
    mail_reason = models.CharField(max_length=500, blank=True, db_default="")
    """Why no mail goes, where an officer said so."""

    objects = NewsQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ("-at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("person", "outbox"), name="news_told_once"),
            models.CheckConstraint(
                condition=(
                    models.Q(case__isnull=False, coaching=None, contact=None, subject="")
                    | models.Q(case=None, coaching__isnull=False, contact=None, subject="")
                    | models.Q(case=None, coaching=None, contact__isnull=False, subject="")
                    | (
                        models.Q(case=None, coaching=None, contact=None)
                        & ~models.Q(subject="")
                        & ~models.Q(reference="")
                    )
                ),
                name="news_of_one_thing",
            ),
        )
        indexes = (
            models.Index(fields=("person", "-at"), name="news_of_person"),
            models.Index(
                fields=("person",), condition=models.Q(read_at__isnull=True), name="news_unread"
            ),
            models.Index(
                fields=("person", "at"),
                condition=models.Q(mail__isnull=True, pace="daily"),
                name="news_for_digest",
            ),
            models.Index(fields=("case",), condition=models.Q(held=True), name="news_mail_drafts"),
        )

    def __str__(self) -> str:
        return f"{self.person_id}: {self.kind}"
