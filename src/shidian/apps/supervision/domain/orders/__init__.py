"""The verbs on orders: from a proposal to what the firm answers, or to a lapse."""

from shidian.apps.supervision.domain.orders.alarms import acknowledge_alarms, raise_alarm
from shidian.apps.supervision.domain.orders.approving import (
    approve_order,
    begin_approval,
    countersign_order,
)
from shidian.apps.supervision.domain.orders.following import note_delivery, receive_acknowledgement
from shidian.apps.supervision.domain.orders.lapsing import announce_lapses, lapse_due_orders
from shidian.apps.supervision.domain.orders.proposing import (
    decline_order,
    propose_from_alert,
    propose_order,
    withdraw_for_episode,
    withdraw_order,
)

__all__ = [
    "acknowledge_alarms",
    "announce_lapses",
    "approve_order",
    "begin_approval",
    "countersign_order",
    "decline_order",
    "lapse_due_orders",
    "note_delivery",
    "propose_from_alert",
    "propose_order",
    "raise_alarm",
    "receive_acknowledgement",
    "withdraw_for_episode",
    "withdraw_order",
]
