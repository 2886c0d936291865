"""What has a Chinese name and, where known, an English one."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language


class Named(models.Model):
    """Two columns of name; `name` is the one in the reader's language."""

    name_zh = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the active language; Chinese where there is no English one."""
        if (get_language() or "zh-hans").startswith("zh"):
            return self.name_zh
        return self.name_en or self.name_zh


class Tenure(models.Model):
    """A role held from one day to another, both included; no end: still held."""

    starts = models.DateField()
    ends = models.DateField(null=True, blank=True)

    class Meta:
        abstract = True
