"""What the law makes of an authority that let a clock run out: which clocks, and where to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.memo import per_rulebook
from shidian.core.procedure.moves import is_ahead, stage_of, stage_order
from shidian.core.procedure.tiers import onward
from shidian.core.procedure.types import Verb
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Clock, Rulebook, Stage

_OF_SOMETHING_ELSE = (
    "request.opened",
    "consultation.opened",
    "pilot.started",
    "case.closed",
    "objection.filed",
)
"""Starts of clocks whose end no case waits for as a whole."""


@per_rulebook
def silent_clocks(rulebook: Rulebook, stage_id: str) -> tuple[Clock, ...]:
    """The clocks whose end moves a case on by itself while it is in that stage.

    The stage's own, one that no stage owns, and one that runs from the submission whoever owns it.
    """
    stage = stage_of(rulebook, stage_id)
    owned = {one.clock for one in rulebook.stages if one.clock}
    return tuple(
        clock
        for clock in rulebook.clocks
        if clock.on_silence != "nothing"
        and clock.starts not in _OF_SOMETHING_ELSE
        and (
            clock.id == stage.clock
            or clock.id not in owned
            or clock.starts == "case.submitted"
            or _spans(rulebook, clock, stage_id)
        )
    )


def _spans(rulebook: Rulebook, clock: Clock, stage_id: str) -> bool:
    """Whether the clock of an earlier stage runs on in this one."""
    order = stage_order(rulebook)
    owners = [order[one.id] for one in rulebook.stages if one.clock == clock.id]
    return (
        clock.until is not None
        and bool(owners)
        and min(owners) < order[stage_id] < order[clock.until]
    )


@per_rulebook
def silence_route(
    rulebook: Rulebook, stage_id: str, clock_id: str, tier_id: str | None
) -> tuple[Stage, ...]:
    """The stages a case enters, in order, when that clock has run out. Empty: there is no way.

    `approved`: the next stage ahead. `may-start`: the nearest stage of the run, through those that
    lie between.
    """
    if rulebook.clock(clock_id).on_silence == "may-start":
        return _way_to_the_run(rulebook, stage_id)
    stage = stage_of(rulebook, stage_id)
    verb = Verb.SIGN_OFF if stage.kind is StageKind.ADMISSION else Verb.ADVANCE
    return onward(rulebook, stage_id, verb, tier_id)[:1]


def _way_to_the_run(rulebook: Rulebook, stage_id: str) -> tuple[Stage, ...]:
    """The shortest way ahead along `next` to a running stage."""
    ways: list[tuple[Stage, ...]] = [(stage_of(rulebook, stage_id),)]
    seen = {stage_id}
    for way in ways:
        for name in way[-1].next:
            target = stage_of(rulebook, name)
            if name in seen or not is_ahead(rulebook, way[-1], target):
                continue
            if target.kind is StageKind.RUNNING:
                return (*way[1:], target)
            if target.kind is not StageKind.CLOSED:
                seen.add(name)
                ways.append((*way, target))
    return ()


def silence_routes(rulebook: Rulebook, stage_id: str) -> tuple[tuple[Stage, ...], ...]:
    """Every way silence can take from a stage, for cases of every tier and of none."""
    tiers = rulebook.tiers.levels if rulebook.tiers else ()
    names = (None, *(tier.id for tier in tiers))
    return tuple(
        silence_route(rulebook, stage_id, clock.id, name)
        for clock in silent_clocks(rulebook, stage_id)
        for name in names
    )
