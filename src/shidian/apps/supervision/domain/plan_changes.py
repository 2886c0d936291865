"""Changes that loosen a plan: proposed, approved by two officers, signed by the institution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import OfficerRole
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.outbox import put
from shidian.apps.cases.rules import authorities_handling
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.orders.standing import restriction_to_lift, standing_of
from shidian.apps.supervision.domain.plan_steps import forbid_stepless, require_open_step
from shidian.apps.supervision.domain.plan_text import text_of_change
from shidian.apps.supervision.domain.plans import (
    changed_values,
    direction_of_change,
    newest_version,
    write_version,
)
from shidian.apps.supervision.models import ChangeState, Pilot, PilotState, PlanChange
from shidian.core.procedure.orders import STOPPING
from shidian.core.rulebook.plan_change import Direction, is_within
from shidian_kit.wire.digest import sha256_tag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from shidian.apps.accounts.models import Person

REASON_MAX_CHARS = 2_000
BASIS_MAX_CHARS = 1_000
OFFICERS = 2
"""What gives protection up takes two officers, whatever a rulebook says."""
_CAN_CHANGE = (PilotState.RUNNING, PilotState.SUSPENDED)


@transaction.atomic
def propose_change(
    *,
    pilot: Pilot,
    values: Mapping[str, str],
    reason: str,
    basis: str,
    by: Person,
    reason_en: str = "",
    at: datetime | None = None,
) -> PlanChange:
    """Propose values of which one at least is looser than agreed. It binds nobody yet.

    1. What stands against it is looked for: a pilot that does not run, another open change, a
       restriction of the same value, an open order to stop.
    2. Its text is fixed; officers of the deciding authorities are told by mail.

    What only tightens is no proposal: `tighten_plan` puts it in force. `reason` is in Chinese,
    `reason_en` its translation where there is one. Raises ForbiddenError, or SupervisionError with
    the field at fault.
    """
    locked = _locked(pilot)
    _require_proposer(locked, by)
    changed = changed_values(locked, values)
    if not changed:
        raise SupervisionError(_("No value is other than before."))
    if direction_of_change(locked, changed) is not Direction.LOOSENING:
        raise SupervisionError(_("This only tightens the plan: it needs no proposal."))
    forbid_stepless(locked, changed)
    texts = _texts(reason, reason_en, basis)
    return create_change(locked, changed, texts, by=by, moment=at or timezone.now())


@transaction.atomic
def propose_step(
    *,
    pilot: Pilot,
    step: str,
    reason: str,
    basis: str,
    by: Person,
    reason_en: str = "",
    at: datetime | None = None,
) -> PlanChange:
    """Propose to take the next step of the scale-up: the values that the rulebook raises by it.

    Its conditions must be met now; they are kept with their figures, and must still be met when
    the institution signs. Otherwise as `propose_change`.
    """
    locked = _locked(pilot)
    _require_proposer(locked, by)
    moment = at or timezone.now()
    judged = require_open_step(locked, step, moment)
    texts = _texts(reason, reason_en, basis)
    facts = [one.as_fact() for one in judged.conditions]
    return create_change(locked, judged.values, texts, by=by, moment=moment, step=step, facts=facts)


def create_change(
    pilot: Pilot,
    changed: Mapping[str, str],
    texts: tuple[str, str, str],
    *,
    by: Person,
    moment: datetime,
    step: str = "",
    facts: Sequence[Mapping[str, Any]] = (),
) -> PlanChange:
    """Write the proposal, once its verb has checked who proposes it and why. `pilot` is locked."""
    require_open_way(pilot, changed)
    base = newest_version(pilot)
    part = authorities_handling(by, pilot.case.scheme_id, OfficerRole.CASE, OfficerRole.SIGNING)[0]
    highest = PlanChange.objects.filter(pilot=pilot).aggregate(high=Max("number"))["high"]
    change = PlanChange(
        pilot=pilot,
        number=(highest or 0) + 1,
        base=base,
        values=dict(changed),
        step=step,
        facts=[dict(one) for one in facts],
        reason_zh=texts[0],
        reason_en=texts[1],
        basis=texts[2],
        authority=part.authority,
        rules_digest=pilot.rules_digest,
        required_approvals=OFFICERS,
        proposed_at=moment,
        proposed_by=by,
    )
    plan = {**base.values, **changed}
    change.canonical = text_of_change(change, plan, local_id=part.local_id, proposed_at=moment)
    change.digest = sha256_tag(change.canonical.encode())
    change.save(force_insert=True)
    tell(change, "officer", "signing-officer", at=moment)
    return change


def require_open_way(pilot: Pilot, changed: Mapping[str, str], *, but: int | None = None) -> None:
    """Raise SupervisionError with the reason where nothing may be loosened as things stand.

    `but`: the change that is itself being decided.
    """
    if pilot.state not in _CAN_CHANGE:
        raise SupervisionError(_("Only the plan of a running pilot can be changed."))
    open_one = PlanChange.objects.filter(pilot=pilot, state=ChangeState.PROPOSED).exclude(
        pk=but or 0
    )
    if found := open_one.first():
        raise SupervisionError(
            _("Change %(number)d is still open: decide it, decline it or withdraw it first.")
            % {"number": found.number}
        )
    parameters = {one.id: one for one in pilot.case.rulebook.plan}
    for name, value in changed.items():
        if not is_within(parameters[name], value):
            raise SupervisionError(_("The rulebook does not let this be agreed."), field=name)
    restricted = restriction_to_lift(pilot)
    if restricted is not None and restricted.plan.keys() & changed.keys():
        raise SupervisionError(
            _("Order %(order)s restricts this value: lift it by an order to resume.")
            % {"order": restricted.public_id}
        )
    stops = {**dict.fromkeys(STOPPING), "terminate": None}
    for order_id, kind in standing_of(pilot).proposed.items():
        if kind in stops:
            raise SupervisionError(
                _("Order %(order)s, of the opposite sense, is still open: decide it first.")
                % {"order": order_id}
            )


def put_in_force_if_carried(change: PlanChange, *, by: Person, at: datetime) -> bool:
    """Put the change in force where officers and institution carry it. Called with pilot and change

    locked. It must still fit what stands. The journal is told of the whole plan; the page says
    "pending" until it has it. The database counts approvals and signature once more.
    """
    if not is_carried(change):
        return False
    require_current(change)
    require_open_way(change.pilot, change.values, but=change.pk)
    if change.step:
        require_open_step(change.pilot, change.step, at)
    change.state = ChangeState.IN_FORCE
    change.in_force_at = at
    change.save(update_fields=["state", "in_force_at"])
    write_version(
        change.pilot, change.values, reason=change.reason_zh, by=by, moment=at, change=change
    )
    tell(change, "applicant", "officer", "signing-officer", at=at)
    return True


def officers_of(change: PlanChange) -> int:
    """Different officers who approved this very text."""
    approvals = change.approvals.filter(digest=change.digest)
    return approvals.values("officer").distinct().count()


def is_approved(change: PlanChange) -> bool:
    """Whether as many officers as it takes have approved it: the institution may sign."""
    return officers_of(change) >= change.required_approvals


def is_carried(change: PlanChange) -> bool:
    """Whether officers and institution carry it."""
    return is_approved(change) and change.signatures.filter(digest=change.digest).exists()


def require_current(change: PlanChange) -> None:
    """Raise SupervisionError where it is decided, or the plan is another than it set out from."""
    if change.state != ChangeState.PROPOSED:
        raise SupervisionError(_("This change is no longer a proposal. Reload the page."))
    if newest_version(change.pilot).pk != change.base_id:
        raise SupervisionError(
            _("The plan was changed meanwhile. Decline this change and propose it anew.")
        )


@transaction.atomic
def decline_change(
    *, change: PlanChange, reason: str, by: Person, at: datetime | None = None
) -> PlanChange:
    """Refuse a proposal, with a reason; approvals that it has are kept and lead to nothing.

    Raises ForbiddenError, or SupervisionError: no reason, or no longer a proposal.
    """
    return _end(change, ChangeState.DECLINED, reason, by, at)


@transaction.atomic
def withdraw_change(
    *, change: PlanChange, reason: str, by: Person, at: datetime | None = None
) -> PlanChange:
    """Take one's own proposal back. Raises ForbiddenError, also to whom it is not theirs;

    SupervisionError as `decline_change`.
    """
    if change.proposed_by_id != by.pk:
        raise ForbiddenError
    return _end(change, ChangeState.WITHDRAWN, reason, by, at)


def _end(
    change: PlanChange, state: ChangeState, reason: str, by: Person, at: datetime | None
) -> PlanChange:
    found = locked_change(change)
    if not allows(by, Permission.PLAN_PROPOSE, found.pilot.case):
        raise ForbiddenError
    if not reason.strip():
        raise SupervisionError(_("Give the reason."), field="reason")
    if len(reason) > REASON_MAX_CHARS:
        raise SupervisionError(_("The reason is longer than 2,000 characters."), field="reason")
    if found.state != ChangeState.PROPOSED:
        raise SupervisionError(_("This change is no longer a proposal. Reload the page."))
    found.state = state
    found.ended_at = at or timezone.now()
    found.ended_by = by
    found.ended_because = reason.strip()
    found.save(update_fields=["state", "ended_at", "ended_by", "ended_because"])
    return found


def locked_change(change: PlanChange) -> PlanChange:
    """The change with its pilot, both locked: the pilot first, as every verb does."""
    held = Pilot.objects.select_for_update(of=("self",)).select_related("case")
    pilot = held.get(pk=change.pilot_id)
    found = PlanChange.objects.select_for_update(of=("self",)).get(pk=change.pk)
    found.pilot = pilot
    return found


def tell(change: PlanChange, *kinds: str, at: datetime) -> None:
    """Mail to these kinds of people that something happened on the case."""
    for kind in kinds:
        put(f"mail.{kind}", {"plan_change": change.number}, case=change.pilot.case, at=at)


def _locked(pilot: Pilot) -> Pilot:
    return Pilot.objects.select_for_update(of=("self",)).select_related("case").get(pk=pilot.pk)


def _require_proposer(pilot: Pilot, by: Person) -> None:
    parts = authorities_handling(by, pilot.case.scheme_id, OfficerRole.CASE, OfficerRole.SIGNING)
    if not allows(by, Permission.PLAN_PROPOSE, pilot.case) or not parts:
        raise ForbiddenError


def _texts(reason: str, reason_en: str, basis: str) -> tuple[str, str, str]:
    if not reason.strip():
        raise SupervisionError(_("Give the reason; the institution reads it."), field="reason")
    for name, text in (("reason", reason), ("reason_en", reason_en)):
        if len(text) > REASON_MAX_CHARS:
            raise SupervisionError(_("The reason is longer than 2,000 characters."), field=name)
    if not basis.strip():
        raise SupervisionError(_("Name the terms or the article on which it rests."), field="basis")
    if len(basis) > BASIS_MAX_CHARS:
        raise SupervisionError(_("The basis is longer than 1,000 characters."), field="basis")
    return reason.strip(), reason_en.strip() or reason.strip(), basis.strip()
