"""Bringing what the monitor stored into the app database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.supervision.journals import in_journal
from shidian.apps.supervision.models import AT_WORK, JournalMove, MoveState, Pilot
from shidian.apps.supervision.worker import projection
from shidian.apps.supervision.worker.store_line import StoreLine
from shidian.core.monitor.store import StoreReader

if TYPE_CHECKING:
    from shidian.apps.supervision.worker.gate_client import GateClient
    from shidian.apps.supervision.worker.news import News
    from shidian.apps.supervision.worker.store_line import Store
    from shidian.config import Settings

BATCH_MAX = 1_000


class StreamShorterError(RuntimeError):
    """The monitor's store does not hold what was read from it before."""


class Copying:
    """Of one journal's monitor; where that is in another zone, through the gate's line."""

    def __init__(self, config: Settings, gate: GateClient, news: News) -> None:
        self._journal = config.journal_name
        self._store_path = config.monitor_store
        self._apart = config.ingest_apart
        self._gate = gate
        self._news = news
        self._store: Store | None = None
        self._version = -1

    def close(self) -> None:
        """Let go of the store."""
        if self._store is not None:
            self._store.close()

    def copy_new_alerts(self) -> None:
        """`copy_alerts` where the monitor has stored something since the last time."""
        store = self._open_store()
        if store is None or (version := store.version()) == self._version:
            return
        self.copy_alerts()
        self._version = version

    def copy_alerts(self) -> None:
        """Copy what is new of the monitor's stream; pages are told afterwards."""
        store = self._open_store()
        if store is None:
            return
        stream = projection.of_journal(projection.ITEMS, self._journal)
        while items := store.items_after(projection.position(stream), BATCH_MAX):
            self._news.applied(projection.apply_items(items, self._journal))
            if len(items) < BATCH_MAX:
                return
        if store.last_seq() < projection.position(stream):
            raise StreamShorterError(
                "the monitor's stream is shorter than what was copied of it: its store was"
                " replaced; alerts are not copied until it has caught up"
            )

    def copy_readings(self) -> None:
        """Copy values, how sources deliver, and which pilots are no longer evaluated."""
        store = self._open_store()
        if store is None:
            return
        here = self._journal
        stream = projection.of_journal(projection.READINGS, here)
        leaving = JournalMove.objects.filter(source=here, state=MoveState.FENCED).exists()
        reached = store.cursor()
        if leaving:
            self.copy_alerts()
        while readings := store.readings_after(projection.position(stream), BATCH_MAX):
            self._news.applied(projection.apply_readings(readings, here))
            if len(readings) < BATCH_MAX:
                break
        if leaving:
            projection.note_applied(here, reached)
        own = Pilot.objects.filter(in_journal(here), state__in=AT_WORK)
        running = own.values_list("public_id", flat=True)
        values = [value for project in running for value in store.current(project)]
        self._news.applied(projection.apply_current(values))
        self._news.applied(projection.apply_faults(store.faults(), here))
        self._news.applied(projection.apply_quality(store.quality(), here))
        self._news.applied(projection.apply_grouped(store.grouped(), here))

    def _open_store(self) -> Store | None:
        """The monitor's store once the monitor has made it."""
        if self._store is None and self._apart:
            self._store = StoreLine(self._gate)
        elif self._store is None and self._store_path.exists():
            self._store = StoreReader(self._store_path)
        return self._store
