"""Institution: a firm that leads, joins or assesses, with its licences."""

from __future__ import annotations

from django.db import models

from shidian.apps.accounts.models.named import Named
from shidian.apps.accounts.uscc import validate_lei, validate_uscc


class Institution(Named):
    """A firm. `kind` is one of the institution kinds that rulebooks name, or `assessor-body`."""

    uscc = models.CharField(max_length=18, unique=True, validators=[validate_uscc])
    """统一社会信用代码: 18 characters, the last one checks the others."""
    lei = models.CharField(max_length=20, blank=True, validators=[validate_lei])
    kind = models.CharField(max_length=64)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        ordering = ("name_zh",)


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
