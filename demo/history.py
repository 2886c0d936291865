"""The first entries of the demonstration's journal: rules in force, and a permit for each minute of

business in the days before the first start. So what the simulated pilots send of those days is
held against leases like anything else, and what was done without one is found.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from demo.behaviour import BEHAVIOURS, HISTORY_DAYS, sessions
from demo.registration import load_registrations
from shidian.core.journal import ControlError, EntryKind, Journal
from shidian_kit.wire import keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from shidian.apps.supervision.worker.gate_client import GateRefusedError

ENROLLING = timedelta(hours=2)
"""The first investors are enrolled within an hour of the history's beginning."""
RENEWED = timedelta(minutes=1)


@dataclass(slots=True)
class PastClock:
    """The journal's clock, put to where the history is."""

    now: datetime

    def __call__(self) -> int:
        return int(self.now.timestamp() * 1_000_000)


class PastGate:
    """A gate as the worker sees it, before there is one: takes control records into a journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def fed(self, as_of_us: int) -> None:
        """The gate that comes is told by the worker that comes."""

    def control(self, records: Sequence[Mapping[str, Any]]) -> list[int | GateRefusedError]:
        """Append them in this order."""
        from shidian.apps.supervision.worker.gate_client import GateRefusedError

        wanted = [
            (
                EntryKind(str(record["kind"])),
                int(record["outbox_id"]),
                {name: one for name, one in record.items() if name not in ("kind", "outbox_id")},
            )
            for record in records
        ]
        answers = self._journal.submit_controls(wanted).result()
        return [
            GateRefusedError(str(one)) if isinstance(one, ControlError) else one for one in answers
        ]


def write_history(path: Path, now: datetime) -> None:
    """Write it into the new journal at `path`, as it was until `now`, and the receipts.

    To be called with the demonstration loaded and before its gate is started.
    """
    from shidian.apps.supervision.worker.controls import send_controls

    path.parent.mkdir(parents=True, exist_ok=True)
    start = now - timedelta(days=HISTORY_DAYS)
    clock = PastClock(start - timedelta(hours=1))
    with Journal(path, clock=clock) as journal:
        while send_controls(PastGate(journal)):
            pass
        lease_business(journal, clock, _key_ids(), start, now)


def lease_business(
    journal: Journal, clock: PastClock, key_ids: Sequence[str], start: datetime, end: datetime
) -> None:
    """A lease for each key and minute of business."""
    for minute in business_minutes(start, end):
        clock.now = minute
        issued = [journal.submit_lease(key_id, secrets.token_hex(16)) for key_id in key_ids]
        for lease in issued:
            lease.result()


def business_minutes(start: datetime, end: datetime) -> Iterator[datetime]:
    """When the pilot systems held a permit: while they enrolled, and in trading hours."""
    stretches = [(start - RENEWED, start + ENROLLING), *sessions(start, end)]
    last = start - 2 * RENEWED
    for opens, closes in stretches:
        minute = max(opens.astimezone(UTC), last + RENEWED)
        while minute <= closes:
            yield minute
            last, minute = minute, minute + RENEWED


def _key_ids() -> list[str]:
    """Keys of the systems that play."""
    played = {behaviour.project for behaviour in BEHAVIOURS}
    return [
        keys.key_id(keys.load_private(one.key_path).public_key())
        for one in load_registrations()
        if one.project in played
    ]
