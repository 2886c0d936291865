"""What is read of bridges: the rulebook's rules, the steps, what holds while one is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from shidian.apps.cases.calendars import calendar_of
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.models import Case
from shidian.apps.cases.querysets import of_one_of
from shidian.apps.supervision.domain.instants import day_begins_us, from_us
from shidian.apps.supervision.models import BridgeStep, PlanVersion
from shidian.apps.supervision.queries import shown_values
from shidian.core.procedure.bridging import BridgeAct, Step

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.supervision.queries import ShownValue
    from shidian.core.procedure.working_calendar import WorkingCalendar
    from shidian.core.rulebook.model import BridgeRules

_ENDS = (BridgeAct.ENDED.value, BridgeAct.LAPSED.value, BridgeAct.WITHDRAWN.value)

_OF_OFFICERS = (BridgeAct.GRANTED.value, BridgeAct.DECLINED.value, BridgeAct.ENDED.value)


def bridge_rules(case: Case) -> BridgeRules | None:
    """What the rulebook of the case has of a bridge; None where it has none."""
    return case.rulebook.exit.bridging if case.rulebook.exit is not None else None


def calendar_for(case: Case) -> WorkingCalendar | None:
    """The calendar by which its days are counted; None where none is loaded."""
    try:
        return calendar_of(case.rulebook)
    except DomainError:
        return None


def steps_of(case: Case) -> list[BridgeStep]:
    """Everything that was done about the case's bridges, oldest first."""
    return list(BridgeStep.objects.filter(case=case).select_related("by").order_by("pk"))


def newest_number(case: Case) -> int:
    """The number of the newest bridge; 0 where none was asked for."""
    newest = BridgeStep.objects.filter(case=case).order_by("-number")
    return int(newest.values_list("number", flat=True).first() or 0)


def step_of(row: BridgeStep) -> Step:
    """As the fold reads it."""
    return Step(BridgeAct(row.kind), row.starts_on, row.ends_on)


def who_did(step: BridgeStep, *, is_internal: bool) -> str:
    """Who did it; the institution reads no officer's name."""
    if step.by is None:
        return _("by the rules, automatically")
    if step.kind in _OF_OFFICERS and not is_internal:
        return _("the authorities")
    return str(step.by)


def open_grants(person: Person) -> list[BridgeStep]:
    """Grants of bridges that nothing has ended, of cases whose exit `person` reads. One query."""
    over = BridgeStep.objects.filter(
        case=OuterRef("case"), number=OuterRef("number"), kind__in=_ENDS
    )
    rows = BridgeStep.objects.filter(
        ~Exists(over), of_one_of(Case.objects.visible_to(person)), kind=BridgeAct.GRANTED.value
    )
    return list(rows.select_related("case__rulebook_version").order_by("ends_on", "pk"))


def day_over(step: BridgeStep) -> datetime:
    """When the last day of a grant is over, by the clock of its scheme."""
    zone = step.case.rulebook.zone
    return from_us(day_begins_us(step.ends_on or step.at.date(), zone, after=1))


def plan_under(case: Case, number: int | None) -> tuple[ShownValue, ...]:
    """The values of the plan version that holds under a bridge, in words."""
    if number is None:
        return ()
    version = PlanVersion.objects.filter(pilot__case=case, number=number).first()
    return () if version is None else shown_values(case.rulebook, version.values)
