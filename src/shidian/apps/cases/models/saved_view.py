"""SavedView: a name that a person gave to filters of the queue."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class SavedView(models.Model):
    """`query`: the query string of the queue's address, as `queue_filter` wrote it."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views"
    )
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000)

    class Meta:
        default_permissions = ()
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("person", "name"), name="saved_view_name_once"),
        )

    def __str__(self) -> str:
        return self.name
