"""Scheme: one pilot regime of one region, and the authorities that carry it."""

from __future__ import annotations

from django.db import models

from shidian.apps.accounts.models import Authority
from shidian.apps.cases.models.titled import Titled


class Scheme(Titled):
    """One pilot regime. Its rules are its rulebook versions; `slug` is the rulebook's id."""

    slug = models.SlugField(max_length=64, unique=True)
    authorities = models.ManyToManyField(
        Authority, through="SchemeAuthority", related_name="schemes"
    )

    class Meta:
        default_permissions = ()
        ordering = ("slug",)


class SchemeAuthority(models.Model):
    """The part an authority plays in a scheme. `local_id` is its id in the scheme's rulebooks."""

    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="parts")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="parts")
    local_id = models.CharField(max_length=64)
    role = models.CharField(max_length=16)
    """One of `core.rulebook.model.AuthorityRole`."""

    class Meta:
        default_permissions = ()
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("scheme", "authority"), name="scheme_authority_once"),
            models.UniqueConstraint(fields=("scheme", "local_id"), name="scheme_local_id_once"),
        )

    def __str__(self) -> str:
        return f"{self.scheme.slug}/{self.local_id}"
