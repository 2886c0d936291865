"""What a simulation counts while it runs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shidian.core.procedure.case_clocks import REQUEST_CLOCK
from shidian.core.procedure.types import ActorKind, EventKind, Verb
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from shidian.core.procedure.simulation.ground import Ground
    from shidian.core.procedure.simulation.stations import Station
    from shidian.core.procedure.simulation.walk import Walk
    from shidian.core.procedure.types import Act, ClockSum, Effects, NewEvent, Refusal

_LONGEST = 2
"""Place of the longest wait among the counts of a queue: the only one that is no sum."""
TROUBLES_MAX = 5
"""How many stuck or refused cases are told in full."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A case that the rulebook let down: why, and what had happened to it."""

    case: int
    what: Text
    history: tuple[str, ...]


@dataclass(slots=True)
class Lengths:
    """Working and calendar days, one pair a case."""

    working: list[int] = field(default_factory=list)
    calendar: list[int] = field(default_factory=list)

    def add(self, ground: Ground, first: date, last: date) -> None:
        """The days from `first` to `last`, the first not counted."""
        self.working.append(ground.horizon.between(first, last))
        self.calendar.append((last - first).days)


class Tally:
    """Counts of many worlds."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.cases = 0
        self.acts = 0
        self.outcomes: Counter[str] = Counter()
        self.stages: dict[str, Lengths] = {}
        self.decision = Lengths()
        self.admission = Lengths()
        self.whole = Lengths()
        self.clocks: dict[str, list[int]] = {}
        self.moves: Counter[tuple[str | None, Verb, str]] = Counter()
        self.stations: dict[tuple[ActorKind, str], list[int]] = {}
        self.refused = 0
        self.stuck = 0
        self.troubles: list[Trouble] = []

    def __getstate__(self) -> dict[str, object]:
        """Between processes the counts travel; who asked has the ground."""
        return {key: value for key, value in self.__dict__.items() if key != "ground"}

    def add(self, other: Tally) -> None:
        """Counts in what was counted elsewhere. In which order makes no difference to a report."""
        self.cases += other.cases
        self.acts += other.acts
        self.refused += other.refused
        self.stuck += other.stuck
        self.outcomes += other.outcomes
        self.moves += other.moves
        for mine, theirs in (
            (self.decision, other.decision),
            (self.admission, other.admission),
            (self.whole, other.whole),
            *((self.stages.setdefault(k, Lengths()), v) for k, v in other.stages.items()),
        ):
            mine.working += theirs.working
            mine.calendar += theirs.calendar
        for clock, (runs, missed) in other.clocks.items():
            total = self.clocks.setdefault(clock, [0, 0])
            total[0] += runs
            total[1] += missed
        for key, queue in other.stations.items():
            self._queue(key, queue)
        told = sorted([*self.troubles, *other.troubles], key=lambda one: one.case)
        self.troubles = told[:TROUBLES_MAX]

    def see(self, walk: Walk, act: Act, answer: Effects) -> None:
        """Takes note of what an act brought. Called before the walk has gone on."""
        self.acts += 1
        for event in answer.events:
            if event.kind is EventKind.STAGE_ENTERED:
                source = event.data["from"]
                self.moves[(str(source) if source else None, act.verb, str(event.data["to"]))] += 1
        if answer.state.sums is not walk.state.sums:
            self._settle(walk, answer.state.sums)
        if act.verb is Verb.ANSWER_INFORMATION:
            asked = walk.clock(f"{REQUEST_CLOCK}/{act.data['request']}")
            if asked is not None and asked.due is not None:
                self._clock(asked.clock, missed=act.at.date() > asked.due)

    def _settle(self, walk: Walk, sums: Iterable[ClockSum]) -> None:
        """Counts the clocks that have stopped since."""
        for one in sums:
            if one.stopped is None or one.due is None or (one.key, one.received) in walk.settled:
                continue
            if one.clock in self.ground.windows:
                continue  # it must run out before the case may go on: no deadline
            walk.settled.add((one.key, one.received))
            self._clock(one.clock, missed=one.stopped > one.due)

    def _clock(self, clock_id: str, *, missed: bool) -> None:
        runs = self.clocks.setdefault(clock_id, [0, 0])
        runs[0] += 1
        runs[1] += missed

    def add_case(self, walk: Walk) -> None:
        """A case at its end, or where it came to lie."""
        self.cases += 1
        state = walk.state
        if walk.broken:
            return
        if not state.is_closed:
            self.stick(walk)
            return
        self.outcomes[state.outcome or ""] += 1
        spent: dict[str, list[int]] = {}
        for visit in state.visits[:-1]:
            if visit.left is None:
                continue
            days = spent.setdefault(visit.stage, [0, 0])
            days[0] += self.ground.horizon.between(visit.entered, visit.left)
            days[1] += (visit.left - visit.entered).days
        for stage, (working, calendar) in spent.items():
            lengths = self.stages.setdefault(stage, Lengths())
            lengths.working.append(working)
            lengths.calendar.append(calendar)
        self._totals(walk)

    def _totals(self, walk: Walk) -> None:
        state, closed = walk.state, walk.state.visits[-1].entered
        submitted = next((e for e in walk.history if e.kind is EventKind.CASE_SUBMITTED), None)
        if submitted is None:
            return
        first = submitted.at.date()
        if state.pilot_started is not None:
            self.decision.add(self.ground, first, state.pilot_started)
            self.admission.add(self.ground, first, state.pilot_started)
        elif state.outcome != "withdrawn":
            self.decision.add(self.ground, first, closed)
        self.whole.add(self.ground, first, closed)

    def add_stations(self, stations: Mapping[tuple[ActorKind, str], Station]) -> None:
        """The queues of one world: things, days waited, longest wait, work, room."""
        for key, one in stations.items():
            self._queue(key, [one.things, one.waited, one.longest, one.work, one.room])

    def _queue(self, key: tuple[ActorKind, str], more: list[int]) -> None:
        total = self.stations.setdefault(key, [0, 0, 0, 0, 0])
        for n, number in enumerate(more):
            total[n] = max(total[n], number) if n == _LONGEST else total[n] + number

    def refuse(self, walk: Walk, act: Act, refusal: Refusal) -> None:
        """An act that the table allows was refused."""
        self.refused += 1
        label = f"{walk.state.stage}: {act.verb} ({refusal.code})"
        self._trouble(
            walk,
            Text(zh=f"{label}：{refusal.text.zh}", en=f"{label}: {refusal.text.en}"),
        )

    def stick(self, walk: Walk) -> None:
        """A case that goes nowhere."""
        walk.broken = True
        self.stuck += 1
        tasks = ", ".join(walk.tasks) or "–"
        stage = walk.state.stage
        self._trouble(
            walk,
            Text(
                zh=f"停在“{stage}”阶段；待办：{tasks}；已办 {walk.acts} 项",
                en=f"lies in stage {stage}; open tasks: {tasks}; {walk.acts} acts done",
            ),
        )

    def _trouble(self, walk: Walk, what: Text) -> None:
        told = [*self.troubles, Trouble(walk.number, what, tuple(_told(walk.history)))]
        self.troubles = sorted(told, key=lambda one: one.case)[:TROUBLES_MAX]


def _told(history: Iterable[NewEvent]) -> Iterable[str]:
    for event in history:
        way = ""
        if event.kind is EventKind.STAGE_ENTERED:
            way = f" {event.data['from'] or '–'} → {event.data['to']}"
        yield f"{event.at.date()} {event.kind}{way}"
