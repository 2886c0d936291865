"""What the case page shows of its pilot: that it stands still, and the orders given to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.views.parts import Part, register
from shidian.apps.cases.views.timeline import supply
from shidian.apps.supervision.models import OrderState, Pilot
from shidian.apps.supervision.orders import shown_orders, standing_stop, visible_orders
from shidian.apps.supervision.templatetags.supervision import reason_text

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


@supply
def issued_orders(case: Case, viewer: Viewer) -> list[dict[str, Any]]:
    """Orders issued, and lapses, as acts of the timeline. One query."""
    rows = visible_orders(viewer.person).filter(pilot__case=case, issued_at__isnull=False)
    entries = []
    for order in rows.select_related("authority"):
        name = f"{order.get_kind_display()} {order.public_id}"
        entries.append(
            {
                "what": _("Order issued: %(order)s") % {"order": name},
                "who": str(order.authority),
                "at": order.issued_at,
                "note": reason_text(order),
            }
        )
        if order.state == OrderState.LAPSED:
            entries.append(
                {
                    "what": _("Order lapsed: %(order)s") % {"order": name},
                    "who": _("by the rules, automatically"),
                    "at": order.ended_at,
                    "note": "",
                }
            )
    return entries


register(Part("supervision/_part.html", build, order=5))
