"""What an order does, in law and in practice, before somebody approves it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from shidian.apps.supervision.domain.orders.recording import is_public
from shidian.apps.supervision.models import OrderKind, PlanVersion

if TYPE_CHECKING:
    from shidian.apps.supervision.models import Order
    from shidian.core.rulebook.model import Text


@dataclass(frozen=True, slots=True)
class Effects:
    """For the confirmation: in law, in practice, who is told, whether it can be undone."""

    law: str
    practice: str
    told: tuple[str, ...]
    undo: str


def effects_of(order: Order) -> Effects:
    """What follows once the order is issued."""
    told = [
        _("the institution's people by mail, its system by the signed order"),
        _("the officers of the deciding authorities"),
    ]
    if is_public(order):
        told.append(_("everyone, on the public page"))
    return Effects(
        law=_(
            "An instruction within what was agreed at admission."
            " It is not a formal supervisory measure."
        ),
        practice=_practice(order),
        told=tuple(told),
        undo=_undo(order),
    )


def _practice(order: Order) -> str:
    if order.lifts_id is not None:
        return _(
            "The values return to what they were before the restriction,"
            " but for those lowered further since."
        )
    words = {
        OrderKind.REMIND: _("The institution takes note. Nothing changes for its business."),
        OrderKind.WARN: _(
            "The institution is warned that more may follow. Nothing changes for its business."
        ),
        OrderKind.RESTRICT: _(
            "The lower values are agreed from now on."
            " The monitor judges by them from the journal entry that records them."
        ),
        OrderKind.SUSPEND: _(
            "The pilot takes no new business from now on."
            " Closing out, redemption, refund and settlement go on."
        ),
        OrderKind.RESUME: _("The pilot may take new business again."),
        OrderKind.TERMINATE: _(
            "The pilot takes no new business any more. What is there runs off;"
            " the case is closed by an act of its own."
        ),
    }
    return words[OrderKind(order.kind)]


def _undo(order: Order) -> str:
    if order.lapses:
        return _(
            "It lapses after 24 hours unless a second officer countersigns it."
            " Lifting it takes two officers."
        )
    words = {
        OrderKind.REMIND: _("It cannot be taken back."),
        OrderKind.WARN: _("It cannot be taken back."),
        OrderKind.RESTRICT: _("Lifting it takes two officers."),
        OrderKind.SUSPEND: _("Lifting it takes two officers."),
        OrderKind.RESUME: _("The pilot can be stopped again at any time."),
        OrderKind.TERMINATE: _("It cannot be undone."),
    }
    return words[OrderKind(order.kind)]


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A value that a restriction changes."""

    title: Text
    before: Decimal | None
    after: Decimal
    unit: Text


def restriction_lines(order: Order) -> list[PlanLine]:
    """The values of a restriction beside those that it replaces."""
    if not order.plan:
        return []
    before = order.plan_before
    if not before:
        newest = PlanVersion.objects.filter(pilot=order.pilot).order_by("-number").first()
        before = newest.values if newest else {}
    return [
        PlanLine(
            parameter.title,
            Decimal(before[parameter.id]) if parameter.id in before else None,
            Decimal(order.plan[parameter.id]),
            parameter.unit,
        )
        for parameter in order.pilot.case.rulebook.plan
        if parameter.id in order.plan
    ]
