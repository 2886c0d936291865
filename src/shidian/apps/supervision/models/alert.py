"""Alerts as people see them: the monitor's stream copied, its state, and what was done about it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from shidian.apps.supervision.models.pilot import Pilot
from shidian.config import MAIN_JOURNAL
from shidian.core.procedure.alerts import AlertStepKind as Kind


class EpisodeState(models.TextChoices):
    """Where an episode stands."""

    OPEN = "open", _("open")
    ENDED = "ended", _("ended")
    WITHDRAWN = "withdrawn", _("withdrawn")


class AlertStepKind(models.TextChoices):
    """What was done about an alert, in words."""

    ACKNOWLEDGE = Kind.ACKNOWLEDGE.value, _("acknowledged")
    ASSIGN = Kind.ASSIGN.value, _("given to an officer")
    NOTE = Kind.NOTE.value, _("noted")
    FALSE_POSITIVE = Kind.FALSE_POSITIVE.value, _("marked as a false positive")
    STANDS = Kind.STANDS.value, _("no false positive after all")
    LINK = Kind.LINK.value, _("linked")
    MUTE = Kind.MUTE.value, _("muted")
    UNMUTE = Kind.UNMUTE.value, _("heard again")
    ESCALATE = Kind.ESCALATE.value, _("raised, since nobody had acknowledged it")


class AlertItem(models.Model):
    """One item of the monitor's as-known stream, copied as it came. Append-only.

    `seq` numbers all items here, of whichever monitor. `journal` and `place`: the monitor's journal
    and the item's position in its stream, which make copying it twice impossible; of items from
    before there were several, the position is `seq`. `explanation` was frozen when the item was
    made.
    """

    seq = models.BigIntegerField(unique=True)
    journal = models.CharField(max_length=32, default=MAIN_JOURNAL, db_default=MAIN_JOURNAL)
    place = models.BigIntegerField(null=True)
    entry = models.BigIntegerField()
    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="alert_items")
    episode = models.CharField(max_length=80)
    rule = models.CharField(max_length=64)
    group = models.TextField(blank=True)
    change = models.CharField(max_length=16)
    level = models.CharField(max_length=16)
    early = models.BooleanField(default=False)
    warming = models.BooleanField(default=False)
    at_us = models.BigIntegerField()
    since_us = models.BigIntegerField()
    start_us = models.BigIntegerField()
    end_us = models.BigIntegerField(null=True, blank=True)
    path = models.JSONField()
    rules_digest = models.CharField(max_length=80)
    explanation = models.JSONField()
    received_at = models.DateTimeField()

    class Meta:
        """In stream order."""

        ordering: ClassVar = ["seq"]
        indexes: ClassVar = [models.Index(fields=["pilot", "episode", "seq"])]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["journal", "place"], name="item_once")
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.change} {self.rule}"


class AlertEpisode(models.Model):
    """The present state of one episode: its newest item and its steps, rebuilt from both at will.

    `state`: open, ended or withdrawn. `level`: the highest severity reached; within an episode it
    only rises, and `rank` is its place on the ladder, from 1. `opened_at` and `level_at`: when the
    first item, and the first of the present level, were received: the clocks of officers run from
    there. The rest is folded from the steps: ranks are 0 where nothing of the kind was done.
    """

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="episodes")
    episode = models.CharField(max_length=80, unique=True)
    rule = models.CharField(max_length=64)
    group = models.TextField(blank=True)
    state = models.CharField(max_length=16, choices=EpisodeState.choices)
    level = models.CharField(max_length=16)
    rank = models.PositiveSmallIntegerField(default=0)
    early = models.BooleanField(default=False)
    warming = models.BooleanField(default=False)
    start_us = models.BigIntegerField()
    end_us = models.BigIntegerField(null=True, blank=True)
    opened_entry = models.BigIntegerField()
    last_entry = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    rules_digest = models.CharField(max_length=80)
    explanation = models.JSONField()
    title_zh = models.CharField(max_length=300)
    title_en = models.CharField(max_length=300)
    public = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    level_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    seen_rank = models.PositiveSmallIntegerField(default=0)
    seen_at = models.DateTimeField(null=True, blank=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    false_positive = models.BooleanField(default=False)
    muted_rank = models.PositiveSmallIntegerField(default=0)
    muted_until = models.DateTimeField(null=True, blank=True)
    raised_rank = models.PositiveSmallIntegerField(default=0)
    raised_to = models.CharField(max_length=32, blank=True)

    class Meta:
        """Newest first."""

        ordering: ClassVar = ["-last_seq"]
        indexes: ClassVar = [
            models.Index(fields=["pilot", "state"]),
            models.Index(fields=["-rank", "-last_seq"], name="episode_gravest"),
            models.Index(fields=["opened_at"], name="episode_opened"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.level} {self.state}"


class AlertStep(models.Model):
    """One thing that was done about an episode. Append-only; the authorities' own.

    It names the episode by its id, so that rebuilding the projection loses nothing. `level`: that
    which the episode had on the page; one that rises above asks to be seen again. `by`: None for
    the clock, and `automatic` then names its rule. What else is set depends on `kind`: `to`
    (assign; None: nobody), `until` (mute), `link_kind` and `link_name` (link), `office` (escalate).
    """

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="alert_steps")
    episode = models.CharField(max_length=80, db_index=True)
    kind = models.CharField(max_length=16, choices=AlertStepKind)
    level = models.CharField(max_length=16)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    at = models.DateTimeField()
    text = models.TextField(blank=True)
    to = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    until = models.DateTimeField(null=True)
    link_kind = models.CharField(max_length=16, blank=True)
    link_name = models.CharField(max_length=40, blank=True)
    office = models.CharField(max_length=32, blank=True)
    automatic = models.JSONField(default=dict, blank=True)

    class Meta:
        """In the order they were made."""

        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.episode} {self.kind}"
