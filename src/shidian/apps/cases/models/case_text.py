"""CaseText: the searchable words of a case, kept for the database's full-text index."""

from __future__ import annotations

from django.db import models

from shidian.apps.cases.models.case import Case


class CaseText(models.Model):
    """Tokens as `search.tokens_of` makes them, apart by single spaces. See `search_index`.

    Of the form as last submitted, never of a draft: who may search must not read ahead.
    """

    case = models.OneToOneField(
        Case, primary_key=True, on_delete=models.PROTECT, related_name="text"
    )
    tokens = models.TextField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.case_id)
