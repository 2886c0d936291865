"""Control records: what the journal must know, written to the outbox in the act's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.cases.outbox import put

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from shidian.apps.supervision.models import Pilot

TOPIC = "gate.control"
CONSUMER = "supervision.gate-control"
"""Under this name `OutboxDelivery` keeps why the gate refused a record."""


def post_control(pilot: Pilot, kind: str, body: Mapping[str, object], *, at: datetime) -> int:
    """Put a control record into the outbox; returns its id. `kind` is one of the journal's.

    The id is the idempotency key under which the gate keeps the record, however often it is sent.
    """
    row = put(TOPIC, {"kind": kind, "project": pilot.public_id, **body}, case=pilot.case, at=at)
    return int(row.pk)
