"""Where orders go: the address that a firm names for its pilot."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.models import OrderEndpoint, Pilot, PilotState

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Person

_URL = re.compile(r"https?://[!-~]{1,480}")


@transaction.atomic
def register_order_endpoint(
    *, pilot: Pilot, url: str, by: Person | None, at: datetime | None = None
) -> OrderEndpoint:
    """Have orders to the pilot sent there from now on; one that waits goes there next.

    Whether the address may be spoken to is judged each time that an order is sent: names change.
    The same address again changes nothing. Raises ForbiddenError, or SupervisionError: the pilot
    is closed, or the address is not https (http for a network that the operator allows), or has a
    user, query or fragment.
    """
    moment = at or timezone.now()
    locked = Pilot.objects.select_for_update(of=("self",)).select_related("case").get(pk=pilot.pk)
    if by is not None and not allows(by, Permission.ENDPOINT_SET, locked.case):
        raise ForbiddenError
    if locked.state == PilotState.CLOSED:
        raise SupervisionError(_("This pilot has exited: it takes no more orders."))
    address = url.strip()
    if not _fits(address):
        raise SupervisionError(
            _("Write an address such as https://pilot.example/orders, without a query."),
            field="url",
        )
    current = locked.order_endpoints.filter(ended_at=None).first()
    if current is not None:
        if current.url == address:
            return current
        current.ended_at = moment
        current.save(update_fields=["ended_at"])
    return OrderEndpoint.objects.create(
        pilot=locked, url=address, registered_at=moment, registered_by=by
    )


def _fits(address: str) -> bool:
    if _URL.fullmatch(address) is None:
        return False
    try:
        parts = urlsplit(address)
        named = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    return named and parts.username is None and not parts.query and not parts.fragment
