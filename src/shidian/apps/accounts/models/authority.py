"""Authority: a state organ or body that takes part in schemes."""

from __future__ import annotations

from django.db import models

from shidian.apps.accounts.models.named import Named


class Authority(Named):
    """An authority. Which part it plays in a scheme is said there (`cases.SchemeAuthority`)."""

    code = models.SlugField(max_length=64, unique=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        verbose_name_plural = "authorities"
        ordering = ("code",)
