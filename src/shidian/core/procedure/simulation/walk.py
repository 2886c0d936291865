"""One simulated case: its state, what is under way, and what its people have decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shidian.core.procedure.types import CaseState, ClockSum, NewEvent, Task

if TYPE_CHECKING:
    from datetime import date

    from shidian.core.procedure.simulation.dice import Dice

ACTS_MAX = 800
"""A case with more acts than that goes round in circles."""


@dataclass(slots=True)
class Walk:
    """`agenda`: what is under way, by key → token; a token that is gone makes its event void."""

    number: int
    dice: Dice
    authority: str
    state: CaseState = field(default_factory=CaseState)
    history: list[NewEvent] = field(default_factory=list)
    tasks: dict[str, Task] = field(default_factory=dict)
    agenda: dict[str, int] = field(default_factory=dict)
    minds: dict[str, bool] = field(default_factory=dict)
    settled: set[tuple[str, date]] = field(default_factory=set)
    broken: bool = False
    acts: int = 0

    def once(self, key: str, purpose: str, percent: int) -> bool:
        """Whether it happens: decided once for `key`, however often it is asked."""
        mind = self.minds.get(key)
        if mind is None:
            mind = self.minds[key] = self.dice.happens(purpose, percent)
        return mind

    @property
    def stay(self) -> str:
        """Names the present stay in its stage."""
        return f"{len(self.state.visits)}"

    @property
    def over(self) -> bool:
        return self.broken or self.state.is_closed

    def clock(self, key: str) -> ClockSum | None:
        """A clock of the case by its key."""
        return next((one for one in self.state.sums if one.key == key), None)
