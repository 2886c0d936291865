"""What a simulation found, in numbers that can be compared: medians, tails, shares, queues."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from shidian.core.procedure.table import transitions

if TYPE_CHECKING:
    from shidian.core.procedure.simulation.ground import Ground
    from shidian.core.procedure.simulation.tally import Lengths, Tally, Trouble

_MEDIAN, _TAIL = 50, 90


@dataclass(frozen=True, slots=True)
class Days:
    """Median and ninetieth percentile in working and calendar days, over so many cases."""

    cases: int
    working_median: int
    working_p90: int
    calendar_median: int
    calendar_p90: int


@dataclass(frozen=True, slots=True)
class ClockReport:
    """How often a clock ran to its end, and how often what it measures was done too late."""

    clock: str
    runs: int
    missed: int


@dataclass(frozen=True, slots=True)
class QueueReport:
    """One kind of people. `waited_mean_tenths`: days before being taken up, times ten.

    `busy_percent`: of what they could take up between the first thing and the last.
    """

    role: str
    authority: str
    things: int
    waited_mean_tenths: int
    waited_longest: int
    busy_percent: int


@dataclass(frozen=True, slots=True)
class Report:
    """All results of one simulation. Lists keep the rulebook's order."""

    rulebook: str
    version: str
    cases: int
    seed: int
    acts: int
    outcomes: dict[str, int]
    stages: dict[str, Days]
    decision: Days
    admission: Days
    whole: Days
    clocks: tuple[ClockReport, ...]
    queues: tuple[QueueReport, ...]
    unused: tuple[str, ...]
    refused: int
    stuck: int
    troubles: tuple[Trouble, ...]

    @property
    def clean(self) -> bool:
        """Whether every case came to its end and nothing was refused."""
        return not self.refused and not self.stuck

    def to_json(self) -> dict[str, Any]:
        """The same as values of JSON."""
        found = asdict(self)
        found["troubles"] = [
            {"case": one.case, "what": one.what.model_dump(), "history": list(one.history)}
            for one in self.troubles
        ]
        return found


def reported(ground: Ground, tally: Tally, seed: int) -> Report:
    """The tally as a report."""
    rulebook = ground.rulebook
    outcomes = [one.id for stage in rulebook.stages for one in stage.outcomes]
    used = tally.moves
    return Report(
        rulebook=rulebook.rulebook,
        version=rulebook.version,
        cases=tally.cases,
        seed=seed,
        acts=tally.acts,
        outcomes={one: tally.outcomes[one] for one in dict.fromkeys(outcomes)},
        stages={
            stage.id: _days(tally.stages[stage.id])
            for stage in rulebook.stages
            if stage.id in tally.stages
        },
        decision=_days(tally.decision),
        admission=_days(tally.admission),
        whole=_days(tally.whole),
        clocks=tuple(
            ClockReport(clock.id, *tally.clocks[clock.id])
            for clock in rulebook.clocks
            if clock.id in tally.clocks
        ),
        queues=tuple(
            _queue(str(role), authority, total)
            for (role, authority), total in sorted(tally.stations.items())
        ),
        unused=tuple(
            f"{row.source or '–'} → {row.target} ({row.verb})"
            for row in transitions(rulebook)
            if not used[(row.source, row.verb, row.target)]
        ),
        refused=tally.refused,
        stuck=tally.stuck,
        troubles=tuple(tally.troubles),
    )


def _days(lengths: Lengths) -> Days:
    working, calendar = sorted(lengths.working), sorted(lengths.calendar)
    return Days(
        len(working),
        _percentile(working, _MEDIAN),
        _percentile(working, _TAIL),
        _percentile(calendar, _MEDIAN),
        _percentile(calendar, _TAIL),
    )


def _percentile(ordered: list[int], percent: int) -> int:
    """Nearest rank: the least value that so many per cent do not exceed. 0 for no values."""
    if not ordered:
        return 0
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def _queue(role: str, authority: str, total: list[int]) -> QueueReport:
    things, waited, longest, work, room = total
    mean = (waited * 20 + things) // (2 * things) if things else 0
    busy = (work * 200 + room) // (2 * room) if room else 0
    return QueueReport(role, authority, things, mean, longest, min(busy, 100))
