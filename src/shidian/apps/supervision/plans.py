"""Changes of plans as people read them: which they may see, whose turn it is, what they change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, F, Q

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import Person
from shidian.apps.supervision.domain.plans import newest_version
from shidian.apps.supervision.models import ChangeState, PlanChange, PlanVersion
from shidian.apps.supervision.queries import ShownValue, receipts, refusals, shown_value
from shidian.core.rulebook.plan_change import Direction, direction_of_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet

    from shidian.apps.cases.models import Case
    from shidian.apps.supervision.models import PlanApproval, PlanChallenge, PlanSignature
    from shidian.core.rulebook.model import PlanParameter


def visible_changes(person: Person | AnonymousUser, case: Case) -> QuerySet[PlanChange]:
    """Changes of the pilot's plan that `person` may see: the authorities all of them, a party those

    that officers have approved and, of these, what was put to it.
    """
    changes = PlanChange.objects.filter(pilot__case=case)
    if not isinstance(person, Person) or not allows(person, Permission.PLAN_READ, case):
        return changes.none()
    if allows(person, Permission.CASE_READ_INTERNAL, case):
        return changes
    counted = changes.annotate(officers=Count("approvals__officer", distinct=True))
    return counted.filter(
        Q(state=ChangeState.PROPOSED) | Q(state=ChangeState.IN_FORCE),
        officers__gte=F("required_approvals"),
    )


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A change with what is needed to say whose turn it is."""

    change: PlanChange
    officers: int
    """Different officers who have approved it."""
    signed: bool

    @property
    def missing(self) -> int:
        """Officers still needed before the institution may sign."""
        if self.change.state != ChangeState.PROPOSED:
            return 0
        return max(0, self.change.required_approvals - self.officers)

    @property
    def waits_for_signature(self) -> bool:
        """Approved by its officers, and not signed yet."""
        return self.change.state == ChangeState.PROPOSED and not self.missing

    @property
    def chip(self) -> str:
        """Kind of the chip that its state wears."""
        kinds = {ChangeState.PROPOSED: "todo", ChangeState.IN_FORCE: "done"}
        return kinds.get(ChangeState(self.change.state), "plain")


def shown_changes(changes: Iterable[PlanChange]) -> list[ShownChange]:
    """Changes with their officers and signature. One query besides the changes'."""
    listed = list(changes)
    counted = (
        PlanChange.objects.filter(pk__in=[one.pk for one in listed])
        .order_by()
        .annotate(
            approved=Count("approvals__officer", distinct=True),
            signed=Count("signatures", distinct=True),
        )
        .values_list("pk", "approved", "signed")
    )
    found = {pk: (approved, bool(signed)) for pk, approved, signed in counted}
    return [ShownChange(one, *found[one.pk]) for one in listed]


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A value that changes, and whether it protects less than before."""

    before: ShownValue | None
    after: ShownValue
    loosens: bool


def change_lines(change: PlanChange) -> list[ChangeLine]:
    """The values of a change beside those that it replaces, in the order of the rulebook."""
    return [
        _line(one, change.base.values.get(one.id), change.values[one.id])
        for one in change.pilot.case.rulebook.plan
        if one.id in change.values
    ]


def tightening_lines(challenge: PlanChallenge, values: Mapping[str, str]) -> list[ChangeLine]:
    """The values that a tightening would change, beside those that count now."""
    pilot = challenge.pilot
    if pilot is None:
        return []
    agreed = newest_version(pilot).values
    return [
        _line(one, agreed.get(one.id), values[one.id])
        for one in pilot.case.rulebook.plan
        if one.id in values
    ]


def _line(parameter: PlanParameter, before: str | None, after: str) -> ChangeLine:
    return ChangeLine(
        None if before is None else shown_value(parameter, before),
        shown_value(parameter, after),
        direction_of_value(parameter, before, after) is Direction.LOOSENING,
    )


@dataclass(frozen=True, slots=True)
class ChangeCourse:
    """How a change came about, and since when it is in force."""

    approvals: tuple[PlanApproval, ...]
    signature: PlanSignature | None
    version: PlanVersion | None
    entry: int | None
    """The journal's entry from which it is in force; None while it is pending."""
    refused: str
    stale: bool
    """Open, and the plan is another than it set out from."""


def course_of_change(change: PlanChange) -> ChangeCourse:
    """Everything that happened to a change. Six queries at most."""
    version = change.versions.first()
    ids = [version.outbox_id if version else None]
    outbox_id = (version.outbox_id if version else None) or 0
    is_open = change.state == ChangeState.PROPOSED
    return ChangeCourse(
        tuple(change.approvals.select_related("officer")),
        change.signatures.select_related("signer").first(),
        version,
        receipts(ids).get(outbox_id),
        refusals(ids).get(outbox_id, ""),
        is_open and newest_version(change.pilot).pk != change.base_id,
    )
