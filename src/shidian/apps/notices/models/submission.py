"""Submission: that the public sent something, and how far it is. Never what, or who."""

from __future__ import annotations

from django.db import models


class Submission(models.Model):
    """What the public site may know of something that was sent in, such as a complaint.

    `receipt_sha256`: of the receipt, which the sender alone has. `state` and `state_at`: the public
    word for how far it is. `answer`: what was answered, sealed to the receipt (`inbox.seal`), so
    that a copy of this table tells nobody anything.
    """

    receipt_sha256 = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=32)
    about = models.CharField(max_length=128)
    """The public name of what it is about: a pilot's public id."""
    received_at = models.DateTimeField()
    proven = models.BooleanField(default=True)
    """Whether the sender's browser worked for it."""
    state = models.CharField(max_length=32)
    state_at = models.DateTimeField()
    due_on = models.DateField(null=True)
    """By when the next answer is due; None where the rulebook sets no time."""
    answer = models.TextField(blank=True)

    class Meta:
        default_permissions = ()
        indexes = (models.Index(fields=("about", "received_at"), name="submission_about"),)

    def __str__(self) -> str:
        return f"{self.kind} about {self.about}: {self.state}"
