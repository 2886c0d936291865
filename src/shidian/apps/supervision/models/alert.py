"""Alerts as people see them: the monitor's stream copied, its present state, and who saw it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from shidian.apps.supervision.models.pilot import Pilot


class EpisodeState(models.TextChoices):
    """Where an episode stands."""

    OPEN = "open", _("open")
    ENDED = "ended", _("ended")
    WITHDRAWN = "withdrawn", _("withdrawn")


class AlertItem(models.Model):
    """One item of the monitor's as-known stream, copied as it came. Append-only.

    `seq` is the item's position in the monitor's stream, and what makes copying it twice
    impossible. `explanation` was frozen when the item was made.
    """

    seq = models.BigIntegerField(unique=True)
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

    def __str__(self) -> str:
        return f"{self.seq} {self.change} {self.rule}"


class AlertEpisode(models.Model):
    """The present state of one episode: its newest item, rebuilt from the items at will.

    `state`: open, ended or withdrawn. `level`: the highest severity reached; within an episode it
    only rises.
    """

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="episodes")
    episode = models.CharField(max_length=80, unique=True)
    rule = models.CharField(max_length=64)
    group = models.TextField(blank=True)
    state = models.CharField(max_length=16, choices=EpisodeState.choices)
    level = models.CharField(max_length=16)
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
    changed_at = models.DateTimeField()

    class Meta:
        """Newest first."""

        ordering: ClassVar = ["-last_seq"]
        indexes: ClassVar = [models.Index(fields=["pilot", "state"])]

    def __str__(self) -> str:
        return f"{self.rule} {self.level} {self.state}"


class AlertAcknowledgement(models.Model):
    """An officer has seen an episode at a level, and what they noted. Append-only.

    It names the episode by its id, so that rebuilding the projection loses nothing; an episode
    that rises above the level acknowledged asks again.
    """

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="acknowledgements")
    episode = models.CharField(max_length=80, db_index=True)
    level = models.CharField(max_length=16)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    note = models.TextField(blank=True)

    class Meta:
        """In the order they were made."""

        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.episode} {self.level}"
