"""Session: when a panel meets, on which cases, who presents, and what was written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.conf import settings
from django.db import models

from shidian.apps.cases.models import CaseEvent, Scheme
from shidian.apps.review.models.panel import Panel
from shidian.core.procedure.types import SessionKind

if TYPE_CHECKING:
    from collections.abc import Iterable


class Session(models.Model):
    """A defence of one case, or a meeting on one or several. When and where: its newest call."""

    kind = models.CharField(max_length=16, choices=[(one.value, one.value) for one in SessionKind])
    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="sessions")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def call(self) -> SessionCall:
        """The newest call. Every session has one."""
        return newest(self.calls.all())

    @property
    def is_defence(self) -> bool:
        return self.kind == SessionKind.DEFENCE


class SessionCall(models.Model):
    """When and where, as it was called. Append-only; moving it or calling it off is a new one.

    `address`: where it is held over the network, as an https address.
    """

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="calls")
    version = models.PositiveSmallIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    place = models.CharField(max_length=200, blank=True)
    address = models.URLField(max_length=500, blank=True)
    off = models.BooleanField(default=False)
    reason = models.TextField(blank=True)
    called_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    called_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("session", "version")
        constraints = (
            models.UniqueConstraint(fields=("session", "version"), name="session_called_once"),
        )

    def __str__(self) -> str:
        return f"{self.session_id} v{self.version}"


class SessionItem(models.Model):
    """A case on a session's agenda: one round of it. Append-only."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="items")
    panel = models.ForeignKey(Panel, on_delete=models.PROTECT, related_name="sessions")

    class Meta:
        default_permissions = ()
        ordering = ("session", "pk")
        constraints = (
            models.UniqueConstraint(fields=("session", "panel"), name="on_the_agenda_once"),
        )

    def __str__(self) -> str:
        return f"{self.panel_id} in {self.session_id}"

    @property
    def minutes(self) -> Minutes | None:
        """The newest version of what was written down."""
        return newest_or_none(self.minutes_kept.all())

    @property
    def presenters(self) -> Presenters | None:
        """The newest list of who presents."""
        return newest_or_none(self.presenter_lists.all())


class Presenters(models.Model):
    """Whom the applicant sends to a defence. Append-only. `people`: list of {name, duty}."""

    item = models.ForeignKey(SessionItem, on_delete=models.PROTECT, related_name="presenter_lists")
    version = models.PositiveSmallIntegerField()
    people = models.JSONField()
    named_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    named_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("item", "version")
        constraints = (
            models.UniqueConstraint(fields=("item", "version"), name="presenters_version_once"),
        )

    def __str__(self) -> str:
        return f"presenters of {self.item_id} v{self.version}"


class Minutes(models.Model):
    """One version of the minutes on one case. Append-only; `kept` holds their fingerprint.

    `present`: person ids of the panel's members; `others`: who else was there, in words.
    """

    item = models.ForeignKey(SessionItem, on_delete=models.PROTECT, related_name="minutes_kept")
    version = models.PositiveSmallIntegerField()
    text = models.TextField()
    present = models.JSONField()
    others = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    kept = models.OneToOneField(CaseEvent, on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        ordering = ("item", "version")
        constraints = (
            models.UniqueConstraint(fields=("item", "version"), name="minutes_version_once"),
        )

    def __str__(self) -> str:
        return f"minutes of {self.item_id} v{self.version}"


Versioned = TypeVar("Versioned", "SessionCall", "Presenters", "Minutes")


def newest_or_none(rows: Iterable[Versioned]) -> Versioned | None:
    """The row of the highest version."""
    return max(rows, key=lambda one: one.version, default=None)


def newest(rows: Iterable[Versioned]) -> Versioned:
    """The same, of rows of which there is one. Raises LookupError."""
    found = newest_or_none(rows)
    if found is None:
        raise LookupError("no version of it")
    return found
