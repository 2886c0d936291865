"""The term of a pilot: from its start to the last day that the rulebook's clock gives it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from shidian.apps.cases.history import state_of

if TYPE_CHECKING:
    from datetime import date, datetime

    from shidian.apps.cases.models import Case

TERM_DEFAULT_DAYS = 365
"""Where a rulebook sets no clock on the run: a year, so that no pilot is without an end."""


def term_of(case: Case, start: datetime) -> tuple[date, date]:
    """First and last day of the run, both included. Extensions count."""
    starts_on = timezone.localdate(start)
    state = state_of(case, start)
    if state.pilot_started is not None:
        starts_on = state.pilot_started
    if state.term_until is not None:
        return starts_on, state.term_until
    running = {stage.clock for stage in case.rulebook.stages if stage.kind.value == "running"}
    for clock in state.clocks:
        if clock.clock in running and clock.due is not None:
            return starts_on, clock.due
    return starts_on, starts_on + timedelta(days=TERM_DEFAULT_DAYS)
