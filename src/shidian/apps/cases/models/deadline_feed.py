"""DeadlineFeed: a secret address under which a calendar program reads a person's deadlines."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class DeadlineFeed(models.Model):
    """Only the SHA-256 of the secret is kept: who copies the database cannot read any feed."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="deadline_feeds"
    )
    secret_sha256 = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=("person",),
                condition=models.Q(revoked_at__isnull=True),
                name="one_feed_a_person",
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_id} since {self.made_at:%Y-%m-%d}"
