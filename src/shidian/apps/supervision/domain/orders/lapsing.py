"""Orders that one officer gave and nobody countersigned: announced, then lapsed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from shidian.apps.cases.outbox import put
from shidian.apps.supervision.domain.control import post_control
from shidian.apps.supervision.domain.instants import to_us
from shidian.apps.supervision.domain.orders.issuing import values_before
from shidian.apps.supervision.domain.orders.recording import put_leaf
from shidian.apps.supervision.domain.orders.standing import newest_issued, orders_rules
from shidian.apps.supervision.domain.pilots import ask_for_snapshot
from shidian.apps.supervision.domain.plans import write_version
from shidian.apps.supervision.models import (
    IN_FORCE,
    Order,
    OrderKind,
    OrderState,
    Pilot,
    PilotState,
    PlanVersion,
)
from shidian.core.procedure.orders import ANNOUNCE_BEFORE

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet


def announce_lapses(at: datetime | None = None) -> int:
    """Tell the officers, once, of each order that lapses within four hours; how many there were."""
    moment = at or timezone.now()
    due = _uncountersigned().filter(lapses_at__lte=moment + ANNOUNCE_BEFORE, announced_at=None)
    return sum(_announce(pk, moment) for pk in due.values_list("pk", flat=True))


@transaction.atomic
def _announce(pk: int, moment: datetime) -> bool:
    order = _uncountersigned().filter(pk=pk, announced_at=None).select_related("pilot__case")
    found = order.first()
    if found is None or not Order.objects.filter(pk=pk, announced_at=None).update(
        announced_at=moment
    ):
        return False
    for office in ("officer", "signing-officer"):
        put(f"mail.{office}", {"order": found.public_id}, case=found.pilot.case, at=moment)
    return True


def lapse_due_orders(at: datetime | None = None) -> int:
    """Let the orders lapse whose day is over; how many did."""
    moment = at or timezone.now()
    due = _uncountersigned().filter(lapses_at__lte=moment)
    return sum(_lapse(pk, moment) for pk in due.values_list("pk", flat=True))


@transaction.atomic
def _lapse(pk: int, moment: datetime) -> bool:
    """The order lapses: its own record in the journal and leaf on the record.

    Where the rulebook says `stays-stopped`, as by default, nothing changes for the pilot: it waits
    for a decision, and officers, signing officers and the firm are told. Where it says `reopens`,
    the pilot goes on as before, unless another order has been issued since.
    """
    pilot_id = Order.objects.filter(pk=pk).values_list("pilot_id", flat=True).get()
    held = Pilot.objects.select_for_update(of=("self",)).select_related("case")
    pilot = held.get(pk=pilot_id)
    order = Order.objects.select_for_update(of=("self",)).get(pk=pk)
    order.pilot = pilot
    if not _uncountersigned().filter(pk=pk, lapses_at__lte=moment).exists():
        return False
    rules = orders_rules(pilot)
    reopens = rules is not None and rules.on_lapse == "reopens" and _still_by(order)
    order.state = OrderState.LAPSED
    order.ended_at = moment
    order.save(update_fields=["state", "ended_at"])
    if pilot.state != PilotState.CLOSED:
        if reopens:
            _reopen(order, moment)
        order.lapse_outbox_id = post_control(
            pilot,
            "lapse",
            {"order_id": order.public_id, "effective_us": to_us(moment), "reopens": reopens},
            at=moment,
        )
        order.save(update_fields=["lapse_outbox_id"])
    for kind in ("applicant", "officer", "signing-officer"):
        put(f"mail.{kind}", {"order": order.public_id}, case=pilot.case, at=moment)
    put_leaf(order, "order.lapsed", at=moment)
    ask_for_snapshot(pilot, at=moment)
    return True


def _still_by(order: Order) -> bool:
    """Whether the pilot is as it is by this order: no other one came after it."""
    newest = newest_issued(order.pilot)
    return newest is not None and newest.pk == order.pk


def _reopen(order: Order, moment: datetime) -> None:
    pilot = order.pilot
    if order.kind == OrderKind.SUSPEND and pilot.state == PilotState.SUSPENDED:
        pilot.state = PilotState.RUNNING
        pilot.save(update_fields=["state"])
    if order.kind == OrderKind.RESTRICT:
        newest = PlanVersion.objects.filter(pilot=pilot).latest("number").values
        if back := values_before(order, newest):
            write_version(pilot, back, reason=order.public_id, by=None, moment=moment, order=order)


def _uncountersigned() -> QuerySet[Order]:
    counted = Order.objects.annotate(officers=Count("approvals__officer", distinct=True))
    return counted.filter(state__in=IN_FORCE, lapses=True, lapses_at__isnull=False, officers__lt=2)
