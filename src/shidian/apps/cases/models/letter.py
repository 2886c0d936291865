"""Letter (公文): what goes out in the name of authorities, with every text that it had."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from shidian.apps.accounts.models import Authority, Institution
from shidian.apps.cases.models.attachment import Attachment
from shidian.apps.cases.models.case import Case
from shidian.apps.cases.querysets import LetterQuerySet
from shidian.core.procedure.letters import (
    LetterMark,
    LetterState,
    LetterStepKind,
    letter_number,
    letter_state,
)


class Letter(models.Model):
    """One letter of a case. Append-only: what it says is its versions, how far it is its steps."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="letters")
    number = models.PositiveSmallIntegerField()
    """Of the case, from 1: its address. Its document number is another (`LetterNumber`)."""
    issuer = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    """Who answers for it, and whose register numbers it: the first of those who issue it."""
    template = models.CharField(max_length=32)
    consultation = models.CharField(max_length=64, blank=True)
    """Id, in the rulebook, of the consultation that it asks."""
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    begun_at = models.DateTimeField()

    objects = LetterQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ("case", "number")
        constraints = (models.UniqueConstraint(fields=("case", "number"), name="letter_once"),)

    def __str__(self) -> str:
        return f"{self.case_id}/letters/{self.number}"

    @property
    def state(self) -> LetterState:
        """How far it is. Reads the steps: prefetch them for a list."""
        steps = sorted(self.steps.all(), key=lambda step: step.pk)
        return letter_state(step.mark for step in steps)

    @property
    def text(self) -> LetterVersion:
        """The newest version. Every letter has one."""
        return max(self.versions.all(), key=lambda one: one.version)


class LetterVersion(models.Model):
    """One text of a letter: every draft, and the one that was released. Append-only.

    `sha256`: over the canonical JSON of `content` (`letter_texts.py` says what stands in it).
    """

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveSmallIntegerField()
    content = models.JSONField()
    sha256 = models.CharField(max_length=64, unique=True)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    written_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("letter", "version")
        constraints = (
            models.UniqueConstraint(fields=("letter", "version"), name="letter_version_once"),
        )

    def __str__(self) -> str:
        return f"{self.letter_id} v{self.version}"

    @property
    def title(self) -> str:
        return str(self.content["title"])

    @property
    def recipients(self) -> list[dict[str, Any]]:
        """Each with `key` and `name`."""
        found: list[dict[str, Any]] = self.content["recipients"]
        return found


class LetterNumber(models.Model):
    """A line of an authority's register of document numbers (发文登记). Append-only.

    Given in the transaction of the release, one after the other: the register has no gaps, and a
    number that was given is never given again.
    """

    letter = models.OneToOneField(Letter, on_delete=models.PROTECT, related_name="numbered")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=20)
    year = models.PositiveSmallIntegerField()
    serial = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()
        ordering = ("authority", "code", "year", "serial")
        constraints = (
            models.UniqueConstraint(
                fields=("authority", "code", "year", "serial"), name="letter_number_once"
            ),
        )

    def __str__(self) -> str:
        return letter_number(self.code, self.year, self.serial)


class LetterStep(models.Model):
    """One thing that happened to a letter. Append-only; its state is folded from them."""

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(
        max_length=16, choices=[(one.value, one.value) for one in LetterStepKind]
    )
    version = models.PositiveSmallIntegerField()
    """Of the text that it was done to."""
    at = models.DateTimeField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    signed_for = models.CharField(max_length=64, blank=True)
    """Id, in the rulebook, of the authority for which it was signed or sent back."""
    recipient = models.CharField(max_length=80, blank=True)
    """Key of the recipient who was served, or took it or not."""
    institution = models.ForeignKey(
        Institution, null=True, on_delete=models.PROTECT, related_name="+"
    )
    """The recipient, where it is an institution: its people read the letter from then on."""
    authority = models.ForeignKey(Authority, null=True, on_delete=models.PROTECT, related_name="+")
    """The same of an authority."""
    way = models.CharField(max_length=16, blank=True)
    day = models.DateField(null=True)
    """When it was served or received, where that is not the moment of the step."""
    name = models.CharField(max_length=100, blank=True)
    """Who took it, as they signed."""
    reason = models.TextField(blank=True)
    scan = models.ForeignKey(Attachment, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        ordering = ("letter", "pk")

    def __str__(self) -> str:
        return f"{self.letter_id}: {self.kind}"

    @property
    def mark(self) -> LetterMark:
        """The step as the state follows from it."""
        kind = LetterStepKind(self.kind)
        return LetterMark(kind, self.version, self.signed_for, self.recipient)
