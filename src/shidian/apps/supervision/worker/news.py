"""What changed, and for whom: open pages that are to be told, public figures that are stale."""

from __future__ import annotations

from queue import SimpleQueue
from typing import TYPE_CHECKING

from django.db.models import Max

from shidian.apps.supervision.models import AlertStep
from shidian.apps.supervision.worker import projection

if TYPE_CHECKING:
    from shidian.apps.supervision.worker.gate_client import GateClient


class News:
    """Kept until it was told; of a page only the newest journal entry.

    Any thread may `put`; all else is the worker's first thread's.
    """

    def __init__(self) -> None:
        self._put: SimpleQueue[tuple[str, int]] = SimpleQueue()
        self._to_tell: dict[str, int] = {}
        self.stale: set[str] = set()
        """Public ids of pilots whose public figures are to be made anew."""
        self._steps_seen: int | None = None

    def put(self, public_id: str, entry: int) -> None:
        """Something about a pilot has changed, as of a journal entry."""
        self._put.put((public_id, entry))

    def applied(self, applied: projection.Applied) -> None:
        """What the monitor stores was copied."""
        for public_id, entry in applied.entries.items():
            self._to_tell[f"pilot:{public_id}"] = entry
            self.stale.add(public_id)
        for slug, entry in applied.schemes.items():
            self._to_tell[f"board:{slug}"] = entry

    def tell(self, gate: GateClient) -> None:
        """Tell open pages what changed; what cannot be told now is told later."""
        while not self._put.empty():
            public_id, entry = self._put.get()
            self._to_tell[f"pilot:{public_id}"] = entry
            self.stale.add(public_id)
        while self._to_tell:
            topic, entry = next(iter(self._to_tell.items()))
            gate.changed(topic, entry)
            del self._to_tell[topic]

    def note_handling(self) -> None:
        """Something was done about alerts, by whomever: their pages and boards are to be told."""
        newest = AlertStep.objects.aggregate(newest=Max("pk"))["newest"] or 0
        if self._steps_seen is None:
            self._steps_seen = newest
        if newest == self._steps_seen:
            return
        steps = AlertStep.objects.filter(pk__gt=self._steps_seen).order_by()
        entry = projection.position(projection.ITEMS)
        for public_id, slug in steps.values_list(
            "pilot__public_id", "pilot__case__scheme__slug"
        ).distinct():
            self._to_tell[f"pilot:{public_id}"] = entry
            self._to_tell[f"board:{slug}"] = entry
        self._steps_seen = newest
