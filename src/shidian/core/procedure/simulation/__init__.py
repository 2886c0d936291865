"""What a rulebook would mean for cases: random but plausible ones walk it to the end.

They walk through the very `step` that production uses: nothing here models the procedure. What is
modelled is people, when they act and what they decide. The same seed gives the same answer.
"""

from __future__ import annotations

import gc
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING

from shidian.core.procedure.calendars import calendars_needed, known_ids
from shidian.core.procedure.simulation.assumptions import (
    AssumptionError,
    Assumptions,
    Spread,
    table,
)
from shidian.core.procedure.simulation.ground import Ground
from shidian.core.procedure.simulation.report import Days, Report, reported
from shidian.core.procedure.simulation.tally import Tally, Trouble
from shidian.core.procedure.simulation.world import World
from shidian.core.rulebook.analysis import missing_for_simulation
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from shidian.core.procedure.working_calendar import WorkingCalendar
    from shidian.core.rulebook.model import Rulebook

__all__ = [
    "AssumptionError",
    "Assumptions",
    "Days",
    "Report",
    "Spread",
    "Trouble",
    "lacking",
    "simulate",
    "table",
]

CASES_MAX = 1_000_000


def lacking(rulebook: Rulebook) -> tuple[Text, ...]:
    """What a rulebook lacks before cases can walk it: a sketch's gaps, a calendar. Empty: none."""
    found = list(missing_for_simulation(rulebook))
    found += [
        Text(zh=f"日历库没有 {one}", en=f"the library of calendars has no {one}")
        for one in calendars_needed(rulebook)
        if one not in known_ids()
    ]
    if rulebook.calendars is None and not found:
        found.append(Text(zh="缺少日历（calendars）", en="no calendars are named"))
    return tuple(dict.fromkeys(found))


def simulate(
    rulebook: Rulebook,
    calendar: WorkingCalendar,
    *,
    cases: int,
    seed: int,
    assumptions: Assumptions | None = None,
    processes: int = 1,
) -> Report:
    """So many cases on that rulebook. Raises ValueError for fewer than 1 or over 1,000,000.

    Worlds are strangers to one another, so that any number of `processes` gives the same answer.
    """
    if not 1 <= cases <= CASES_MAX:
        raise ValueError(f"{cases} cases; give 1 to {CASES_MAX}")
    assumed = assumptions or Assumptions()
    worlds = [
        (first, min(assumed.cases_together, cases - first))
        for first in range(0, cases, assumed.cases_together)
    ]
    ground = Ground(rulebook, calendar, assumed)
    helpers = min(processes, len(worlds)) - 1
    tally = (
        _walked_with(ground, seed, worlds, helpers) if helpers else _walked(ground, seed, worlds)
    )
    return reported(ground, tally, seed)


_Worlds = list[tuple[int, int]]
"""(first case, cases) of each."""
_SHARES_A_PROCESS = 64
"""So many that none is long: a helper has up to two in hand that nobody takes from it again."""
_HELPER: dict[str, Ground] = {}
"""In a helping process: what it walks on, prepared once."""


def _walked(ground: Ground, seed: int, worlds: _Worlds) -> Tally:
    tally = Tally(ground)
    for first, count in worlds:
        World(ground, seed, first, count, tally).run()
    return tally


def _walked_with(ground: Ground, seed: int, worlds: _Worlds, helpers: int) -> Tally:
    """The same with helping processes: this one walks the shares that none of them has begun."""
    number = min(len(worlds), (helpers + 1) * _SHARES_A_PROCESS)
    shares = [worlds[n::number] for n in range(number)]
    given = (ground.rulebook, ground.known_calendar, ground.assumed)
    tally = Tally(ground)
    with ProcessPoolExecutor(
        helpers, mp_context=get_context("spawn"), initializer=_prepare, initargs=given
    ) as pool:
        asked = [pool.submit(_share_of, seed, share) for share in shares]
        for share, answer in reversed(list(zip(shares, asked, strict=True))):
            if answer.cancel():
                tally.add(_walked(ground, seed, share))
        for answer in asked:
            if not answer.cancelled():
                tally.add(answer.result())
    return tally


def _prepare(rulebook: Rulebook, calendar: WorkingCalendar, assumed: Assumptions) -> None:
    gc.disable()  # as in whoever asks for a long walk: cases make no circles to look for
    _HELPER["ground"] = Ground(rulebook, calendar, assumed)


def _share_of(seed: int, worlds: _Worlds) -> Tally:
    return _walked(_HELPER["ground"], seed, worlds)
