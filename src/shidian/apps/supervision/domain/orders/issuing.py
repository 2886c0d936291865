"""Issuing an order: what it does to the pilot, and who must know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from shidian.apps.cases.outbox import put
from shidian.apps.supervision.domain.control import post_control
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.instants import to_us
from shidian.apps.supervision.domain.orders.recording import put_leaf
from shidian.apps.supervision.domain.orders.standing import newest_issued, require_consistent
from shidian.apps.supervision.domain.pilots import ask_for_snapshot
from shidian.apps.supervision.domain.plans import write_version
from shidian.apps.supervision.models import Order, OrderKind, OrderState, PilotState, PlanVersion
from shidian.core.procedure.orders import COUNTERSIGN_WITHIN
from shidian.core.rulebook.proportion import is_stricter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.supervision.models import Pilot

ISSUED = "order.issued"
"""Outbox topic on which delivery to the firm waits: order, canonical text, digest."""
_BECOMES = {
    OrderKind.SUSPEND: PilotState.SUSPENDED,
    OrderKind.RESUME: PilotState.RUNNING,
    OrderKind.TERMINATE: PilotState.TERMINATED,
}


def issue(order: Order, *, by: Person, at: datetime) -> None:
    """Give the order its effect. Called with order and pilot locked, once it is approved.

    1. It must still fit what stands, and follow the order that its text names.
    2. The pilot's state or plan changes; the journal is told of the plan, then of the order.
    3. The order is issued; the database counts its approvals once more.
    4. The firm's system is sent the order (`order.issued`), its people and the officers get mail,
       the record gets its leaf, the public page is asked for anew.

    Raises SupervisionError.
    """
    pilot = order.pilot
    require_consistent(pilot, order.kind, but=order)
    newest = newest_issued(pilot)
    if (newest.pk if newest else None) != order.follows_id:
        raise SupervisionError(
            _("Another order was issued meanwhile. Decline this one and propose it anew.")
        )
    order.plan_before = _change_plan(order, by, at)
    if order.kind in _BECOMES and order.lifts_id is None:
        pilot.state = _BECOMES[OrderKind(order.kind)]
        pilot.save(update_fields=["state"])
    order.control_outbox_id = post_control(
        pilot,
        "order",
        {
            "order_id": order.public_id,
            "order_kind": order.kind,
            "effective_us": to_us(at),
            "digest": order.digest,
            "plan": order.plan,
        },
        at=at,
    )
    order.state = OrderState.ISSUED
    order.issued_at = at
    order.lapses_at = at + COUNTERSIGN_WITHIN if order.lapses else None
    order.save(
        update_fields=["plan_before", "control_outbox_id", "state", "issued_at", "lapses_at"]
    )
    _tell(order, at)


def _tell(order: Order, at: datetime) -> None:
    said = {"order": order.public_id, "canonical": order.canonical, "digest": order.digest}
    put(ISSUED, said, case=order.pilot.case, at=at)
    for kind in ("applicant", "officer", "signing-officer"):
        put(f"mail.{kind}", {"order": order.public_id}, case=order.pilot.case, at=at)
    put_leaf(order, "order.issued", at=at)
    ask_for_snapshot(order.pilot, at=at)


def _change_plan(order: Order, by: Person, at: datetime) -> dict[str, str]:
    """Tighten the plan, or return to what it was; the plan as it was before."""
    pilot = order.pilot
    newest = PlanVersion.objects.filter(pilot=pilot).latest("number").values
    if order.kind == OrderKind.RESTRICT:
        _require_tightening(pilot, order.plan, newest)
        write_version(pilot, order.plan, reason=order.reason_zh, by=by, moment=at, order=order)
        return dict(newest)
    if order.lifts is not None:
        back = values_before(order.lifts, newest)
        if back:
            write_version(pilot, back, reason=order.reason_zh, by=by, moment=at, order=order)
    return {}


def _require_tightening(pilot: Pilot, wanted: Mapping[str, str], newest: Mapping[str, str]) -> None:
    """The plan may have been tightened since the order was proposed; none loosens it."""
    parameters = {one.id: one for one in pilot.case.rulebook.plan}
    for name, value in wanted.items():
        if name not in newest or is_stricter(parameters[name], newest[name], value):
            raise SupervisionError(
                _("The plan was changed meanwhile. Decline this order and propose it anew.")
            )


def values_before(restriction: Order, newest: Mapping[str, str]) -> dict[str, str]:
    """What lifting a restriction returns: its values, but for those tightened further since."""
    return {
        name: restriction.plan_before[name]
        for name, value in restriction.plan.items()
        if newest.get(name) == value and name in restriction.plan_before
    }
