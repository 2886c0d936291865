"""What orders make of a project, as the gate knows it: from control records alone.

An order is heeded from its entry on, whatever its time says: a stop waits for nothing. Monitoring
is no function of it (MONITORING A4: alerts never depend on what was ordered).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec

from shidian_kit.wire.order import AcknowledgementKind, OrderKind
from shidian_kit.wire.permit import OrderState

if TYPE_CHECKING:
    from collections.abc import Mapping

_BECOMES = {
    OrderKind.SUSPEND: OrderState.SUSPENDED,
    OrderKind.RESUME: OrderState.RUNNING,
    OrderKind.TERMINATE: OrderState.TERMINATED,
}


class OrderRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An issued order. `digest` names its document; `effective_us`: when it was issued.

    `plan`: what a restrict changes. The plan as a whole comes in a record of its own.
    """

    project: str
    order_id: str
    order_kind: OrderKind
    effective_us: int
    digest: str
    plan: dict[str, str] = {}


class LapseRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A stop that nobody countersigned in time. `reopens`: whether business opens again by it."""

    project: str
    order_id: str
    effective_us: int
    reopens: bool = False


class AcknowledgementRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A firm's signed word on an order, as it came, so that anyone can check it later.

    `at_us`: by the firm's clock; `document`: the signed body; `key_id`, `signature_input`,
    `signature`, `authority`, `path`: what the signature covers besides it.
    """

    project: str
    order_id: str
    kind: AcknowledgementKind
    at_us: int
    source: str
    key_id: str
    document: str
    authority: str
    path: str
    content_type: str
    signature_input: str
    signature: str


class OrderConflictError(ValueError):
    """A record that does not fit the orders before it; the message says why."""


@dataclass(frozen=True, slots=True)
class ProjectOrders:
    """The orders of a project: `state`, the order that made it, and the digest of each."""

    state: OrderState = OrderState.RUNNING
    by: str | None = None
    digests: Mapping[str, str] = field(default_factory=dict)

    def check(self, record: OrderRecord | LapseRecord) -> None:
        """Raises OrderConflictError where `after` must not be asked for."""
        if isinstance(record, LapseRecord):
            if record.order_id not in self.digests:
                raise OrderConflictError(f"no order {record.order_id} is known that could lapse")
            return
        if record.order_id in self.digests:
            raise OrderConflictError(f"order {record.order_id} is known already")
        if self.state is OrderState.TERMINATED and record.order_kind in _BECOMES:
            raise OrderConflictError(f"{self.by} has terminated {record.project}")

    def after(self, record: OrderRecord | LapseRecord) -> ProjectOrders:
        """The orders once this record is in the log."""
        if isinstance(record, LapseRecord):
            ends = record.reopens and self.by == record.order_id
            return replace(self, state=OrderState.RUNNING, by=None) if ends else self
        digests = {**self.digests, record.order_id: record.digest}
        state = _BECOMES.get(record.order_kind)
        if state is None:
            return replace(self, digests=digests)
        return ProjectOrders(state, record.order_id, digests)
