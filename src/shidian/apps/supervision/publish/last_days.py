"""A pilot's last days, for the public's calendar: where the rulebook's register shows dates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.zones import day_in
from shidian.apps.supervision.domain.exits import due_days
from shidian.apps.supervision.models import OrderKind
from shidian.apps.supervision.publish.register import shows
from shidian.core.exit.drill import Step

if TYPE_CHECKING:
    from datetime import date, datetime

    from shidian.apps.notices.pilot_bodies import LastDay
    from shidian.apps.supervision.models import Pilot


def last_days(pilot: Pilot) -> list[LastDay]:
    """Of a pilot in its term that term's last day; afterwards that of its run-off, where the rules
    give it one and the calendar knows it.

    Where orders are not public, nothing shows that one has ended a pilot before its term did.
    """
    if not shows(pilot.case, "dates"):
        return []
    began = _ended_at(pilot, by_order=shows(pilot.case, "orders"))
    if began is None:
        return [{"kind": "term", "on": pilot.ends_on.isoformat()}]
    until = _run_off_until(pilot, began)
    return [{"kind": "run-off", "on": until.isoformat()}] if until else []


def _run_off_until(pilot: Pilot, began: datetime) -> date | None:
    try:
        return due_days(pilot.case, day_in(pilot.case.rulebook, began)).get(Step.RUN_OFF)
    except DomainError:
        # A page is not held up for a calendar that is missing.
        return None


def _ended_at(pilot: Pilot, *, by_order: bool) -> datetime | None:
    """When no new business was allowed any more: by an order to terminate, or by the closing."""
    ordered = _ordered_at(pilot) if by_order else None
    return ordered or pilot.closed_at


def _ordered_at(pilot: Pilot) -> datetime | None:
    orders = pilot.orders.filter(kind=OrderKind.TERMINATE, ended_at=None)
    issued = orders.exclude(issued_at=None).order_by("issued_at")
    return issued.values_list("issued_at", flat=True).first()
