"""Changes of plans, brought as far as a test needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shidian.apps.supervision.domain import plan_changes, plan_signing, plan_tightening
from shidian.apps.supervision.domain.orders.approving import CodeAnswer

from .orders import fresh_code

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.supervision.models import Pilot, PlanChange, PlanVersion

LOOSER = {"losses_max": "2000000"}


def propose(pilot: Pilot, by: Person, at: datetime, **more: Any) -> PlanChange:
    """A proposal that has all it needs; of a looser value unless told otherwise."""
    said = {"values": LOOSER, "reason": "同意扩大", "basis": "试点协议第九条"} | more
    return plan_changes.propose_change(pilot=pilot, by=by, at=at, **said)


def approve(change: PlanChange, by: Person, at: datetime, code: str = "") -> PlanChange:
    """Approve it with a fresh code."""
    challenge = plan_signing.begin_plan_approval(change=change, by=by, at=at)
    answer = CodeAnswer(code or fresh_code(by))
    return plan_signing.approve_change(challenge=challenge, answer=answer, by=by, at=at)


def sign(of: Any, by: Person, at: datetime) -> PlanChange | None:
    """Sign it for the institution, by a signer without a second factor."""
    challenge = plan_signing.begin_plan_signature(of=of, by=by, at=at)
    return plan_signing.sign_plan(challenge=challenge, answer=None, by=by, at=at)


def tightened(
    *, pilot: Pilot, values: dict[str, str], reason: str, by: Person, at: datetime | None = None
) -> PlanVersion:
    """Tighten it, with a fresh code for that very text."""
    challenge = plan_tightening.begin_tightening(
        pilot=pilot, values=values, reason=reason, by=by, at=at
    )
    answer = CodeAnswer(fresh_code(by))
    return plan_tightening.tighten_plan(challenge=challenge, answer=answer, by=by, at=at)
