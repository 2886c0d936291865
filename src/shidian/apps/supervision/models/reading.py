"""What the monitor reported besides alerts: values, faults; and how far its streams were read."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from shidian.apps.supervision.models.pilot import Pilot


class IndicatorReading(models.Model):
    """The final value of an indicator from an instant on, in units of 10^−`scale`.

    None: it has no value, as a quotient has none where nothing came.

    Values stand where they change: each holds until the next one.
    """

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="readings")
    indicator = models.CharField(max_length=64)
    instant_us = models.BigIntegerField()
    value = models.BigIntegerField(null=True)
    scale = models.SmallIntegerField(default=0)

    class Meta:
        """One value an instant; a later statement about the same instant replaces it."""

        ordering: ClassVar = ["pilot", "indicator", "instant_us"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["pilot", "indicator", "instant_us"], name="reading_instant"
            )
        ]

    def __str__(self) -> str:
        return f"{self.indicator} @ {self.instant_us}"


class CurrentReading(models.Model):
    """The newest value of an indicator, minutes still open included; replaced as it changes."""

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="current")
    indicator = models.CharField(max_length=64)
    instant_us = models.BigIntegerField()
    value = models.BigIntegerField(null=True)
    scale = models.SmallIntegerField(default=0)
    changed_at = models.DateTimeField()

    class Meta:
        """One row an indicator."""

        ordering: ClassVar = ["pilot", "indicator"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pilot", "indicator"], name="current_indicator")
        ]

    def __str__(self) -> str:
        return f"{self.indicator} = {self.value}"


class MonitorFault(models.Model):
    """Why the monitor no longer evaluates a pilot: since `entry` of the journal no alert can arise.

    A copy of what the monitor's store says now; the row goes when the fault is gone there.
    """

    pilot = models.OneToOneField(Pilot, on_delete=models.PROTECT, related_name="fault")
    entry = models.BigIntegerField()
    message = models.TextField()
    noticed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.pilot_id} @ {self.entry}: {self.message}"


class StreamCursor(models.Model):
    """How far a stream of another store was read; moved in the transaction that applies it."""

    name = models.CharField(max_length=64, primary_key=True)
    position = models.BigIntegerField(default=0)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.position}"


class SourceReading(models.Model):
    """How a source of a pilot delivers: a copy of what the monitor's store says now.

    `late`: events that came more than the lateness behind the newest; `missing`: numbers that have
    not come though a higher one has; `silent`: nothing was heard for the rulebook's idle time.
    """

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="sources")
    source = models.CharField(max_length=64)
    epoch = models.PositiveIntegerField()
    entry = models.BigIntegerField()
    events = models.BigIntegerField()
    late = models.BigIntegerField()
    missing = models.BigIntegerField()
    newest_us = models.BigIntegerField()
    ingest_us = models.BigIntegerField()
    silent = models.BooleanField()

    class Meta:
        """One row a source."""

        ordering: ClassVar = ["pilot", "source"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pilot", "source"], name="one_reading_a_source")
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.events}"

    @property
    def late_per_cent(self) -> float:
        """Share of late events, 0 to 100."""
        return 100 * self.late / self.events if self.events else 0.0


class GroupedReading(models.Model):
    """How the groups of a limit with dimensions stand: a copy of what the monitor's store says now.

    `groups`: how many there are. `rungs`: per rung `{per_cent, breach, groups}`, how many meet it.
    `nearest`: `{group, value, scale}` of those nearest to the cap, nearest first; an investor is
    named by the journal's code, never by the pseudonym.
    """

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="grouped")
    rule = models.CharField(max_length=64)
    entry = models.BigIntegerField()
    instant_us = models.BigIntegerField()
    final = models.BooleanField()
    groups = models.BigIntegerField()
    rungs = models.JSONField()
    nearest = models.JSONField()

    class Meta:
        """One row a limit."""

        ordering: ClassVar = ["pilot", "rule"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pilot", "rule"], name="one_grouped_reading_a_rule")
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.groups}"
