"""A running pilot's plan: what may be tightened, and how a version of it is written."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shidian.apps.supervision.domain.control import post_control
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.instants import to_us
from shidian.apps.supervision.domain.permission import require_supervisor
from shidian.apps.supervision.domain.pilots import ask_for_snapshot
from shidian.apps.supervision.models import AT_WORK, PlanVersion
from shidian.core.rulebook.plan_change import (
    CODES,
    Direction,
    codes_of,
    direction_of,
    direction_of_value,
)
from shidian.core.rulebook.proportion import in_proportion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.supervision.models import Order, Pilot, PlanChange, PlanTightening
    from shidian.core.rulebook.model import PlanParameter

REASON_MAX_CHARS = 2_000
_NO_VALUE = {
    "duration": gettext_lazy("Write a number."),
    "date": gettext_lazy("Write a date, such as 2026-03-01."),
    "bool": gettext_lazy("Choose yes or no."),
    "code": gettext_lazy("Write a code of small letters, digits and hyphens."),
    "codes": gettext_lazy("Write codes of small letters, digits and hyphens, with commas."),
    "permit-mode": gettext_lazy("Choose one of the modes."),
}
_NUMBER = re.compile(r"[0-9]{1,18}(\.[0-9]{1,9})?")


def tightening(
    locked: Pilot, values: Mapping[str, str], *, reason: str, by: Person
) -> dict[str, str]:
    """The values that `by` may tighten so, with what the rulebook scales with them.

    Raises ForbiddenError, or SupervisionError: not running, no reason, an unknown parameter, a
    value that is no number, is negative or is looser than the agreed one, nothing tightened.
    """
    require_supervisor(by, locked)
    if locked.state not in AT_WORK:
        raise SupervisionError(_("Only the plan of a running pilot can be changed."))
    if not reason.strip():
        raise SupervisionError(_("Give the reason; the institution reads it."), field="reason")
    if len(reason) > REASON_MAX_CHARS:
        raise SupervisionError(_("The reason is longer than 2,000 characters."), field="reason")
    return restriction(locked, values)


def restriction(pilot: Pilot, values: Mapping[str, str]) -> dict[str, str]:
    """The values that `values` tightens, with what the rulebook scales with them.

    Raises SupervisionError as `tightening`.
    """
    parameters, agreed = _agreed(pilot)
    tightened = changed_values(pilot, values)
    for name, value in tightened.items():
        parameter = parameters[name]
        if direction_of_value(parameter, agreed[name], value) is not Direction.LOOSENING:
            continue
        if parameter.type in ("code", "codes", "permit-mode"):
            raise SupervisionError(_("This value would loosen the plan."), field=name)
        if parameter.tighter == "higher":
            raise SupervisionError(_("This value can be raised, not lowered."), field=name)
        raise SupervisionError(_("An agreed value can be lowered, not raised."), field=name)
    if not tightened:
        raise SupervisionError(_("No value is stricter than before."))
    return in_proportion(parameters.values(), agreed, tightened)


def changed_values(pilot: Pilot, values: Mapping[str, str]) -> dict[str, str]:
    """Of `values`, those that mean something else than what is agreed, as they are written.

    Raises SupervisionError: not part of the plan, or no value of its type.
    """
    parameters, agreed = _agreed(pilot)
    changed = {}
    for name, text in values.items():
        if name not in agreed or name not in parameters:
            raise SupervisionError(_("This value is not part of the agreed plan."), field=name)
        if text.strip() == agreed[name]:
            continue
        value = _written(parameters[name], text.strip())
        if direction_of_value(parameters[name], agreed[name], value) is not Direction.NONE:
            changed[name] = value
    return changed


def direction_of_change(pilot: Pilot, changed: Mapping[str, str]) -> Direction:
    """What these values, in place of those agreed, do to protection."""
    parameters, agreed = _agreed(pilot)
    return direction_of(parameters.values(), agreed, {**agreed, **changed})


def newest_version(pilot: Pilot) -> PlanVersion:
    """The version that counts, or will once the journal has it."""
    return PlanVersion.objects.filter(pilot=pilot).latest("number")


def _agreed(pilot: Pilot) -> tuple[dict[str, PlanParameter], dict[str, str]]:
    parameters = {one.id: one for one in pilot.case.rulebook.plan}
    return parameters, newest_version(pilot).values


def write_version(
    pilot: Pilot,
    values: Mapping[str, str],
    *,
    reason: str,
    by: Person | None,
    moment: datetime,
    change: PlanChange | None = None,
    order: Order | None = None,
    tightening: PlanTightening | None = None,
) -> PlanVersion:
    """Put a version in force that has these values and else what was agreed. For verbs that have

    checked who may do so: tightening, a change that both sides carry, an order or the end of one.
    """
    newest = newest_version(pilot)
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
        change=change,
        order=order,
        tightening=tightening,
    )
    ask_for_snapshot(pilot, at=moment)
    return version


def _written(parameter: PlanParameter, text: str) -> str:
    """A value as the plan keeps it. Raises SupervisionError where it is none of its type."""
    if parameter.type in ("int", "money", "decimal"):
        number = _number(text, parameter.id)
        if parameter.type == "int" and number != number.to_integral_value():
            raise SupervisionError(_("Write a whole number."), field=parameter.id)
        return format(number.normalize(), "f")
    if parameter.type == "codes":
        text = ",".join(sorted(codes_of(text)))
    try:
        # What is no value at all is no value to compare with either.
        direction_of_value(parameter, text, text)
    except ValueError as error:
        raise SupervisionError(str(_NO_VALUE[parameter.type]), field=parameter.id) from error
    if parameter.type in ("code", "codes") and re.fullmatch(CODES, text) is None:
        raise SupervisionError(str(_NO_VALUE[parameter.type]), field=parameter.id)
    return text


def _number(text: str, parameter: str) -> Decimal:
    written = text.replace(",", "").strip()
    if written.startswith("-"):
        raise SupervisionError(_("Write a number that is not negative."), field=parameter)
    # Digits and a point only: 1e-999999 is a number too, of a million characters.
    if _NUMBER.fullmatch(written) is None:
        raise SupervisionError(_("Write a number."), field=parameter)
    return Decimal(written)
