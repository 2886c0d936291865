"""Institution: a firm that leads, joins or assesses, with its licences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from shidian.apps.accounts.models.named import Named
from shidian.apps.accounts.uscc import validate_lei, validate_uscc

if TYPE_CHECKING:
    from datetime import date


class Institution(Named):
    """A firm. `kind` is one of the institution kinds that rulebooks name, or `assessor-body`."""

    uscc = models.CharField(
        max_length=18, unique=True, null=True, blank=True, validators=[validate_uscc]
    )
    """统一社会信用代码: 18 characters, the last one checks the others."""
    lei = models.CharField(
        max_length=20, unique=True, null=True, blank=True, validators=[validate_lei]
    )
    """Legal Entity Identifier (ISO 17442): what names a firm without a USCC."""
    kind = models.CharField(max_length=64)
    created = models.DateTimeField(auto_now_add=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    """When an officer found that the firm and its licences are what it says; empty: not yet."""
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    """Empty where the operator registered it."""
    refused = models.CharField(max_length=500, blank=True)
    """Why an officer did not confirm the registration, as the firm reads it."""

    class Meta:
        default_permissions = ()
        ordering = ("name_zh",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(uscc__isnull=False) | models.Q(lei__isnull=False),
                name="institution_has_a_code",
                violation_error_message=_(
                    "Give the Unified Social Credit Code or the Legal Entity Identifier."
                ),
            ),
        )

    @property
    def code(self) -> str:
        """What names it on papers: its USCC, else its LEI."""
        return self.uscc or self.lei or ""

    def has_licence_on(self, day: date) -> bool:
        """Whether one of its licences is in force on that day."""
        return any(licence.is_valid_on(day) for licence in self.licences.all())


class Licence(models.Model):
    """A licence that an institution holds."""

    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="licences")
    title = models.CharField(max_length=200)
    number = models.CharField(max_length=100)
    issued_by = models.CharField(max_length=200, blank=True)
    issued_on = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=("institution", "number"), name="licence_once"),
        )

    def __str__(self) -> str:
        return f"{self.title} {self.number}"

    def is_valid_on(self, day: date) -> bool:
        """Whether the licence is in force on that day; days left open do not bound it."""
        begun = self.issued_on is None or self.issued_on <= day
        return begun and (self.expires_on is None or day <= self.expires_on)
