"""What the case page shows of its pilot's orders: that it stands still, and what waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.views.parts import Part, register
from shidian.apps.supervision.models import Pilot
from shidian.apps.supervision.orders import shown_orders, standing_stop, visible_orders

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case
    from shidian.apps.cases.views.roles import Viewer
    from shidian.core.procedure.types import CaseState

ORDERS_MAX = 5


def build(case: Case, state: CaseState, viewer: Viewer) -> dict[str, Any] | None:
    """The stop that stands, and the newest orders; None where there is no pilot or no order."""
    del state
    pilot = Pilot.objects.filter(case=case).first()
    if pilot is None or not allows(viewer.person, Permission.ORDER_READ, case):
        return None
    rows = visible_orders(viewer.person).filter(pilot=pilot)
    orders = shown_orders(rows.select_related("pilot__case__lead", "authority")[:ORDERS_MAX])
    if not orders:
        return None
    return {"pilot": pilot, "orders": orders, "stop": standing_stop(pilot)}


register(Part("supervision/_part.html", build, order=5))
