"""Calling the officers about an order that does not come through, and saying that one has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.outbox import put
from shidian.apps.supervision.models import AlarmKind, Order, OrderAlarm

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Person

DETAIL_MAX_CHARS = 500
_OFFICES = ("officer", "signing-officer")


@transaction.atomic
def raise_alarm(order: Order, kind: AlarmKind, detail: str, *, at: datetime | None = None) -> bool:
    """Call the officers, once for each kind: by mail and on the board until one acknowledges.

    Whether it was raised now; False where it had been before.
    """
    moment = at or timezone.now()
    _, made = OrderAlarm.objects.get_or_create(
        order=order,
        kind=kind,
        defaults={"detail": detail[:DETAIL_MAX_CHARS], "raised_at": moment},
    )
    if made:
        said = {"order": order.public_id, "alarm": str(kind)}
        for office in _OFFICES:
            put(f"mail.{office}", said, case=order.pilot.case, at=moment)
    return made


@transaction.atomic
def acknowledge_alarms(*, order: Order, by: Person, at: datetime | None = None) -> int:
    """Say that one has seen the order's alarms and takes care of them; how many there were.

    Who acknowledged first stands. Raises ForbiddenError.
    """
    if not allows(by, Permission.ORDER_PROPOSE, order.pilot.case):
        raise ForbiddenError
    waiting = OrderAlarm.objects.filter(order=order, acknowledged_at=None)
    return waiting.update(acknowledged_at=at or timezone.now(), acknowledged_by=by)
