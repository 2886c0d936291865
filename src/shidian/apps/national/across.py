"""How the pilots of several schemes stand, summed by scheme: the board's figures, added up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shidian.apps.supervision.board import board
from shidian.apps.supervision.models import PilotState
from shidian.core.procedure.alerts import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Scheme
    from shidian.apps.supervision.board import Tile
    from shidian.apps.supervision.limits import LimitUse

GRAVEST_MAX = 8


@dataclass(slots=True)
class Sums:
    """The pilots of a scheme, or of all, that are not closed. `nearest`: the fullest limit."""

    scheme: Scheme | None
    pilots: int = 0
    states: dict[str, int] = field(default_factory=dict)
    halted: int = 0
    over: int = 0
    """Pilots with a limit beyond its cap."""
    near: int = 0
    """Pilots with a limit beyond its first mark, and none beyond its cap."""
    nearest: LimitUse | None = None
    alerts: dict[str, int] = field(default_factory=dict)
    unseen: int = 0
    duties_late: int = 0
    complaints: int = 0
    complaints_late: int = 0
    incidents: int = 0
    incidents_late: int = 0

    @property
    def levels(self) -> list[tuple[str, int]]:
        """Level and number of open alerts, gravest first."""
        return [(one, self.alerts[one]) for one in reversed(LEVELS) if self.alerts.get(one)]

    @property
    def stopped(self) -> int:
        """Pilots that an order keeps from new business."""
        halting = (PilotState.SUSPENDED, PilotState.TERMINATED)
        return sum(self.states.get(one, 0) for one in halting)

    @property
    def late(self) -> int:
        """All that is overdue."""
        return self.duties_late + self.complaints_late + self.incidents_late

    def add(self, tile: Tile) -> None:
        """Count a pilot in."""
        self.pilots += 1
        self.states[tile.pilot.state] = self.states.get(tile.pilot.state, 0) + 1
        self.halted += tile.halted
        standings = {use.standing for use in tile.uses}
        self.over += "breach" in standings
        self.near += "warning" in standings and "breach" not in standings
        nearest = tile.nearest
        if nearest is not None and (self.nearest is None or nearest.share > self.nearest.share):
            self.nearest = nearest
        for level, n in tile.alerts.counts:
            self.alerts[level] = self.alerts.get(level, 0) + n
        self.unseen += tile.unseen
        self.duties_late += tile.duties_late
        self.complaints += tile.complaints
        self.complaints_late += tile.complaints_late
        self.incidents += tile.incidents
        self.incidents_late += tile.incidents_late


@dataclass(frozen=True, slots=True)
class Across:
    """Each scheme in the order given, all together, and the pilots to look at first."""

    schemes: list[Sums]
    total: Sums
    gravest: list[Tile]


def across(person: Person, schemes: Iterable[Scheme]) -> Across:
    """Sums over the pilots that `person` may see; those of other schemes are left out.

    The queries of the board, whatever the number of schemes.
    """
    found = {one.pk: Sums(one) for one in schemes}
    total = Sums(None)
    tiles = [one for one in board(person).tiles if one.pilot.case.scheme_id in found]
    for tile in tiles:
        found[tile.pilot.case.scheme_id].add(tile)
        total.add(tile)
    grave = [one for one in tiles if one.halted or one.worst or one.stopped]
    return Across(list(found.values()), total, grave[:GRAVEST_MAX])
