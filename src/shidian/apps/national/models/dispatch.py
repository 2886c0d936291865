"""Dispatch: a filing, a request or a report that a working group sends to another authority."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shidian.apps.accounts.models import Authority
from shidian.apps.cases.models import Case, RulebookVersion, Scheme
from shidian.apps.national.querysets import DispatchQuerySet
from shidian.core.rulebook.model import DispatchKind

KINDS = [
    (DispatchKind.FILING.value, pgettext_lazy("dispatch", "filing")),
    (DispatchKind.REQUEST.value, pgettext_lazy("dispatch", "request")),
    (DispatchKind.PERIODIC.value, pgettext_lazy("dispatch", "periodic report")),
    (DispatchKind.SPECIAL.value, pgettext_lazy("dispatch", "special report")),
]


class DispatchState(models.TextChoices):
    """How far it is."""

    DRAFT = "draft", pgettext_lazy("dispatch", "draft")
    SENT = "sent", pgettext_lazy("dispatch", "sent")
    RECEIVED = "received", pgettext_lazy("dispatch", "receipt confirmed")
    RETURNED = "returned", pgettext_lazy("dispatch", "sent back")
    ANSWERED = "answered", pgettext_lazy("dispatch", "answered")
    WITHDRAWN = "withdrawn", pgettext_lazy("dispatch", "withdrawn")


class Position(models.TextChoices):
    """What an answer comes to."""

    NOTED = "noted", pgettext_lazy("dispatch", "taken note of")
    AGREED = "agreed", pgettext_lazy("dispatch", "agreed")
    DECLINED = "declined", pgettext_lazy("dispatch", "not agreed")
    GUIDANCE = "guidance", _("guidance; the working group decides")


class Dispatch(models.Model):
    """One thing that is sent, drafted by one officer and sent by another. Decides nothing itself.

    `sender`: the authority whose officer began it, for the working group of the scheme. `first`,
    `last`: the days that its figures cover. `figures`: as `national.figures` draws them. `edition`
    counts saved drafts. `due`: the last day to answer what was sent last, where the rules name a
    period. `cases`: those that it is about; who is denied one of them does not see it.
    """

    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="dispatches")
    rule = models.CharField(max_length=64)
    """Its id in the rulebook."""
    kind = models.CharField(max_length=16, choices=KINDS)
    sender = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    receiver = models.ForeignKey(
        Authority, on_delete=models.PROTECT, related_name="dispatches_received"
    )
    reference = models.CharField(max_length=80, unique=True)
    rulebook_version = models.ForeignKey(
        RulebookVersion, on_delete=models.PROTECT, related_name="+"
    )
    """By whose rules it was drafted, and then sent."""
    subject = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    first = models.DateField(null=True)
    last = models.DateField(null=True)
    figures = models.JSONField(default=list, blank=True)
    edition = models.PositiveIntegerField(default=1)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    drafted_at = models.DateTimeField()
    state = models.CharField(max_length=16, choices=DispatchState, default=DispatchState.DRAFT)
    due = models.DateField(null=True)
    sent_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    cases = models.ManyToManyField(Case, related_name="dispatches")

    objects = DispatchQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = (models.F("due").asc(nulls_last=True), "pk")
        indexes = (models.Index(fields=("receiver", "state", "due"), name="dispatch_waiting"),)

    def __str__(self) -> str:
        return self.reference

    @property
    def is_draft(self) -> bool:
        """Whether the working group works on it."""
        return self.state in {DispatchState.DRAFT, DispatchState.RETURNED}

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is awaited."""
        return self.state in {DispatchState.SENT, DispatchState.RECEIVED}


class DispatchVersion(models.Model):
    """What was sent, for good. `canonical`: RFC 8785 JSON of all of it. Append-only."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    canonical = models.TextField()
    sha256 = models.CharField(max_length=64)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()
    due = models.DateField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(fields=("dispatch", "number"), name="dispatch_version_once"),
        )

    def __str__(self) -> str:
        return f"{self.dispatch_id} v{self.number}"

    @property
    def content(self) -> dict[str, Any]:
        """What was sent, as data."""
        content: dict[str, Any] = json.loads(self.canonical)
        return content


class DispatchStepKind(models.TextChoices):
    """What happened to it."""

    DRAFTED = "drafted", pgettext_lazy("dispatch", "draft begun")
    SENT = "sent", pgettext_lazy("dispatch", "approved and sent")
    RECEIVED = "received", pgettext_lazy("dispatch", "receipt confirmed")
    RETURNED = "returned", pgettext_lazy("dispatch", "sent back")
    ANSWERED = "answered", pgettext_lazy("dispatch", "answered")
    WITHDRAWN = "withdrawn", pgettext_lazy("dispatch", "withdrawn")


class DispatchStep(models.Model):
    """One thing that happened to a dispatch. Append-only. `authority`: for which `by` acted."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.PROTECT, related_name="steps")
    version = models.ForeignKey(
        DispatchVersion, null=True, on_delete=models.PROTECT, related_name="steps"
    )
    kind = models.CharField(max_length=16, choices=DispatchStepKind)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    position = models.CharField(max_length=16, choices=Position, blank=True)
    text = models.TextField(blank=True)
    legal_effect = models.CharField(max_length=40)
    """One of `core.rulebook.model.LegalEffect`."""

    class Meta:
        default_permissions = ()
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.dispatch_id} {self.kind}"
