"""Coaching: a firm asks an authority something before it applies. Decides nothing."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from shidian.apps.accounts.models import Authority, Institution
from shidian.apps.cases.models.scheme import Scheme
from shidian.apps.cases.querysets import CoachingQuerySet


class Coaching(models.Model):
    """One question of an institution under a scheme, to one of its authorities, and the answer.

    No case knows of it: what is said here is no part of any file, and binds nobody.
    """

    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="coachings")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="coachings")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="coachings")
    subject = models.CharField(max_length=200)
    question = models.TextField()
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    due = models.DateField(null=True)
    """Last day to answer, where the rulebook names a period."""
    rulebook_version = models.ForeignKey(
        "cases.RulebookVersion", on_delete=models.PROTECT, related_name="+"
    )
    """By whose rules it is due."""
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True)

    objects = CoachingQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = (models.F("due").asc(nulls_last=True), "pk")
        indexes = (
            models.Index(
                fields=("authority", "due"),
                condition=models.Q(answered_at__isnull=True, withdrawn_at__isnull=True),
                name="coaching_open",
            ),
        )

    def __str__(self) -> str:
        return self.subject

    @property
    def is_open(self) -> bool:
        """Whether an answer is still awaited."""
        return self.answered_at is None and self.withdrawn_at is None
