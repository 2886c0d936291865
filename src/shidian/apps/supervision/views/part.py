"""What the case page shows of its pilot: a stop, the orders given to it, how it is to end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.views import desk
from shidian.apps.cases.views.buttons import leads
from shidian.apps.cases.views.parts import Part, register
from shidian.apps.cases.views.timeline import supply
from shidian.apps.supervision.bridges import day_over, open_grants, steps_of, who_did
from shidian.apps.supervision.domain.bridges import standing_bridge
from shidian.apps.supervision.domain.exits import drill_due
from shidian.apps.supervision.domain.report_parts import reports_by_telemetry
from shidian.apps.supervision.models import OrderState, Pilot
from shidian.apps.supervision.orders import shown_orders, standing_stop, visible_orders
from shidian.apps.supervision.templatetags.supervision import reason_text
from shidian.core.procedure.bridging import BridgeState
from shidian.core.procedure.types import Verb

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


def build_exit(case: Case, state: CaseState, viewer: Viewer) -> dict[str, Any] | None:
    """Where the case stands with its exit: the drill that is due, evaluation, exit report."""
    if not allows(viewer.person, Permission.EXIT_READ, case):
        return None
    due, admitted = drill_due(case), state.number is not None
    if due is None and not admitted:
        return None
    bridge = standing_bridge(case) if admitted and case.outcome else None
    shown = bridge if bridge and bridge.state in (BridgeState.ASKED, BridgeState.OPEN) else None
    return {"case": case, "due": due, "admitted": admitted, "bridge": shown}


@supply
def bridge_steps(case: Case, viewer: Viewer) -> list[dict[str, Any]]:
    """What was done about a bridge, as acts of the timeline. One query, once the case has ended."""
    if not case.outcome or not allows(viewer.person, Permission.EXIT_READ, case):
        return []
    is_internal = allows(viewer.person, Permission.CASE_READ_INTERNAL, case)
    return [
        {
            "what": _("Bridge to a licence: %(what)s") % {"what": one.get_kind_display()},
            "who": who_did(one, is_internal=is_internal),
            "at": one.at,
            "note": one.text,
        }
        for one in steps_of(case)
    ]


@desk.supply
def running_bridges(viewer: Viewer) -> list[desk.Owed]:
    """The last day of each bridge that is open, for its firm and those who supervise it."""
    if not (viewer.roles.is_staff or viewer.roles.is_officer):
        return []
    now = timezone.now()
    return [
        desk.Owed(
            what=_("Bridge to a licence ends"),
            case=str(step.case.title),
            url=reverse("supervision:bridge", args=[step.case.reference]),
            at=day_over(step),
            late=day_over(step) < now,
        )
        for step in open_grants(viewer.person)
    ]


@leads(Verb.FILE_REPORT)
def drawn_reports(case: Case) -> str:
    """Where reports are drawn from telemetry they are begun, signed and filed on their own page."""
    public_id = reports_by_telemetry(case).values_list("public_id", flat=True).first()
    return reverse("supervision:pilot-reports", args=[public_id]) if public_id else ""


register(Part("supervision/_part.html", build, order=5))
register(Part("supervision/_exit_part.html", build_exit, order=6))
