"""AccessRow: someone may, or may not, see a case from one moment to another."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from shidian.apps.accounts.models import Authority, Institution
from shidian.apps.cases.models.case import Case
from shidian.apps.cases.models.case_event import CaseEvent


class AccessEffect(models.TextChoices):
    """Which way a row works."""

    GRANT = "grant"
    DENY = "deny"


class AccessRow(models.Model):
    """Grants or denies one person, authority or institution one case. A denial beats every grant.

    Made and ended by events: `because` begins it, `ended_because` ends it.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="access")
    effect = models.CharField(max_length=8, choices=AccessEffect.choices)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="access"
    )
    authority = models.ForeignKey(
        Authority, null=True, on_delete=models.PROTECT, related_name="access"
    )
    institution = models.ForeignKey(
        Institution, null=True, on_delete=models.PROTECT, related_name="access"
    )
    starts = models.DateTimeField()
    ends = models.DateTimeField(null=True)
    because = models.ForeignKey(CaseEvent, on_delete=models.PROTECT, related_name="+")
    ended_because = models.ForeignKey(
        CaseEvent, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        default_permissions = ()
        constraints = (
            models.CheckConstraint(
                condition=(
                    models.Q(person__isnull=False, authority=None, institution=None)
                    | models.Q(person=None, authority__isnull=False, institution=None)
                    | models.Q(person=None, authority=None, institution__isnull=False)
                ),
                name="access_row_has_one_subject",
            ),
        )
        # Holds all that `visible_to` asks, so that no row is read for it.
        indexes = (
            models.Index(
                fields=(
                    *("case", "effect", "authority", "person", "institution"),
                    *("starts", "ends"),
                ),
                name="access_case_effect_reached",
            ),
        )

    def __str__(self) -> str:
        return f"{self.effect} {self.case_id}"
