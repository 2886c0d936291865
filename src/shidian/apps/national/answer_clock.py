"""The time to answer a dispatch as a sum, line by line, from the day on which it was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from shidian.apps.cases.calendars import calendar_of
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.zones import day_in
from shidian.apps.national.bodies import rules_of
from shidian.apps.national.models import DispatchStepKind
from shidian.core.procedure.clocks import ClockRun, clock_sum
from shidian.core.rulebook.model import Text, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shidian.apps.national.models import Dispatch, DispatchStep, DispatchVersion
    from shidian.core.procedure.clock_state import ClockSum
    from shidian.core.rulebook.model import DispatchRule

NAME = Text(zh="答复期限", en="Time to answer")
SENT = Text(zh="报送之日，不计入", en="The day on which it was sent; not counted")
_ENDING = {DispatchStepKind.ANSWERED, DispatchStepKind.RETURNED, DispatchStepKind.WITHDRAWN}


def answer_clock(
    dispatch: Dispatch,
    rule: DispatchRule | None,
    version: DispatchVersion | None,
    steps: Iterable[DispatchStep],
) -> ClockSum | None:
    """Of the version that was sent last; it stops when that is answered, returned or withdrawn.

    None where nothing was sent, no period is named, or it is not one of days or months.
    """
    within = rule.answer_within if rule is not None else None
    if version is None or within is None or within.unit.value not in list(Unit):
        return None
    rulebook = rules_of(dispatch.rulebook_version)
    try:
        calendar = calendar_of(rulebook)
    except DomainError:
        return None
    ended = [one.at for one in steps if one.version_id == version.pk and one.kind in _ENDING]
    run = ClockRun(
        key=dispatch.reference,
        clock=dispatch.rule,
        name=NAME,
        length=within.length,
        unit=Unit(within.unit.value),
        received=day_in(rulebook, version.at),
        stopped=day_in(rulebook, ended[-1]) if ended else None,
        opening=SENT,
    )
    return clock_sum(run, calendar, day_in(rulebook, timezone.now()))
