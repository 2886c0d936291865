"""What has a Chinese title and, where written, an English one."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language


class Titled(models.Model):
    """Two columns of title; `title` is the one in the reader's language."""

    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """The title in the active language; Chinese where there is no English one."""
        if (get_language() or "zh-hans").startswith("zh"):
            return self.title_zh
        return self.title_en or self.title_zh
