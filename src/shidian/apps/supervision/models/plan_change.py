"""Changes of a pilot's plan that take both sides: proposed, approved by officers, signed."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from shidian.apps.supervision.models.pilot import Pilot, PlanVersion


class ChangeState(models.TextChoices):
    """How far a change is. Until it is in force it binds nobody."""

    PROPOSED = "proposed", _("Proposed")
    IN_FORCE = "in-force", _("In force")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class PlanChange(models.Model):
    """A change that loosens the plan of a pilot, or raises it by a step of the rulebook.

    Its canonical text is fixed when it is proposed; two officers approve it and the institution
    signs it, all by its digest. The database refuses what they do not carry (`plan_triggers`).
    """

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="plan_changes")
    number = models.PositiveIntegerField()
    """Its place among the pilot's changes, from 1."""
    state = models.CharField(max_length=16, choices=ChangeState, default=ChangeState.PROPOSED)
    base = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="+")
    """The version that it changes; once another one is in force, it can only be ended."""
    values = models.JSONField()
    """The parameters that change, as they shall be."""
    step = models.CharField(max_length=64, blank=True)
    """The step of the rulebook's scale-up that it takes; empty for any other change."""
    facts = models.JSONField(default=list, blank=True)
    """Of a step: its criteria with the figures on which it was proposed."""
    reason_zh = models.TextField()
    reason_en = models.TextField()
    basis = models.TextField()
    authority = models.ForeignKey("accounts.Authority", on_delete=models.PROTECT, related_name="+")
    rules_digest = models.CharField(max_length=80)
    required_approvals = models.PositiveSmallIntegerField(default=2)
    canonical = models.TextField()
    """What officers approve and the institution signs (RFC 8785)."""
    digest = models.CharField(max_length=80)
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    in_force_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    """When it was declined or withdrawn."""
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    ended_because = models.TextField(blank=True)

    class Meta:
        """Newest first."""

        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pilot", "number"], name="plan_change_number"),
            models.UniqueConstraint(
                fields=["pilot"],
                condition=models.Q(state="proposed"),
                name="plan_change_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(required_approvals__gte=2), name="plan_change_two_officers"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pilot} #{self.number}"


class _Signed(models.Model):
    """What somebody put their second factor to: one text by its digest, with a fresh nonce.

    `evidence`: what the factor answered, enough to check a passkey's signature again. `factor_use`
    names the single use of the factor: the same code or assertion is never taken twice.
    """

    at = models.DateTimeField()
    digest = models.CharField(max_length=80)
    nonce = models.CharField(max_length=64)
    challenge = models.CharField(max_length=80)
    method = models.CharField(max_length=16)
    factor_use = models.CharField(max_length=160, unique=True)
    evidence = models.JSONField()

    class Meta:
        """No table of its own."""

        abstract = True


class PlanApproval(_Signed):
    """An officer's approval of a change. Append-only."""

    change = models.ForeignKey(PlanChange, on_delete=models.PROTECT, related_name="approvals")
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        """In the order in which they were given; each officer once."""

        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["change", "officer"], name="plan_approved_once")
        ]

    def __str__(self) -> str:
        return f"{self.change_id} {self.officer_id}"


class PlanSignature(_Signed):
    """The institution's signature: of a change before it is in force, or of a version that

    an officer tightened, afterwards. Append-only.
    """

    change = models.ForeignKey(
        PlanChange, on_delete=models.PROTECT, null=True, related_name="signatures"
    )
    version = models.ForeignKey(
        PlanVersion, on_delete=models.PROTECT, null=True, related_name="signatures"
    )
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        """One for each."""

        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["change"], name="plan_change_signed_once"),
            models.UniqueConstraint(fields=["version"], name="plan_version_signed_once"),
            models.CheckConstraint(
                condition=models.Q(change__isnull=True, version__isnull=False)
                | models.Q(change__isnull=False, version__isnull=True),
                name="plan_signature_of_one_text",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.change_id or self.version_id} {self.signer_id}"


class PlanTightening(_Signed):
    """An officer's proof that it was they who tightened a version, by its text. Append-only.

    It is kept before the version, which names it: without it the database takes no such version.
    """

    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    canonical = models.TextField()
    """What they confirmed (RFC 8785)."""

    class Meta:
        """In the order in which they were made."""

        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.digest[:15]} {self.officer_id}"


class PlanChallenge(models.Model):
    """What one person is asked to approve or sign, with a fresh nonce. It serves one attempt.

    `change`, `version`: of what; `pilot`: whose plan is to be tightened by `canonical`.
    """

    change = models.ForeignKey(PlanChange, on_delete=models.PROTECT, null=True, related_name="+")
    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, null=True, related_name="+")
    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, null=True, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    nonce = models.CharField(max_length=64, unique=True)
    """32 random bytes, in hexadecimal."""
    canonical = models.TextField()
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        """In the order of asking."""

        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["person", "made_at"])]

    def __str__(self) -> str:
        return f"{self.change_id or self.version_id or self.pilot_id} {self.nonce[:8]}"
