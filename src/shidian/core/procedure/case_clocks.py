"""Which clocks a case has: of stages, of the whole case, of consultations and open requests."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from shidian.core.procedure import objecting
from shidian.core.procedure.clocks import RECEIVED, ClockRun, Pause, clock_sum, counting
from shidian.core.procedure.memo import per_rulebook
from shidian.core.procedure.moves import clock_of
from shidian.core.procedure.tiers import effective_clock
from shidian.core.rulebook.model import (
    Clock,
    ConsultationKind,
    Force,
    Rulebook,
    Stage,
    StageKind,
    Text,
    Unit,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from shidian.core.procedure.clock_state import ClockSum
    from shidian.core.procedure.state import CaseState, ConsultationState, Request
    from shidian.core.procedure.working_calendar import WorkingCalendar
    from shidian.core.rulebook.model import Consultation

REQUEST_CLOCK = "request"
DEFAULT_REQUEST_DAYS = 10
_TIME_TO_ANSWER = Text(zh="补正期限", en="Time to answer")

_ANSWERED = Text(
    zh="补正答复之日，重新起算，本日不计入",
    en="Answered: the clock begins anew; this day is not counted",
)


def case_clocks(
    rulebook: Rulebook, calendar: WorkingCalendar, state: CaseState, today: date
) -> tuple[ClockSum, ...]:
    """Every clock that has started, newest run of each; those still running first."""
    sums = list(_Clocks(rulebook, calendar, state, today).all())
    sums.sort(key=lambda one: one.stopped is not None)
    return tuple(sums)


def steady(rulebook: Rulebook, state: CaseState, sums: Iterable[ClockSum]) -> bool:
    """Whether a day alone changes nothing of these sums: it starts no clock and ends no pause."""
    chained, waiting = _moved_by_days(rulebook)
    if chained or (waiting and state.consultations):
        return False
    return all(
        one.stopped is not None or (one.due is not None and not one.provisional) for one in sums
    )


@per_rulebook
def _moved_by_days(rulebook: Rulebook) -> tuple[bool, bool]:
    """Whether clocks start when others run out, and whether they wait for who is consulted."""
    return (
        any(clock.starts == "clock.expired" for clock in rulebook.clocks),
        any("consultation" in clock.pauses_on for clock in rulebook.clocks),
    )


def request_days(rulebook: Rulebook) -> int:
    """Days an information request gives where it does not say, in its clock's unit."""
    named = _request_clock(rulebook)
    return named.length if named else DEFAULT_REQUEST_DAYS


@per_rulebook
def _request_clock(rulebook: Rulebook) -> Clock | None:
    return next((clock for clock in rulebook.clocks if clock.starts == "request.opened"), None)


@per_rulebook
def _owners(rulebook: Rulebook) -> tuple[tuple[str, Clock, Stage | None], ...]:
    """(key, clock, stage that owns it) in the order shown: the stages', then the whole case's.

    Clocks of requests and consultations are not here: they run once for each of those.
    """
    each = ("request.opened", "consultation.opened")
    shared = {clock.id for clock in rulebook.clocks if clock.starts in each}
    owned = [
        (f"{stage.id}/{stage.clock}", clock_of(rulebook, stage.clock), stage)
        for stage in rulebook.stages
        if stage.clock and stage.clock not in shared
    ]
    ids = {clock.id for _, clock, _ in owned} | shared
    alone = ((clock.id, clock, None) for clock in rulebook.clocks if clock.id not in ids)
    return (*owned, *alone)


@per_rulebook
def _timed_consultations(rulebook: Rulebook) -> tuple[tuple[Consultation, str], ...]:
    """Consultations with the clocks that start with them."""
    clocks = [clock for clock in rulebook.clocks if clock.starts == "consultation.opened"]
    return tuple(
        (asked, clock.id)
        for asked in rulebook.consultations
        for clock in clocks
        if clock.id == asked.clock or clock.after == asked.id
    )


@per_rulebook
def _kinds(rulebook: Rulebook) -> dict[str, Consultation]:
    return {one.id: one for one in rulebook.consultations}


@per_rulebook
def _ends_of_the_way(rulebook: Rulebook) -> frozenset[str]:
    """Stages in which no clock that spans several runs on."""
    ends = (StageKind.DRAFT, StageKind.CLOSED)
    return frozenset(stage.id for stage in rulebook.stages if stage.kind in ends)


class _Clocks:
    """The sums of one case on one day. A clock that starts when another ends asks for that one."""

    def __init__(
        self, rulebook: Rulebook, calendar: WorkingCalendar, state: CaseState, today: date
    ) -> None:
        self.rulebook = rulebook
        self.calendar = calendar
        self.state = state
        self.today = today
        self._sums: dict[str, ClockSum | None] = {}
        self._before_today = {one.key: one for one in state.sums if one.stopped is not None}
        self._stays = {visit.stage: n for n, visit in enumerate(state.visits)}

    def all(self) -> Iterator[ClockSum]:
        """Every clock that has started."""
        for key, clock, stage in _owners(self.rulebook):
            entered = stage is None or clock.starts != "stage.entered" or stage.id in self._stays
            found = self._owned(key, clock, stage) if entered else None
            if found is not None:
                yield found
        for asked, clock_id in _timed_consultations(self.rulebook):
            one = self.consultation(asked, clock_id)
            if one is not None:
                yield one
        for request in self.state.open_requests:
            yield clock_sum(self._request(request), self.calendar, self.today)

    def named(self, clock_id: str) -> ClockSum | None:
        """The newest run of a clock, whichever stage owns it; None where it has not started."""
        found = [
            one
            for key, clock, stage in _owners(self.rulebook)
            if clock.id == clock_id and (one := self._owned(key, clock, stage)) is not None
        ]
        return max(found, key=lambda one: one.received, default=None)

    def _owned(self, key: str, clock: Clock, stage: Stage | None) -> ClockSum | None:
        if key not in self._sums:
            self._sums[key] = None  # clocks that wait for one another in a circle never start
            self._sums[key] = self._sum(key, clock, stage)
        return self._sums[key]

    def consultation(self, asked: Consultation, clock_id: str) -> ClockSum | None:
        """The time another authority has for its word; None where it was not asked."""
        sent = self.state.consultations.get(asked.id)
        if sent is None:
            return None
        clock = effective_clock(self.rulebook, self.state, clock_id)
        filed = asked.kind is ConsultationKind.FILING
        stopped = sent.given or (sent.opened if filed else self._left(asked.stage, sent.opened))
        alone = sum(1 for _, other in _timed_consultations(self.rulebook) if other == clock_id) == 1
        key = clock.id if alone else f"{clock.id}/{asked.id}"
        run = self._run(key, clock, None, sent.opened, stopped)
        pauses = run.pauses if "information-request" in clock.pauses_on else ()
        return clock_sum(replace(run, pauses=pauses), self.calendar, self.today)

    def _sum(self, key: str, clock: Clock, stage: Stage | None) -> ClockSum | None:
        opening = RECEIVED
        stopped: date | None
        if clock.starts in objecting.STARTS:
            received, stopped = objecting.clock_days(self.rulebook, self.state, clock)
        elif stage is None:
            received, opening = self._started(clock)
            stopped = self._case_stop(clock)
        else:
            latest = self._stays.get(stage.id)
            if clock.starts == "stage.entered":
                received = self.state.visits[latest].entered if latest is not None else None
            else:
                received, opening = self._started(clock)
            stopped = self._stage_stop(clock, latest)
        if received is None or (stopped is not None and stopped < received):
            return None
        if self.state.tier is not None:
            clock = effective_clock(self.rulebook, self.state, clock.id)
        if stopped is not None and clock.on_answer != "restart":
            known = self._known_stopped(key, clock, received, stopped)
            if known is not None:
                return known
        run = self._run(key, clock, stage, received, stopped, opening=opening)
        if clock.on_answer == "restart":
            run = self._restarted(run)
        return clock_sum(run, self.calendar, self.today)

    def _known_stopped(
        self, key: str, clock: Clock, received: date, stopped: date
    ) -> ClockSum | None:
        """The sum as it was worked out before: what has stopped does not change any more."""
        one = self._before_today.get(key)
        if one is None or one.received != received or one.stopped != stopped:
            return None
        counted = counting(clock.unit, self.calendar)
        same = (
            one.unit is clock.unit
            and one.length == clock.length
            and counted is not None
            and one.calendar == counted.version
        )
        return one if same else None

    def _started(self, clock: Clock) -> tuple[date | None, Text]:
        """The day the clock was received on, and what that day was."""
        state = self.state
        match clock.starts:
            case "case.submitted":
                return state.submitted, RECEIVED
            case "notice.opened":
                return (state.notice.opened if state.notice else None), RECEIVED
            case "pilot.started":
                return state.pilot_started, RECEIVED
            case "clock.expired":
                return self._after(clock)
            case _:
                return None, RECEIVED

    def _after(self, clock: Clock) -> tuple[date | None, Text]:
        """The last day of the clock before, once it has come, whenever the work was done."""
        before = self._before(clock.after) if clock.after else None
        if before is None or before.due is None or before.provisional or self.today < before.due:
            return None, RECEIVED
        opening = Text(
            zh=f"“{before.name.zh}”届满之日，不计入",
            en=f"Last day of “{before.name.en}”; this day is not counted",
        )
        return before.due, opening

    def _before(self, name: str) -> ClockSum | None:
        for asked, clock_id in _timed_consultations(self.rulebook):
            if clock_id == name:
                return self.consultation(asked, clock_id)
        return self.named(name)

    def _stage_stop(self, clock: Clock, latest: int | None) -> date | None:
        visits = self.state.visits
        if clock.until is not None:
            of_the_stay = clock.starts == "stage.entered" and latest is not None
            return self._entered_until(clock.until, latest if of_the_stay else None)
        stale = latest is None or latest < self.state.submitted_visit
        if clock.starts in ("case.submitted", "clock.expired") and stale:
            # A stay before the present submission does not stop this submission's clock.
            return visits[-1].entered if self.state.is_closed else None
        return visits[latest].left if latest is not None else None

    def _entered_until(self, until: str, stay: int | None) -> date | None:
        """The day the case came to `until`, or went back to its draft, or closed, after a stay.

        Without a stay: after the present submission.
        """
        since = self.state.submitted_visit if stay is None else stay + 1
        ends = _ends_of_the_way(self.rulebook) | {until}
        return next((one.entered for one in self.state.visits[since:] if one.stage in ends), None)

    def _case_stop(self, clock: Clock) -> date | None:
        if clock.until is not None:
            return self._entered_until(clock.until, None)
        if clock.starts == "notice.opened" and self.state.notice is not None:
            return self.state.notice.closed
        return self.state.visits[-1].entered if self.state.is_closed else None

    def _left(self, stage_id: str, since: date) -> date | None:
        """The day the stage was left after `since`; None where the case is still in it."""
        for visit in self.state.visits:
            if visit.stage == stage_id and visit.left is not None and visit.left >= since:
                return visit.left
        return None

    def _run(
        self,
        key: str,
        clock: Clock,
        stage: Stage | None,
        received: date,
        stopped: date | None,
        *,
        opening: Text = RECEIVED,
    ) -> ClockRun:
        times = self.state.extensions.get(clock.id, 0) if clock.extension else 0
        return ClockRun(
            key=key,
            clock=clock.id,
            name=clock.name,
            length=clock.length,
            unit=clock.unit,
            received=received,
            stage=stage.id if stage else None,
            force=clock.force,
            pauses=tuple(self._pauses(clock)) if clock.pauses_on else (),
            extended=self._extended(clock),
            stopped=stopped,
            lengthened=times * clock.extension.length if clock.extension else 0,
            opening=opening,
        )

    def _extended(self, clock: Clock) -> date | None:
        """The later last day that somebody set: of a pilot's term, of a notice's window."""
        if clock.starts == "notice.opened":
            return self.state.notice.until if self.state.notice else None
        return self.state.term_until if clock.starts == "pilot.started" else None

    def _pauses(self, clock: Clock) -> Iterator[Pause]:
        if "information-request" in clock.pauses_on:
            yield from map(_pause, self.state.requests)
        if "consultation" in clock.pauses_on:
            for name, sent in self.state.consultations.items():
                asked = _kinds(self.rulebook)[name]
                if asked.kind is not ConsultationKind.FILING and asked.clock != clock.id:
                    yield self._asking(asked, sent)

    def _asking(self, asked: Consultation, sent: ConsultationState) -> Pause:
        """Until the word came, its time ran out with leave to go on, or the case moved on."""
        ends = [sent.given, self._left(asked.stage, sent.opened), self._ran_out(asked)]
        reason = Text(zh=asked.name.zh, en=asked.name.en)
        return Pause(
            sent.opened, min((day for day in ends if day is not None), default=None), reason
        )

    def _ran_out(self, asked: Consultation) -> date | None:
        if asked.clock is None:
            return None
        rule = effective_clock(self.rulebook, self.state, asked.clock)
        if rule.on_expiry != "may-proceed" and rule.on_silence == "nothing":
            return None
        one = self._before(asked.clock)
        if one is None or one.due is None or one.provisional or self.today <= one.due:
            return None
        return one.due

    def _restarted(self, run: ClockRun) -> ClockRun:
        """The clock as begun anew on the day of each answer that came to it while it ran."""
        for request in sorted(self.state.requests, key=lambda one: one.opened):
            if request.answered is None or request.opened < run.received:
                continue
            if run.stopped is not None and request.answered > run.stopped:
                continue
            before = tuple(pause for pause in run.pauses if pause.after < request.opened)
            due = clock_sum(replace(run, pauses=before), self.calendar, request.opened).due
            if due is not None and request.opened < due:
                run = replace(run, received=request.answered, opening=_ANSWERED)
        return run

    def _request(self, request: Request) -> ClockRun:
        named = _request_clock(self.rulebook)
        times = self.state.extensions.get(named.id, 0) if named and named.extension else 0
        return ClockRun(
            key=f"{REQUEST_CLOCK}/{request.id}",
            clock=named.id if named else REQUEST_CLOCK,
            name=named.name if named else _TIME_TO_ANSWER,
            length=request.due_working_days,
            unit=named.unit if named else Unit.WORKING_DAY,
            received=request.opened,
            force=named.force if named else Force.TARGET,
            lengthened=times * named.extension.length if named and named.extension else 0,
        )


def _pause(request: Request) -> Pause:
    return Pause(request.opened, request.answered or request.lapsed, _request_reason(request.id))


@lru_cache(maxsize=256)
def _request_reason(request_id: str) -> Text:
    return Text(zh=f"补正 {request_id}", en=f"information request {request_id}")
