"""Lengths of time in several units, and how long the rules give from submission to the run."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Force, StageKind, Text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from shidian.core.rulebook.model import Clock, Rulebook, Stage

_DAYS = {
    "hour": Fraction(1, 24),
    "working-day": Fraction(7, 5),
    "trading-day": Fraction(7, 5),
    "calendar-day": Fraction(1),
    "week": Fraction(7),
    "month": Fraction(365, 12),
    "year": Fraction(365),
}
_WORDS = {
    "hour": ("小时", "hour"),
    "working-day": ("个工作日", "working day"),
    "trading-day": ("个交易日", "trading day"),
    "calendar-day": ("个自然日", "calendar day"),
    "week": ("周", "week"),
    "month": ("个月", "month"),
    "year": ("年", "year"),
}


def days_of(length: int, unit: str) -> Fraction:
    """About how many calendar days; to compare lengths in different units, never to set a date."""
    return length * _DAYS[unit]


def length_text(length: int, unit: str) -> Text:
    """`5 working days`, `5个工作日`."""
    zh, en = _WORDS[unit]
    return Text(zh=f"{length}{zh}", en=f"{length} {en}{'' if length == 1 else 's'}")


@dataclass(frozen=True, slots=True)
class Length:
    """A sum over several units, such as 30 working days and 3 months."""

    parts: tuple[tuple[str, int], ...] = ()

    def plus(self, length: int, unit: str) -> Length:
        """This and so much more."""
        parts = dict(self.parts)
        parts[unit] = parts.get(unit, 0) + length
        return Length(tuple(sorted(parts.items(), key=lambda part: list(_DAYS).index(part[0]))))

    @property
    def days(self) -> Fraction:
        """About how many calendar days."""
        return sum((days_of(length, unit) for unit, length in self.parts), Fraction(0))

    @property
    def text(self) -> Text:
        """All parts, shortest unit first."""
        said = [length_text(length, unit) for unit, length in self.parts]
        return Text(
            zh="加".join(one.zh for one in said) or "0",
            en=" + ".join(one.en for one in said) or "0",
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """From submission to the start of the run, if every clock is used up.

    `clocks`: ids of those that make the sum; `untimed`: stages on the way that no clock bounds.
    """

    length: Length
    clocks: tuple[str, ...]
    untimed: tuple[str, ...]


def main_way(rulebook: Rulebook) -> tuple[Stage, ...]:
    """From the draft to the first running stage, each time to the first stage ahead in `next`.

    Ends where the rulebook does: without a running stage it is the way as far as it goes.
    """
    stages = {stage.id: stage for stage in rulebook.stages}
    place = {name: index for index, name in enumerate(stages)}
    here = next((one for one in rulebook.stages if one.kind is StageKind.DRAFT), None)
    way: list[Stage] = []
    while here is not None:
        way.append(here)
        if here.kind is StageKind.RUNNING:
            break
        onward = [
            stages[name]
            for name in here.next
            if name in stages
            and place[name] > place[here.id]
            and stages[name].kind is not StageKind.CLOSED
        ]
        here = onward[0] if onward else None
    return tuple(way)


def decision(rulebook: Rulebook, forces: Collection[Force] = tuple(Force)) -> Decision:
    """How long the clocks of these forces give, one after the other and chained as they are."""
    clocks = {clock.id: clock for clock in rulebook.clocks if clock.force in forces}
    way = [
        stage
        for stage in main_way(rulebook)
        if stage.kind not in (StageKind.DRAFT, StageKind.RUNNING)
    ]
    reached = Length()
    ends: dict[str, Length] = {}
    used: list[str] = []
    untimed: list[str] = []
    spanning: dict[str, Length] = {}
    for stage in way:
        reached = max(reached, spanning.pop(stage.id, reached), key=lambda one: one.days)
        found = list(_stage_clocks(rulebook, stage, clocks))
        if not found and not spanning:
            untimed.append(stage.id)
        entered = reached
        for clock, own in found:
            starts = _start(clock, entered, ends)
            end = starts.plus(clock.length, clock.unit)
            if not own and stage.clock in ends and _pauses(clocks, stage):
                end = ends[stage.clock or ""].plus(clock.length, clock.unit)
            ends[clock.id] = end
            used.append(clock.id)
            if clock.until is not None:
                spanning[clock.until] = end
            elif end.days > reached.days:
                reached = end
    reached = max((reached, *spanning.values()), key=lambda one: one.days)
    return Decision(reached, tuple(used), tuple(untimed))


def _stage_clocks(
    rulebook: Rulebook, stage: Stage, clocks: dict[str, Clock]
) -> Iterator[tuple[Clock, bool]]:
    """(clock, whether the stage's own) of a stage and of what must be asked in it."""
    if stage.clock in clocks:
        yield clocks[stage.clock or ""], True
    for asked in rulebook.consultations:
        if asked.stage == stage.id and asked.required and asked.clock in clocks:
            yield clocks[asked.clock or ""], False


def _pauses(clocks: dict[str, Clock], stage: Stage) -> bool:
    return "consultation" in clocks[stage.clock or ""].pauses_on


def _start(clock: Clock, entered: Length, ends: dict[str, Length]) -> Length:
    if clock.starts == "case.submitted":
        return Length()
    if clock.starts == "clock.expired" and clock.after in ends:
        return ends[clock.after or ""]
    return entered


def term(rulebook: Rulebook) -> Clock | None:
    """The clock of the run: of the first running stage, else the one a pilot's start starts."""
    clocks = {clock.id: clock for clock in rulebook.clocks}
    for stage in rulebook.stages:
        if stage.kind is StageKind.RUNNING and stage.clock in clocks:
            return clocks[stage.clock or ""]
    return next((clock for clock in rulebook.clocks if clock.starts == "pilot.started"), None)
