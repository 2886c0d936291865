"""Who may act on a pilot, asked once more where the act is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.errors import ForbiddenError

if TYPE_CHECKING:
    from shidian.apps.accounts.models import Person
    from shidian.apps.supervision.models import Pilot


def require_supervisor(by: Person | None, pilot: Pilot) -> None:
    """Raise ForbiddenError unless `by` may supervise the pilot; None is the system itself.

    A page asked already, but before the lock: an office can end between the two.
    """
    if by is not None and not allows(by, Permission.PILOT_SUPERVISE, pilot.case):
        raise ForbiddenError
