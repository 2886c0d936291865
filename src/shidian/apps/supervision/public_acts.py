"""Orders, findings, drills, bridges and evaluation plans, as the audit of the record asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.record.acts import Act, public_acts
from shidian.apps.supervision.domain import bridges, evaluations, exits
from shidian.apps.supervision.domain.orders.recording import leaf_payload
from shidian.apps.supervision.domain.tolerance import leaf_payload as leaf_payload_of_finding
from shidian.apps.supervision.models import (
    BridgeStep,
    ExitDrill,
    Order,
    OrderState,
    SealedPlan,
    ToleranceDecision,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@public_acts
def orders() -> Iterator[Act]:
    """Every order that was issued, and each that lapsed."""
    issued = Order.objects.exclude(issued_at=None).select_related("pilot__case").order_by("pk")
    for order in issued.iterator():
        if order.issued_at is None:
            continue
        payload = leaf_payload(order, "order.issued", at=order.issued_at)
        yield Act(what=f"order {order.public_id}", payload=payload, whole=False)
        if order.state == OrderState.LAPSED and order.ended_at is not None:
            payload = leaf_payload(order, "order.lapsed", at=order.ended_at)
            yield Act(what=f"order {order.public_id} lapsed", payload=payload, whole=False)


@public_acts
def findings() -> Iterator[Act]:
    """Every finding of tolerance that was decided; one sent back is none."""
    decided = ToleranceDecision.objects.exclude(decision="").order_by("pk")
    for one in decided.select_related(
        "finding__incident__pilot__case__rulebook_version"
    ).iterator():
        what = f"finding of tolerance on {one.finding.incident.reference}"
        yield Act(what=what, payload=leaf_payload_of_finding(one), whole=False)


@public_acts
def signed_drills() -> Iterator[Act]:
    """Every exit drill that the notary has signed."""
    signed = ExitDrill.objects.exclude(signed_at=None).select_related("case").order_by("pk")
    for drill in signed.iterator():
        what = f"exit drill {drill.number} of case {drill.case.reference}"
        yield Act(what=what, payload=exits.leaf_payload(drill), whole=False)


@public_acts
def bridges_to_a_licence() -> Iterator[Act]:
    """Every bridge that was granted, and the end of each."""
    for step in BridgeStep.objects.select_related("case").order_by("pk").iterator():
        if kind := bridges.leaf_kind(step):
            what = f"bridge {step.number} of case {step.case.reference}"
            yield Act(what=what, payload=bridges.leaf_payload(step, kind), whole=False)


@public_acts
def sealed_plans() -> Iterator[Act]:
    """Every plan of an evaluation."""
    for plan in SealedPlan.objects.select_related("case").order_by("pk").iterator():
        what = f"evaluation plan {plan.number} of case {plan.case.reference}"
        yield Act(what=what, payload=evaluations.leaf_payload(plan), whole=False)
