"""Changing a running pilot's plan: only downwards, with a reason."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.supervision.domain.control import post_control
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.instants import to_us
from shidian.apps.supervision.domain.permission import require_supervisor
from shidian.apps.supervision.domain.pilots import ask_for_snapshot
from shidian.apps.supervision.models import Pilot, PilotState, PlanVersion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from shidian.apps.accounts.models import Person

REASON_MAX_CHARS = 2_000
_NUMBER = re.compile(r"[0-9]{1,18}(\.[0-9]{1,9})?")


@transaction.atomic
def change_plan(
    *,
    pilot: Pilot,
    values: Mapping[str, str],
    reason: str,
    by: Person,
    at: datetime | None = None,
) -> PlanVersion:
    """Lower one or more agreed values; the others stay. Writes a version and a control record.

    In force from the journal entry that the record becomes; until then the page says "pending".
    Raises ForbiddenError, or SupervisionError: not running, no reason, an unknown parameter, a
    value that is no number, is negative or is not lower than the agreed one.
    """
    moment = at or timezone.now()
    locked = Pilot.objects.select_for_update().select_related("case").get(pk=pilot.pk)
    require_supervisor(by, locked)
    if locked.state != PilotState.RUNNING:
        raise SupervisionError(_("Only the plan of a running pilot can be changed."))
    if not reason.strip():
        raise SupervisionError(_("Give the reason; the institution reads it."), field="reason")
    if len(reason) > REASON_MAX_CHARS:
        raise SupervisionError(_("The reason is longer than 2,000 characters."), field="reason")
    newest = PlanVersion.objects.filter(pilot=locked).latest("number")
    lowered = _lowered(newest.values, values)
    plan = {**newest.values, **lowered}
    outbox_id = post_control(
        locked, "plan", {"effective_us": to_us(moment), "plan": plan}, at=moment
    )
    version = PlanVersion.objects.create(
        pilot=locked,
        number=newest.number + 1,
        values=plan,
        effective_us=to_us(moment),
        reason=reason.strip(),
        made_at=moment,
        made_by=by,
        outbox_id=outbox_id,
    )
    ask_for_snapshot(locked, at=moment)
    return version


def _lowered(agreed: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    lowered = {}
    for parameter, text in wanted.items():
        if parameter not in agreed:
            raise SupervisionError(_("This value is not part of the agreed plan."), field=parameter)
        number = _number(text, parameter)
        before = Decimal(agreed[parameter])
        if number > before:
            raise SupervisionError(
                _("An agreed value can be lowered, not raised."), field=parameter
            )
        if number < before:
            lowered[parameter] = format(number.normalize(), "f")
    if not lowered:
        raise SupervisionError(_("No value is lower than before."))
    return lowered


def _number(text: str, parameter: str) -> Decimal:
    written = text.replace(",", "").strip()
    if written.startswith("-"):
        raise SupervisionError(_("Write a number that is not negative."), field=parameter)
    # Digits and a point only: 1e-999999 is a number too, of a million characters.
    if _NUMBER.fullmatch(written) is None:
        raise SupervisionError(_("Write a number."), field=parameter)
    return Decimal(written)
