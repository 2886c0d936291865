"""What a case's risk tier changes: its route, its clocks, its plan, its reports, its warnings."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from shidian.core.procedure.memo import per_rulebook
from shidian.core.procedure.moves import clock_of, is_ahead, moves, stage_order
from shidian.core.rulebook.model import StageKind
from shidian.core.rulebook.proportion import NUMBERS, share_of
from shidian.core.rulebook.scaling import effective_limit, effective_report, tier_named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.procedure.state import CaseState
    from shidian.core.procedure.types import Verb
    from shidian.core.rulebook.model import Clock, Rulebook, Stage, Tier

__all__ = [
    "effective_clock",
    "effective_limit",
    "effective_report",
    "may_grade",
    "must_grade",
    "onward",
    "passed_over",
    "scaled_plan",
    "tier_named",
    "tier_of",
]

_GRADING_KINDS = (
    StageKind.SCREENING,
    StageKind.REVIEW,
    StageKind.ASSESSMENT,
    StageKind.NOTICE,
    StageKind.ADMISSION,
)


def tier_of(rulebook: Rulebook, state: CaseState) -> Tier | None:
    """The tier that a case was graded, if it was."""
    return tier_named(rulebook, state.tier) if state.tier else None


def effective_clock(rulebook: Rulebook, state: CaseState, clock_id: str) -> Clock:
    """The clock as it runs for this case: its length is the tier's where that gives one.

    Raises KeyError for a clock that the rulebook does not have.
    """
    return _clock_of_tier(rulebook, clock_id, state.tier)


@per_rulebook
def _clock_of_tier(rulebook: Rulebook, clock_id: str, tier_id: str | None) -> Clock:
    clock, tier = clock_of(rulebook, clock_id), tier_named(rulebook, tier_id)
    length = tier.clocks.get(clock_id) if tier else None
    return clock if length is None else clock.model_copy(update={"length": length})


def must_grade(rulebook: Rulebook, stage: Stage) -> bool:
    """Whether a case is graded in that stage before it goes on."""
    tiers = rulebook.tiers
    return tiers is not None and tiers.graded_in == stage.id and stage.kind in _GRADING_KINDS


def may_grade(rulebook: Rulebook, stage: Stage) -> bool:
    """Whether a case in that stage can be graded, or graded anew."""
    if rulebook.tiers is None or stage.kind not in _GRADING_KINDS:
        return False
    order = stage_order(rulebook)
    return order[stage.id] >= order.get(rulebook.tiers.graded_in, 0)


@per_rulebook
def passed_over(
    rulebook: Rulebook, stage_id: str, target_id: str, tier_id: str | None
) -> tuple[str, ...]:
    """Stages that this move leaves out although a case of this tier must go through them.

    Only stages that some tier skips are held to: what lies between two others besides is the
    rulebook's own way, which its `next` has drawn.
    """
    order, tiers = stage_order(rulebook), rulebook.tiers
    if tiers is None:
        return ()
    skippable = {one for tier in tiers.levels for one in tier.skips}
    tier = tier_named(rulebook, tier_id)
    allowed = set(tier.skips) if tier else set()
    first, last = order[stage_id], order[target_id]
    return tuple(
        stage.id
        for stage in rulebook.stages
        if first < order[stage.id] < last
        and stage.id in skippable - allowed
        and stage.id in _reached(rulebook, stage_id)
    )


@per_rulebook
def _reached(rulebook: Rulebook, stage_id: str) -> frozenset[str]:
    """Stages that lie ahead of a stage along `next`."""
    found: set[str] = set()
    open_ends = [rulebook.stage(stage_id)]
    while open_ends:
        stage = open_ends.pop()
        for name in stage.next:
            target = rulebook.stage(name)
            if name not in found and is_ahead(rulebook, stage, target):
                found.add(name)
                open_ends.append(target)
    return frozenset(found)


@per_rulebook
def onward(rulebook: Rulebook, stage_id: str, verb: Verb, tier_id: str | None) -> tuple[Stage, ...]:
    """The stages ahead that `verb` takes a case of this tier to; the first is the default.

    A case of a tier that skips a stage goes past it where there is a way.
    """
    stage = rulebook.stage(stage_id)
    ahead = [one for one in moves(rulebook, stage, verb) if is_ahead(rulebook, stage, one)]
    open_ways = [one for one in ahead if not passed_over(rulebook, stage_id, one.id, tier_id)]
    tier = tier_named(rulebook, tier_id)
    skipped = set(tier.skips) if tier else set()
    return tuple(sorted(open_ways, key=lambda one: one.id in skipped))


def scaled_plan(rulebook: Rulebook, state: CaseState) -> dict[str, str]:
    """The plan proposed, cut to the tier's caps, and with it what scales with what was cut.

    Exact, rounded down to what the parameter can be, and never above what was proposed. A
    parameter of which more protects (`tighter: higher`) stays as proposed.
    """
    tier = tier_of(rulebook, state)
    plan = dict(state.plan)
    if tier is None:
        return plan
    per_cents = _per_cents(rulebook, tier.caps)
    for parameter in rulebook.plan:
        per_cent = per_cents.get(parameter.id, 100)
        cuts = parameter.id in plan and per_cent < 100 and parameter.tighter == "lower"  # noqa: PLR2004
        if cuts and parameter.type in NUMBERS:
            share = Fraction(per_cent, 100)
            plan[parameter.id] = share_of(parameter, plan[parameter.id], share)
    return plan


def _per_cents(rulebook: Rulebook, caps: Mapping[str, int]) -> dict[str, int]:
    """The tier's caps, and those of parameters that scale with a capped one."""
    found = dict(caps)
    for _ in rulebook.plan:
        for parameter in rulebook.plan:
            if parameter.id not in found and parameter.scales_with in found:
                found[parameter.id] = found[parameter.scales_with]
    return found
