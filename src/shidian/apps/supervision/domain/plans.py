"""Changing a running pilot's plan: only to the strict side, with a reason."""

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
from shidian.apps.supervision.models import AT_WORK, Pilot, PlanVersion
from shidian.core.rulebook.proportion import in_proportion, is_stricter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from shidian.apps.accounts.models import Person
    from shidian.core.rulebook.model import PlanParameter

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
    """Tighten one or more agreed values, and in proportion what the rulebook scales with them.

    The others stay. Writes a version and a control record.

    In force from the journal entry that the record becomes; until then the page says "pending".
    Raises ForbiddenError, or SupervisionError: not running, no reason, an unknown parameter, a
    value that is no number, is negative or is looser than the agreed one, nothing tightened.
    """
    moment = at or timezone.now()
    locked = Pilot.objects.select_for_update().select_related("case").get(pk=pilot.pk)
    require_supervisor(by, locked)
    if locked.state not in AT_WORK:
        raise SupervisionError(_("Only the plan of a running pilot can be changed."))
    if not reason.strip():
        raise SupervisionError(_("Give the reason; the institution reads it."), field="reason")
    if len(reason) > REASON_MAX_CHARS:
        raise SupervisionError(_("The reason is longer than 2,000 characters."), field="reason")
    tightened = restriction(locked, values)
    return write_version(locked, tightened, reason=reason.strip(), by=by, moment=moment)


def restriction(pilot: Pilot, values: Mapping[str, str]) -> dict[str, str]:
    """The values that `values` tightens, with what the rulebook scales with them.

    Raises SupervisionError as `change_plan`.
    """
    newest = PlanVersion.objects.filter(pilot=pilot).latest("number")
    parameters = {one.id: one for one in pilot.case.rulebook.plan}
    tightened = _tightened(parameters, newest.values, values)
    return in_proportion(parameters.values(), newest.values, tightened)


def write_version(
    pilot: Pilot,
    values: Mapping[str, str],
    *,
    reason: str,
    by: Person | None,
    moment: datetime,
) -> PlanVersion:
    """Put a version in force that has these values and else what was agreed. For verbs that have

    checked who may do so: tightening, an order, the lifting of one.
    """
    newest = PlanVersion.objects.filter(pilot=pilot).latest("number")
    plan = {**newest.values, **values}
    outbox_id = post_control(
        pilot, "plan", {"effective_us": to_us(moment), "plan": plan}, at=moment
    )
    version = PlanVersion.objects.create(
        pilot=pilot,
        number=newest.number + 1,
        values=plan,
        effective_us=to_us(moment),
        reason=reason,
        made_at=moment,
        made_by=by,
        outbox_id=outbox_id,
    )
    ask_for_snapshot(pilot, at=moment)
    return version


def _tightened(
    parameters: Mapping[str, PlanParameter], agreed: Mapping[str, str], wanted: Mapping[str, str]
) -> dict[str, str]:
    """The values that change, as decimal texts or durations. What is sent back as it was stays."""
    tightened = {}
    for name, text in wanted.items():
        if name not in agreed or name not in parameters:
            raise SupervisionError(_("This value is not part of the agreed plan."), field=name)
        value = text.strip()
        if value == agreed[name]:
            continue
        parameter = parameters[name]
        if parameter.type != "duration":
            value = format(_number(value, name).normalize(), "f")
        try:
            stricter = is_stricter(parameter, value, agreed[name])
            looser = is_stricter(parameter, agreed[name], value)
        except ValueError as error:
            raise SupervisionError(_("Write a number."), field=name) from error
        if looser and parameter.tighter == "higher":
            raise SupervisionError(_("This value can be raised, not lowered."), field=name)
        if looser:
            raise SupervisionError(_("An agreed value can be lowered, not raised."), field=name)
        if stricter:
            tightened[name] = value
    if not tightened:
        raise SupervisionError(_("No value is stricter than before."))
    return tightened


def _number(text: str, parameter: str) -> Decimal:
    written = text.replace(",", "").strip()
    if written.startswith("-"):
        raise SupervisionError(_("Write a number that is not negative."), field=parameter)
    # Digits and a point only: 1e-999999 is a number too, of a million characters.
    if _NUMBER.fullmatch(written) is None:
        raise SupervisionError(_("Write a number."), field=parameter)
    return Decimal(written)
