"""Orders: what was proposed, who approved it with which proof, what the firm answered."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shidian.apps.supervision.models.pilot import Pilot


class OrderKind(models.TextChoices):
    """What an order does. The words are those of the wire and of the rulebook."""

    REMIND = "remind", _("Reminder")
    WARN = "warn", pgettext_lazy("order", "Warning")
    RESTRICT = "restrict", _("Restriction")
    SUSPEND = "suspend", _("Suspension")
    RESUME = "resume", _("Resumption")
    TERMINATE = "terminate", _("Termination")


class OrderState(models.TextChoices):
    """How far an order is. From `issued` on it binds; what the firm answers follows it."""

    PROPOSED = "proposed", _("Proposed")
    ISSUED = "issued", _("Issued")
    RECEIVED = "received", _("Received by the institution")
    EFFECTIVE = "effective", _("In effect")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    LAPSED = "lapsed", _("Lapsed")


IN_FORCE = (OrderState.ISSUED, OrderState.RECEIVED, OrderState.EFFECTIVE)
"""Issued, and neither lapsed nor never given."""


class Order(models.Model):
    """A signed instruction inside a pilot's agreed terms; never a formal supervisory measure.

    What it says is fixed when it is proposed, its canonical text by the first approval. The
    database itself refuses a state that its approvals do not carry (`order_triggers`).
    """

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="orders")
    public_id = models.CharField(max_length=32, unique=True)
    """`D-2026-0001`: its name on the wire, in addresses and on the record."""
    kind = models.CharField(max_length=16, choices=OrderKind)
    state = models.CharField(max_length=16, choices=OrderState, default=OrderState.PROPOSED)
    plan = models.JSONField(default=dict, blank=True)
    """The parameters that a restriction changes, as decimal texts."""
    reason_zh = models.TextField()
    reason_en = models.TextField()
    basis = models.TextField()
    """The terms or articles on which it rests."""
    legal_effect = models.CharField(max_length=32, default="instruction")
    authority = models.ForeignKey("accounts.Authority", on_delete=models.PROTECT, related_name="+")
    authority_local_id = models.CharField(max_length=64)
    rules_digest = models.CharField(max_length=80)
    required_approvals = models.PositiveSmallIntegerField()
    """Different officers that it takes, as the rulebook demanded when it was proposed."""
    lapses = models.BooleanField()
    """Whether it lapses unless a second officer countersigns it."""
    episode = models.CharField(max_length=80, blank=True)
    """The alert that it answers, by the episode's id."""
    lifts = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="lifted_by", blank=True
    )
    """The restriction that a resumption takes back."""
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    automatic = models.JSONField(default=dict, blank=True)
    """`{rule, rulebook, software}` where the monitor's alert proposed it."""

    follows = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="followed_by", blank=True
    )
    """The order before it, known once its text is fixed."""
    canonical = models.TextField(blank=True)
    """The order as the officers approve it and the firm receives it (RFC 8785)."""
    digest = models.CharField(max_length=80, blank=True)
    issued_at = models.DateTimeField(null=True)
    plan_before = models.JSONField(default=dict, blank=True)
    """The whole plan as it was before a restriction: what lifting it returns to."""
    control_outbox_id = models.BigIntegerField(null=True)
    lapses_at = models.DateTimeField(null=True)
    announced_at = models.DateTimeField(null=True)
    """When its officers were told that it will lapse."""
    lapse_outbox_id = models.BigIntegerField(null=True)
    received_at = models.DateTimeField(null=True)
    effective_at = models.DateTimeField(null=True)
    """When the firm says that it acts by it, by the firm's clock."""
    ended_at = models.DateTimeField(null=True)
    """When it was declined, withdrawn, or lapsed."""
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    ended_because = models.TextField(blank=True)

    class Meta:
        """Newest first."""

        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["pilot", "state"])]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(required_approvals__in=(1, 2)), name="order_one_or_two_officers"
            ),
            models.CheckConstraint(
                condition=models.Q(required_approvals=2)
                | ~models.Q(kind__in=("resume", "terminate")),
                name="order_always_two_officers",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=("restrict", "suspend"), required_approvals=1)
                | models.Q(lapses=False),
                name="order_lapses_by_one_officer",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def in_force(self) -> bool:
        """Issued, and not lapsed since."""
        return self.state in IN_FORCE


class OrderChallenge(models.Model):
    """What one officer is asked to approve, with a fresh nonce. It serves one attempt.

    A passkey signs `sha256(canonical ‖ nonce)`; a code is taken for this challenge alone.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="challenges")
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    nonce = models.CharField(max_length=64, unique=True)
    """32 random bytes, in hexadecimal."""
    follows = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, related_name="+")
    canonical = models.TextField()
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        """In the order of asking."""

        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["officer", "made_at"])]

    def __str__(self) -> str:
        return f"{self.order_id} {self.nonce[:8]}"


class OrderApproval(models.Model):
    """An officer's approval, with the proof that they gave it. Append-only.

    `digest`: of the canonical order; `challenge`: of it and the nonce; `evidence`: what the second
    factor answered, enough to check a passkey's signature again. `factor_use` names the single use
    of the factor: the same code or assertion is never taken twice.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="approvals")
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()
    digest = models.CharField(max_length=80)
    nonce = models.CharField(max_length=64)
    challenge = models.CharField(max_length=80)
    method = models.CharField(max_length=16)
    factor_use = models.CharField(max_length=160, unique=True)
    evidence = models.JSONField()

    class Meta:
        """In the order in which they were given; each officer once."""

        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "officer"], name="order_approved_once")
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.officer_id}"


class OrderAcknowledgement(models.Model):
    """The firm's signed word on an order: received, or effective. Append-only.

    `at`: by the firm's clock; `recorded_at`: by ours.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="acknowledgements")
    kind = models.CharField(max_length=16)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    evidence = models.JSONField()

    class Meta:
        """In the order of arrival; each kind once."""

        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "kind"], name="order_acknowledged_once")
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.kind}"


NO_ENDPOINT = "no endpoint is registered"
"""In place of what a firm's system said, where there was none to ask."""


class OrderDelivery(models.Model):
    """One attempt to hand an order over to the firm's system. Append-only."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="deliveries")
    attempt = models.PositiveIntegerField()
    at = models.DateTimeField()
    delivered = models.BooleanField()
    detail = models.CharField(max_length=500, blank=True)

    class Meta:
        """In the order of the attempts."""

        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "attempt"], name="order_attempt_once")
        ]

    def __str__(self) -> str:
        return f"{self.order_id} #{self.attempt}"

    @property
    def told(self) -> str:
        """The detail for people: what the firm's system said stays as it said it."""
        if self.detail == NO_ENDPOINT:
            return str(_("The firm has registered no address for orders."))
        return self.detail
