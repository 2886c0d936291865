"""Call: a dated, or rolling, invitation to apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

from shidian.apps.cases.models.rulebook_version import RulebookVersion
from shidian.apps.cases.models.scheme import Scheme
from shidian.apps.cases.models.titled import Titled

if TYPE_CHECKING:
    from datetime import date


class Call(Titled):
    """An invitation. Cases that enter under it stay on its rulebook version."""

    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="calls")
    rulebook_version = models.ForeignKey(
        RulebookVersion, on_delete=models.PROTECT, related_name="calls"
    )
    number = models.PositiveSmallIntegerField()
    slug = models.SlugField(max_length=96, unique=True)
    """`demo-city-1`: the scheme's slug and the call's number."""
    opens_on = models.DateField()
    closes_on = models.DateField(null=True, blank=True)
    """Last day; none: rolling."""
    released_together = models.BooleanField(default=False)
    """Whether its decisions are told as a batch, where the rulebook leaves that to the call."""
    guide_zh = models.TextField(blank=True)
    guide_en = models.TextField(blank=True)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        default_permissions = ()
        ordering = ("-opens_on", "-number")
        constraints = (
            models.UniqueConstraint(fields=("scheme", "number"), name="call_number_once"),
            models.CheckConstraint(
                condition=models.Q(closes_on__isnull=True)
                | models.Q(closes_on__gte=models.F("opens_on")),
                name="call_closes_after_opening",
            ),
        )

    def is_open_on(self, day: date) -> bool:
        """Whether an application may be started or submitted on that day."""
        return self.opens_on <= day and (self.closes_on is None or day <= self.closes_on)
