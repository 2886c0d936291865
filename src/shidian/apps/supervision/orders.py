"""Orders as people read them: which they may see, whose turn it is, how far they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from shidian.apps.accounts.models import Person
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.models import Case, CaseParty
from shidian.apps.cases.querysets import of_one_of
from shidian.apps.cases.rules import watched_parts
from shidian.apps.supervision.models import (
    IN_FORCE,
    Order,
    OrderAlarm,
    OrderApproval,
    OrderState,
    PilotState,
)
from shidian.apps.supervision.order_proofs import leaf_of
from shidian.apps.supervision.queries import receipts, refusals
from shidian.core.procedure.orders import ANNOUNCE_BEFORE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet

    from shidian.apps.supervision.models import OrderAcknowledgement, OrderDelivery, Pilot


def visible_orders(person: Person | AnonymousUser) -> QuerySet[Order]:
    """Orders that `person` may see: the scheme's authorities all, a party those that were issued.

    A denial of the case holds here as everywhere.
    """
    if not isinstance(person, Person):
        return Order.objects.none()
    roles = roles_of(person)
    seen = Order.objects.filter(of_one_of(Case.objects.visible_to(person), "pilot__case"))
    if roles.is_auditor:
        return seen
    places = roles.institutions()
    partners = CaseParty.objects.filter(case=OuterRef("pilot__case"), institution__in=places)
    of_a_party = Q(pilot__case__lead__in=places) | Q(Exists(partners))
    return seen.filter(
        Q(pilot__case__scheme__in=watched_parts(person).values("scheme"))
        | (Q(issued_at__isnull=False) & of_a_party)
    )


@dataclass(frozen=True, slots=True)
class ShownOrder:
    """An order with what is needed to say whose turn it is."""

    order: Order
    officers: int
    """Different officers who have approved it."""
    now: datetime

    @property
    def missing(self) -> int:
        """Officers still needed before it is issued."""
        if self.order.state != OrderState.PROPOSED:
            return 0
        return max(0, self.order.required_approvals - self.officers)

    @property
    def may_lapse(self) -> bool:
        """In force by one officer, and not countersigned yet."""
        return self.order.in_force and self.order.lapses and self.officers < 2  # noqa: PLR2004

    @property
    def left(self) -> timedelta | None:
        """How long until it lapses; None where it does not."""
        if not self.may_lapse or self.order.lapses_at is None:
            return None
        return max(self.order.lapses_at - self.now, self.now - self.now)

    @property
    def presses(self) -> bool:
        """It lapses within the time in which lapses are announced."""
        return self.left is not None and self.left <= ANNOUNCE_BEFORE

    @property
    def chip(self) -> str:
        """Kind of the chip that its state wears."""
        kinds = {
            OrderState.PROPOSED: "todo",
            OrderState.ISSUED: "info",
            OrderState.RECEIVED: "info",
            OrderState.EFFECTIVE: "done",
            OrderState.LAPSED: "warning",
        }
        return kinds.get(OrderState(self.order.state), "plain")


def shown_orders(orders: Iterable[Order]) -> list[ShownOrder]:
    """Orders with the number of officers who approved each. One query besides the orders'."""
    listed = list(orders)
    counted = (
        OrderApproval.objects.filter(order__in=listed)
        .values("order")
        .order_by()
        .annotate(officers=Count("officer", distinct=True))
        .values_list("order", "officers")
    )
    officers = dict(counted)
    now = timezone.now()
    return [ShownOrder(order, officers.get(order.pk, 0), now) for order in listed]


@dataclass(frozen=True, slots=True)
class Course:
    """How an order came about and what became of it."""

    approvals: tuple[OrderApproval, ...]
    acknowledgements: tuple[OrderAcknowledgement, ...]
    deliveries: tuple[OrderDelivery, ...]
    alarms: tuple[OrderAlarm, ...]
    entry: int | None
    """The journal's entry that tells the gate of it."""
    refused: str
    lapse_entry: int | None
    leaf: int | None
    """Its place on the public record; None while it waits."""

    @property
    def calls(self) -> bool:
        """Whether an alarm waits to be acknowledged."""
        return any(one.acknowledged_at is None for one in self.alarms)

    @property
    def handed_over(self) -> bool:
        """Whether the institution's system took it."""
        return any(one.delivered for one in self.deliveries)


def course_of(order: Order) -> Course:
    """Everything that happened to an order. Seven queries."""
    ids = [order.control_outbox_id, order.lapse_outbox_id]
    entries = receipts(ids)
    return Course(
        approvals=tuple(order.approvals.select_related("officer")),
        acknowledgements=tuple(order.acknowledgements.all()),
        deliveries=tuple(order.deliveries.all()),
        alarms=tuple(order.alarms.select_related("acknowledged_by")),
        entry=entries.get(order.control_outbox_id or 0),
        refused=refusals(ids).get(order.control_outbox_id or 0, ""),
        lapse_entry=entries.get(order.lapse_outbox_id or 0),
        leaf=leaf_of(order).values_list("index", flat=True).first(),
    )


LAPSING = "lapsing"


def in_view(  # noqa: PLR0911 - one a view
    orders: QuerySet[Order], show: str
) -> QuerySet[Order]:
    """Those of the orders that a view of the list shows; all of them for no view."""
    match show:
        case "to-decide":
            lapsing = in_view(Order.objects.all(), LAPSING).values("pk")
            return orders.filter(Q(state=OrderState.PROPOSED) | Q(pk__in=lapsing))
        case "waiting":
            return orders.filter(state=OrderState.PROPOSED)
        case "alarms":
            return orders.filter(alarms__acknowledged_at=None, alarms__isnull=False).distinct()
        case "in-force":
            return orders.filter(state__in=IN_FORCE)
        case "lapsing":
            counted = orders.annotate(officers=Count("approvals__officer", distinct=True))
            return counted.filter(state__in=IN_FORCE, lapses=True, officers__lt=2)
        case "past":
            return orders.exclude(state__in=(OrderState.PROPOSED, *IN_FORCE))
        case _:
            return orders


ALARMS_SHOWN = 5


def waiting_alarms(person: Person | AnonymousUser) -> QuerySet[OrderAlarm]:
    """Alarms that nobody has acknowledged, of orders that `person` may see.

    An institution sees none: they call the authorities.
    """
    if not isinstance(person, Person):
        return OrderAlarm.objects.none()
    seen = visible_orders(person).filter(
        pilot__case__scheme__in=watched_parts(person).values("scheme")
    )
    return OrderAlarm.objects.filter(acknowledged_at=None, order__in=seen)


def standing_stop(pilot: Pilot) -> Order | None:
    """The order by which a pilot does not run; None where it runs."""
    if pilot.state not in {PilotState.SUSPENDED, PilotState.TERMINATED}:
        return None
    kinds = ("suspend",) if pilot.state == PilotState.SUSPENDED else ("terminate",)
    stops = Order.objects.filter(pilot=pilot, kind__in=kinds, issued_at__isnull=False)
    return stops.order_by("-issued_at", "-pk").first()
