"""Which clocks a case has: a stage's own, those of the whole case, and one per open request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.clocks import ClockRun, Pause, clock_sum
from shidian.core.rulebook.model import Clock, Force, Rulebook, Stage, Text, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from shidian.core.procedure.calendars import WorkingCalendar
    from shidian.core.procedure.state import CaseState, ClockSum, Request

REQUEST_CLOCK = "request"
DEFAULT_REQUEST_DAYS = 10


def case_clocks(
    rulebook: Rulebook, calendar: WorkingCalendar, state: CaseState, today: date
) -> tuple[ClockSum, ...]:
    """Every clock that has started, newest run of each; those still running first."""
    sums = [clock_sum(run, calendar, today) for run in _runs(rulebook, state)]
    return tuple(sorted(sums, key=lambda one: one.stopped is not None))


def stage_clock(state: CaseState, stage: Stage) -> ClockSum | None:
    """The clock of that stage, if it has one and it has started."""
    wanted = f"{stage.id}/{stage.clock}"
    return next((clock for clock in state.clocks if clock.key == wanted), None)


def request_days(rulebook: Rulebook) -> int:
    """Working days an information request gives where it does not say."""
    lengths = (clock.length for clock in rulebook.clocks if clock.starts == "request.opened")
    return next(lengths, DEFAULT_REQUEST_DAYS)


def _runs(rulebook: Rulebook, state: CaseState) -> Iterator[ClockRun]:
    owned = {stage.clock for stage in rulebook.stages if stage.clock}
    for stage in rulebook.stages:
        if stage.clock:
            yield from _stage_run(rulebook.clock(stage.clock), stage, state)
    for clock in rulebook.clocks:
        if clock.id not in owned:
            yield from _case_run(clock, state)
    for request in state.open_requests:
        yield _request_run(rulebook, request)


def _stage_run(clock: Clock, stage: Stage, state: CaseState) -> Iterator[ClockRun]:
    stays = [(n, visit) for n, visit in enumerate(state.visits) if visit.stage == stage.id]
    latest = stays[-1] if stays else None
    received = _started(clock, state)
    stopped = latest[1].left if latest else None
    if clock.starts == "stage.entered":
        received = latest[1].entered if latest else None
    if clock.starts == "case.submitted" and (latest is None or latest[0] < state.submitted_visit):
        # A stay before the present submission does not stop this submission's clock.
        stopped = state.visits[-1].entered if state.is_closed else None
    if received is not None:
        yield _run(clock, state, stage=stage.id, received=received, stopped=stopped)


def _case_run(clock: Clock, state: CaseState) -> Iterator[ClockRun]:
    received = _started(clock, state)
    stopped = state.visits[-1].entered if state.is_closed else None
    if clock.starts == "notice.opened" and state.notice is not None:
        stopped = state.notice.closed
    if received is not None:
        yield _run(clock, state, stage=None, received=received, stopped=stopped)


def _started(clock: Clock, state: CaseState) -> date | None:
    if clock.starts == "case.submitted":
        return state.submitted
    if clock.starts == "notice.opened":
        return state.notice.opened if state.notice else None
    if clock.starts == "pilot.started":
        return state.pilot_started
    return None


def _run(
    clock: Clock, state: CaseState, *, stage: str | None, received: date, stopped: date | None
) -> ClockRun:
    pauses = "information-request" in clock.pauses_on
    return ClockRun(
        key=f"{stage}/{clock.id}" if stage else clock.id,
        clock=clock.id,
        name=clock.name,
        length=clock.length,
        unit=clock.unit,
        received=received,
        stage=stage,
        force=clock.force,
        pauses=tuple(_pause(request) for request in state.requests) if pauses else (),
        extended=state.term_until if clock.starts == "pilot.started" else None,
        stopped=stopped,
    )


def _pause(request: Request) -> Pause:
    reason = Text(zh=f"补正 {request.id}", en=f"information request {request.id}")
    return Pause(request.opened, request.answered or request.lapsed, reason)


def _request_run(rulebook: Rulebook, request: Request) -> ClockRun:
    named = next((clock for clock in rulebook.clocks if clock.starts == "request.opened"), None)
    return ClockRun(
        key=f"{REQUEST_CLOCK}/{request.id}",
        clock=named.id if named else REQUEST_CLOCK,
        name=named.name if named else Text(zh="补正期限", en="Time to answer"),
        length=request.due_working_days,
        unit=Unit.WORKING_DAY,
        received=request.opened,
        force=named.force if named else Force.TARGET,
    )
