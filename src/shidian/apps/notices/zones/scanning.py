"""The worker's duty towards files that came sealed: each is scanned before anybody opens it."""

from __future__ import annotations

from django.utils import timezone

from shidian.apps.notices.domain import scan_sent_file
from shidian.apps.notices.models import SentFile


class ScanDuty:
    """One after the other. A file on which the scanner says nothing is tried again, after those
    behind it: neither a scanner that is away nor one odd file holds up the rest for good."""

    def __init__(self) -> None:
        self._tried = 0

    def run(self) -> None:
        """Raises DomainError `not-scanned` at a file; the next run goes on behind it."""
        while (sent := self._next()) is not None:
            self._tried = sent.pk
            scan_sent_file(sent, at=timezone.now())

    def _next(self) -> SentFile | None:
        waiting = SentFile.objects.filter(awaits_scan=True)
        return waiting.filter(pk__gt=self._tried).first() or waiting.first()
