"""One call, or one run of arrivals: cases that share the same people, event by event."""

from __future__ import annotations

import heapq
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

from shidian.core.procedure.fold import derive
from shidian.core.procedure.simulation.deeds import Deeds
from shidian.core.procedure.simulation.dice import Dice
from shidian.core.procedure.simulation.moments import act_of_moment, moments_after
from shidian.core.procedure.simulation.plans import (
    Plan,
    plan,
    waits,
)
from shidian.core.procedure.simulation.stations import Station
from shidian.core.procedure.simulation.walk import ACTS_MAX, Walk
from shidian.core.procedure.step import step_from
from shidian.core.procedure.types import ActorKind, Refusal
from shidian.core.rulebook.model import IntakeMode

if TYPE_CHECKING:
    from shidian.core.procedure.simulation.ground import Ground
    from shidian.core.procedure.simulation.tally import Tally
    from shidian.core.procedure.types import Act, Effects, Task

_DAYS_A_MONTH = 20
_Due: TypeAlias = tuple[int, int, int, str, tuple[ActorKind, str] | None, int]
"""(working day, token, case, key, where it is taken up, days it takes from then).

The token is unique and rises: what is due on one day happens in the order it was put there.
"""

_BEFORE_ADMISSION_DAYS = 120
_EVENTS_MAX = 4_000
"""Events a case may take on average before its world is called endless."""


class World:
    """Cases `first` … `first + count − 1`, their people, and the queue of what is to happen."""

    def __init__(self, ground: Ground, seed: int, first: int, count: int, tally: Tally) -> None:
        self.ground = ground
        self.tally = tally
        self.dice = Dice(seed, 1, first)
        self.walks = [
            Walk(first + n, Dice(seed, 2, first + n), ground.handling[n % len(ground.handling)])
            for n in range(count)
        ]
        self.stations: dict[tuple[ActorKind, str], Station] = {}
        self._queue: list[_Due] = []
        self._token = 0

    def run(self) -> None:
        """Until nothing happens any more; what is then open is stuck."""
        start = self._start()
        for n, walk in enumerate(self.walks):
            self._push(start + self._arrival(walk), n, "~create")
        self._exhaust()
        self.tally.add_stations(self.stations)
        for walk in self.walks:
            self.tally.add_case(walk)

    def _start(self) -> int:
        """A day among those the calendar itself knows, so that holidays fall everywhere."""
        first, last = self.ground.horizon.known_days()
        return first + self.dice.below("start", max(1, last - first))

    def _arrival(self, walk: Walk) -> int:
        rulebook, assumed = self.ground.rulebook, self.ground.assumed
        mode = rulebook.intake.mode if rulebook.intake else IntakeMode.ROLLING
        if mode in (IntakeMode.CALL, IntakeMode.COHORT):
            return walk.dice.below("arrival", assumed.call_days)
        if mode is IntakeMode.WINDOW and rulebook.intake and rulebook.intake.window:
            return walk.dice.below("arrival", rulebook.intake.window.length)
        span = len(self.walks) * _DAYS_A_MONTH // assumed.arrivals_a_month
        return walk.dice.below("arrival", max(1, span))

    def _exhaust(self) -> None:
        budget = _EVENTS_MAX * len(self.walks)
        while True:
            while self._queue and budget:
                budget -= 1
                self._happen(heapq.heappop(self._queue))
            if not budget or not self._wake():
                return

    def _wake(self) -> bool:
        """Looks again at what lies still, on the day after its next clock ends."""
        for n, walk in enumerate(self.walks):
            dues = [one.due for one in walk.state.sums if one.due and one.stopped is None]
            asleep_until = walk.minds.get("woken")
            if walk.over or not dues or asleep_until:
                continue
            walk.minds["woken"] = True
            number = self.ground.horizon.number(max(dues) + timedelta(1))
            self._push(number, n, "~look")
        return bool(self._queue)

    def _push(
        self,
        number: int,
        n: int,
        key: str,
        station: tuple[ActorKind, str] | None = None,
        days: int = 0,
    ) -> None:
        self._token += 1
        self.walks[n].agenda[key] = self._token
        heapq.heappush(self._queue, (number, self._token, n, key, station, days))

    def _happen(self, due: _Due) -> None:
        number, token, n, key, station, days = due
        walk = self.walks[n]
        if walk.over or walk.agenda.get(key) != token:
            return
        if station is not None:
            self._push(self._station(*station).take(number) + days, n, key)
            return
        del walk.agenda[key]
        deeds = Deeds(self.ground, walk, self.ground.horizon.day(number))
        if key == "~look":
            self._look_again(walk, deeds)
        else:
            act = self._act(walk, deeds, key)
            if act is not None:
                self._do(walk, act)
        if not walk.over:
            self._plan(number, n)

    def _station(self, kind: ActorKind, name: str) -> Station:
        found = self.stations.get((kind, name))
        if found is None:
            assumed = self.ground.assumed
            per, every = {
                ActorKind.OFFICER: (assumed.officers * assumed.acts_a_day, 1),
                ActorKind.SIGNING_OFFICER: (assumed.signing_officers * assumed.signings_a_day, 1),
                ActorKind.EXPERT: (assumed.experts * assumed.sheets_a_week, 5),
                ActorKind.ASSESSOR: (assumed.bodies * assumed.assessments_a_month, _DAYS_A_MONTH),
            }[kind]
            found = self.stations[(kind, name)] = Station(per, every)
        return found

    def _act(self, walk: Walk, deeds: Deeds, key: str) -> Act | None:
        """The act for what is due; None where it has become void."""
        if key.startswith("~"):
            return act_of_moment(deeds, key[1:])
        task = walk.tasks.get(key)
        if task is None or (task.not_before is not None and deeds.today < task.not_before):
            return None
        return None if waits(self.ground, walk, task, deeds.today) else deeds.of_task(task)

    def _look_again(self, walk: Walk, deeds: Deeds) -> None:
        now = self.ground.moment(deeds.today)
        walk.state = derive(
            self.ground.rulebook, self.ground.calendar, walk.state, now, self.ground.zone
        )
        walk.tasks = {task.key: task for task in walk.state.tasks}

    def _do(self, walk: Walk, act: Act) -> None:
        ground = self.ground
        answer = step_from(ground.rulebook, ground.calendar, walk.state, act, zone=ground.zone)
        walk.acts += 1
        if isinstance(answer, Refusal):
            walk.broken = True
            self.tally.refuse(walk, act, answer)
            return
        self.tally.see(walk, act, answer)
        walk.history.extend(answer.events)
        walk.state = answer.state
        walk.tasks = {task.key: task for task in answer.tasks}
        walk.minds.pop("woken", None)
        if walk.acts > ACTS_MAX:
            walk.broken = True
            self.tally.stick(walk)
            return
        self._consequences(walk, act, answer)

    def _consequences(self, walk: Walk, act: Act, answer: Effects) -> None:
        """What people make up their minds to when something has happened."""
        number = self.ground.horizon.number(act.at.date())
        n = walk.number - self.walks[0].number
        for moment, days in moments_after(self.ground, walk, act, answer):
            self._push(number + days, n, f"~{moment}")

    def _plan(self, number: int, n: int) -> None:
        """Puts every open task on somebody's agenda that is not on one yet."""
        walk = self.walks[n]
        under_way = frozenset(walk.agenda)
        for key in under_way - walk.tasks.keys():
            if not key.startswith("~"):  # nobody is to do it any more
                del walk.agenda[key]
        for task in walk.state.tasks:
            if task.key not in under_way:
                made = plan(self.ground, walk, task, number)
                if made is not None:
                    self._put(n, task, made, under_way)

    def _put(self, n: int, task: Task, made: Plan, under_way: frozenset[str]) -> None:
        key = task.key if made.instead is None else f"~{made.instead}"
        if key in under_way:
            return
        if made.station is None:
            self._push(made.ready + made.days, n, key)
        else:
            self._push(made.ready, n, key, made.station, made.days)
