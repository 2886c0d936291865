"""CalendarVersion: which days count, as published at one time. Append-only."""

from __future__ import annotations

from django.db import models


class CalendarVersion(models.Model):
    """One edition of a calendar, named by its id in the library. The newest one is used."""

    calendar = models.CharField(max_length=64)
    version = models.CharField(max_length=64)
    years = models.JSONField()
    """List of the years whose days are all known."""
    source = models.CharField(max_length=200)
    loaded_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=("calendar", "version"), name="calendar_edition_once"),
        )

    def __str__(self) -> str:
        return f"{self.calendar} {self.version}"


class CalendarDay(models.Model):
    """What one day is in one edition of a calendar."""

    edition = models.ForeignKey(CalendarVersion, on_delete=models.PROTECT, related_name="days")
    day = models.DateField()
    kind = models.CharField(max_length=16)
    """One of `core.procedure.calendars.DayKind`."""
    name_zh = models.CharField(max_length=64)
    name_en = models.CharField(max_length=64)

    class Meta:
        default_permissions = ()
        ordering = ("edition", "day")
        constraints = (
            models.UniqueConstraint(fields=("edition", "day"), name="calendar_day_once"),
        )

    def __str__(self) -> str:
        return f"{self.day} {self.kind}"
