"""RulebookVersion: one published rulebook. Published once, never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

from shidian.apps.cases.models.scheme import Scheme

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Rulebook


class RulebookVersion(models.Model):
    """The resolved document that governs cases. Append-only, enforced by triggers.

    `document` is the explicit document with provenance; `digest` covers it whole, `rules_digest`
    leaves out titles, translations and sources. Both read `sha256:<64 hex>`.
    """

    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="rulebooks")
    version = models.CharField(max_length=32)
    status = models.CharField(max_length=16)
    """One of `core.rulebook.model.Status`; a sketch cannot open a call."""
    digest = models.CharField(max_length=71, unique=True)
    rules_digest = models.CharField(max_length=71)
    document = models.JSONField()
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        default_permissions = ()
        ordering = ("scheme", "pk")
        constraints = (
            models.UniqueConstraint(fields=("scheme", "version"), name="rulebook_published_once"),
        )

    def __str__(self) -> str:
        return f"{self.scheme.slug} {self.version}"

    @property
    def rulebook(self) -> Rulebook:
        """The typed rules, parsed once per process."""
        from shidian.apps.cases.rulebooks import rulebook_of

        return rulebook_of(self.pk, self.digest)
