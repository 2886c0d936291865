"""Invitation: a link by which one person takes a place in an institution, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from shidian.apps.accounts.models.institution import Institution
from shidian.apps.accounts.models.person import Person
from shidian.apps.accounts.models.staff import StaffRole

if TYPE_CHECKING:
    from datetime import datetime


class Invitation(models.Model):
    """Who was asked to do what, and what became of it. The link itself is nowhere: its hash is."""

    institution = models.ForeignKey(
        Institution, on_delete=models.PROTECT, related_name="invitations"
    )
    email = models.EmailField()
    name = models.CharField(max_length=100)
    role = models.CharField(max_length=16, choices=StaffRole.choices)
    token_sha256 = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    """Empty: the institution's own registration."""
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("-made_at", "-pk")

    def __str__(self) -> str:
        return f"{self.name} ({self.role}, {self.institution})"

    def is_open_at(self, moment: datetime) -> bool:
        """Whether the link still opens something."""
        return self.accepted_at is None and self.withdrawn_at is None and moment < self.expires_at
