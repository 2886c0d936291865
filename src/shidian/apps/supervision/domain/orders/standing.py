"""What stands for a pilot when an order is proposed or issued, and what speaks against one."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from shidian.apps.cases.words import localized
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.models import IN_FORCE, Order, OrderKind, OrderState, PilotState
from shidian.core.procedure.orders import Standing, contradiction

if TYPE_CHECKING:
    from shidian.apps.supervision.models import Pilot
    from shidian.core.procedure.orders import PilotCondition
    from shidian.core.rulebook.model import OrderKind as KindWord
    from shidian.core.rulebook.model import Orders


def standing_of(pilot: Pilot, *, but: Order | None = None) -> Standing:
    """How things stand for the pilot, an order left out that is itself being decided."""
    open_ones = Order.objects.filter(pilot=pilot, state=OrderState.PROPOSED)
    if but is not None:
        open_ones = open_ones.exclude(pk=but.pk)
    return Standing(
        condition=cast("PilotCondition", str(pilot.state)),
        proposed={one.public_id: cast("KindWord", one.kind) for one in open_ones},
        lapsed=lapsed_suspension(pilot) is not None,
        restricted=restriction_to_lift(pilot) is not None,
    )


def newest_issued(pilot: Pilot) -> Order | None:
    """The order that a next one follows: the last that was issued, lapsed or not."""
    issued = Order.objects.filter(pilot=pilot, issued_at__isnull=False)
    return issued.order_by("-issued_at", "-pk").first()


def lapsed_suspension(pilot: Pilot) -> Order | None:
    """The suspension by which a pilot stands still although it has lapsed."""
    if pilot.state != PilotState.SUSPENDED:
        return None
    newest = (
        Order.objects.filter(
            pilot=pilot,
            kind__in=(OrderKind.SUSPEND, OrderKind.RESUME),
            issued_at__isnull=False,
        )
        .order_by("-issued_at", "-pk")
        .first()
    )
    lapsed = newest is not None and newest.state == OrderState.LAPSED
    return newest if lapsed else None


def repeats_lapsed(pilot: Pilot, kind: str) -> bool:
    """Whether the last order of this kind to the pilot lapsed: one officer has had their day."""
    issued = Order.objects.filter(pilot=pilot, kind=kind, issued_at__isnull=False)
    newest = issued.order_by("-issued_at", "-pk").first()
    return newest is not None and newest.state == OrderState.LAPSED


def restriction_to_lift(pilot: Pilot) -> Order | None:
    """The newest restriction that nothing has taken back, lapsed or not."""
    lifted = Order.objects.filter(
        pilot=pilot, kind=OrderKind.RESUME, state__in=IN_FORCE, lifts__isnull=False
    )
    held = Order.objects.filter(
        pilot=pilot, kind=OrderKind.RESTRICT, state__in=(*IN_FORCE, OrderState.LAPSED)
    ).exclude(pk__in=lifted.values("lifts"))
    rules = orders_rules(pilot)
    if rules is not None and rules.on_lapse == "reopens":
        held = held.exclude(state=OrderState.LAPSED)
    return held.order_by("-issued_at", "-pk").first()


def orders_rules(pilot: Pilot) -> Orders | None:
    """What the rulebook says of orders; None where it knows none."""
    return pilot.case.rulebook.orders


def require_consistent(pilot: Pilot, kind: str, *, but: Order | None = None) -> Orders:
    """Raise SupervisionError with the reason where such an order contradicts what stands."""
    rules = orders_rules(pilot)
    refused = contradiction(rules, cast("KindWord", kind), standing_of(pilot, but=but))
    if refused is not None or rules is None:
        raise SupervisionError(localized(refused))
    return rules
