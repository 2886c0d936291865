"""Partner matching: what an institution shows of itself by its own choice, and who wrote to it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from shidian.apps.accounts.models import Institution

TEXT_MAX = 1_000


class PartnerProfile(models.Model):
    """An institution's own words on what it offers and seeks. There while it wants to be found.

    Leaving deletes the row: nothing of it stays behind.
    """

    institution = models.OneToOneField(
        Institution, on_delete=models.CASCADE, related_name="partner_profile"
    )
    offers = models.CharField(max_length=TEXT_MAX, blank=True)
    seeks = models.CharField(max_length=TEXT_MAX, blank=True)
    technology = models.CharField(max_length=300, blank=True)
    scene = models.CharField(max_length=300, blank=True)
    shown_since = models.DateTimeField()
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        default_permissions = ()
        ordering = ("-changed_at", "pk")

    def __str__(self) -> str:
        return str(self.institution)


class PartnerContact(models.Model):
    """A message from one institution to another that has a profile, and the answer to it.

    Either side reads the other's name and words; addresses and people's names go nowhere.
    """

    sender = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="contacts_sent")
    receiver = models.ForeignKey(
        Institution, on_delete=models.PROTECT, related_name="contacts_received"
    )
    text = models.TextField()
    sent_at = models.DateTimeField()
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        default_permissions = ()
        ordering = ("-sent_at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(sender=models.F("receiver")), name="contact_has_two_sides"
            ),
        )

    def __str__(self) -> str:
        return f"{self.sender_id} → {self.receiver_id}"
