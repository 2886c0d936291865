"""Steps of the rulebook's scale-up: whether one is open, and proposing to take it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.cases.calendars import calendar_of
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.words import localized
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.instants import to_us
from shidian.apps.supervision.models import (
    AlertEpisode,
    ChangeState,
    EpisodeState,
    IndicatorReading,
    Pilot,
    PlanChange,
    PlanVersion,
)
from shidian.core.procedure import scale_up
from shidian.core.procedure.alerts import LEVELS
from shidian.core.procedure.thresholds import period_end
from shidian.core.rulebook.plan_change import Direction, direction_of_value

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.core.procedure.scale_up import Condition
    from shidian.core.rulebook.model import ScaleStep


@dataclass(frozen=True, slots=True)
class JudgedStep:
    """A step with its conditions as they stand, and the values that it would raise."""

    step: ScaleStep
    conditions: tuple[Condition, ...]
    values: dict[str, str]

    @property
    def is_open(self) -> bool:
        """Whether it could be decided now."""
        return bool(self.values) and all(one.met for one in self.conditions)


def judged_step(pilot: Pilot, at: datetime | None = None) -> JudgedStep | None:
    """The next step of a pilot, judged; None where the rulebook has none left."""
    rulebook = pilot.case.rulebook
    taken = PlanChange.objects.filter(pilot=pilot, state=ChangeState.IN_FORCE).exclude(step="")
    done = {one.step: one.in_force_at for one in taken}
    step = scale_up.next_step(rulebook, done)
    if step is None:
        return None
    moment = at or timezone.now()
    began = max((one for one in done.values() if one is not None), default=pilot.created_at)
    plan = PlanVersion.objects.filter(pilot=pilot).latest("number").values
    found = _found(pilot, step, began, moment, plan)
    conditions = scale_up.conditions(rulebook, step, found)
    return JudgedStep(step, conditions, scale_up.raised(rulebook, step, plan))


def require_open_step(pilot: Pilot, step_id: str, at: datetime) -> JudgedStep:
    """The step, where it is the next one and its conditions are met. Raises SupervisionError."""
    judged = judged_step(pilot, at)
    if judged is None or judged.step.id != step_id:
        raise SupervisionError(_("This is not the next step of the scale-up."))
    unmet = next((one for one in judged.conditions if not one.met), None)
    if unmet is not None:
        raise SupervisionError(
            _("Not met: %(name)s (asked %(asked)s, found %(found)s).")
            % {
                "name": localized(unmet.name),
                "asked": localized(unmet.asked),
                "found": localized(unmet.found),
            }
        )
    if not judged.values:
        raise SupervisionError(_("The step raises nothing that is agreed."))
    return judged


def _found(
    pilot: Pilot, step: ScaleStep, began: datetime, moment: datetime, plan: dict[str, str]
) -> scale_up.Found:
    zone = ZoneInfo(pilot.case.rulebook.zone)
    since, today = began.astimezone(zone).date(), moment.astimezone(zone).date()
    try:
        calendar = calendar_of(pilot.case.rulebook)
    except DomainError:
        until = None  # days that cannot be counted have not passed
    else:
        until, _missing = period_end(calendar, since, step.minimum, today)
    return scale_up.Found(
        since=since,
        until=until,
        today=today,
        plan=plan,
        values=_values(pilot, step),
        alerts=_alerts(pilot, step, began),
    )


def _values(pilot: Pilot, step: ScaleStep) -> dict[str, Fraction]:
    """Newest final values of the indicators that the step asks for. One query each."""
    found = {}
    for name in {one.indicator for one in step.criteria if one.indicator}:
        rows = IndicatorReading.objects.filter(pilot=pilot, indicator=name)
        newest = rows.order_by("-instant_us").values_list("value", "scale").first()
        if newest is not None and newest[0] is not None:
            found[name] = Fraction(newest[0], 10 ** newest[1])
    return found


def _alerts(pilot: Pilot, step: ScaleStep, began: datetime) -> dict[str, int]:
    """How many alerts count against each criterion; withdrawn ones never were. One query each."""
    started = AlertEpisode.objects.filter(pilot=pilot, start_us__gte=to_us(began))
    counted = started.exclude(state=EpisodeState.WITHDRAWN)
    return {
        one.id: counted.filter(level__in=LEVELS[LEVELS.index(str(one.severity)) :]).count()
        for one in step.criteria
        if one.severity is not None
    }


def forbid_stepless(pilot: Pilot, changed: dict[str, str]) -> None:
    """Raise SupervisionError where a value that rises in steps would rise beyond what it was."""
    stepped = {name for step in pilot.case.rulebook.scale_up for name in step.raises}
    parameters = {one.id: one for one in pilot.case.rulebook.plan}
    plans = list(PlanVersion.objects.filter(pilot=pilot).values_list("values", flat=True))
    for name in stepped & changed.keys():
        once = [plan[name] for plan in plans if name in plan]
        beyond = all(
            direction_of_value(parameters[name], value, changed[name]) is Direction.LOOSENING
            for value in once
        )
        if beyond:
            raise SupervisionError(
                _("The rulebook raises this value in steps: it goes no further without one."),
                field=name,
            )
