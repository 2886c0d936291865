"""Time that the procedure itself acts on: grading that sets it, extension, silence."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from shidian.core.procedure.consents import signoff_rule, standing
from shidian.core.procedure.consulting import objected
from shidian.core.procedure.grading import findings_given, proposed_tier
from shidian.core.procedure.handlers.entering import enter
from shidian.core.procedure.moves import clock_of
from shidian.core.procedure.reading import refuse
from shidian.core.procedure.silence import silence_route, silent_clocks
from shidian.core.procedure.thresholds import opens
from shidian.core.procedure.tiers import may_grade
from shidian.core.procedure.types import ClockState, EventKind, RefusalCode
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from shidian.core.procedure.situation import Situation
    from shidian.core.procedure.types import ClockSum, NewEvent
    from shidian.core.rulebook.model import Stage


@cache
def software_version() -> str:
    """The installed release: every automatic act names it beside the rule that caused it."""
    return version("shidian")


def grade_risk(case: Situation) -> tuple[NewEvent, ...]:
    """An officer's reasoned grade, in the stage the rulebook names or later, before the run.

    Where the rulebook has factors each is found on with a reason; another tier than follows from
    them, and raising or lowering one that stands, needs a reason of its own.
    """
    tiers = case.rulebook.tiers
    if tiers is None or not may_grade(case.rulebook, case.stage):
        refuse(
            RefusalCode.WRONG_STAGE,
            "按制度文本，本阶段不评定风险等级。",
            "The rulebook grades no risk in this stage.",
        )
    chosen = case.data.choice("tier", [one.id for one in tiers.levels])
    findings = findings_given(tiers, case.data)
    before = {"before": case.state.tier} if case.state.tier is not None else {}
    if not tiers.factors:
        case.data.reason()
        return (case.event(EventKind.RISK_GRADED, **before),)
    proposed = proposed_tier(case.rulebook, case.state, findings)
    if before or proposed is None or proposed.id != chosen:
        case.data.reason()
    return (
        case.event(EventKind.RISK_GRADED, proposed=proposed.id if proposed else None, **before),
    )


def extend_clock(case: Situation) -> tuple[NewEvent, ...]:
    """Lengthens a running clock by what the rulebook gives, as often as it allows."""
    rules = {one.id: one for one in case.rulebook.clocks if one.extension}
    wanted = case.data.choice("clock", rules)
    case.data.reason()
    rule, extension = rules[wanted], rules[wanted].extension
    assert extension is not None  # noqa: S101 - chosen for it
    evaluates = any(one.kind is StageKind.EVALUATION for one in case.rulebook.stages)
    if rule.starts == "pilot.started" and evaluates:
        refuse(
            RefusalCode.EXTENSION_NOT_ALLOWED,
            "试点期限在评估阶段通过“延期”延长。",
            "A pilot's term is extended from its evaluation.",
            "clock",
        )
    running = _running(case, wanted)
    if running is None or case.state.extensions.get(wanted, 0) >= extension.times_max:
        refuse(
            RefusalCode.EXTENSION_NOT_ALLOWED,
            f"“{rule.name.zh}”未在计算、已届满，或已延长 {extension.times_max} 次，不能延长。",
            f"“{rule.name.en}” is not running, has run out, or was extended"
            f" {extension.times_max} times, which is all there is.",
            "clock",
        )
    return (case.event(EventKind.CLOCK_EXTENDED, length=extension.length, unit=rule.unit.value),)


def _running(case: Situation, clock_id: str) -> ClockSum | None:
    alive = (ClockState.RUNNING, ClockState.PAUSED)
    return next((one for one in case.clocks if one.clock == clock_id and one.state in alive), None)


def record_silence(case: Situation) -> tuple[NewEvent, ...]:
    """What the law makes of a clock that the authority let run out.

    The stage's own work and consent are taken as given, so neither is asked for; a word that was
    spoken against the case is no silence. Minimum times hold all the same.
    """
    clocks = {one.id: one for one in silent_clocks(case.rulebook, case.stage.id)}
    wanted = case.data.choice("clock", clocks)
    expired = next(
        (one for one in case.clocks if one.clock == wanted and one.state is ClockState.EXPIRED),
        None,
    )
    if expired is None or expired.due is None:
        refuse(
            RefusalCode.NOT_EXPIRED,
            "该期限尚未届满，不发生期满未答的效果。",
            "That time has not run out, so silence has no effect yet.",
            "clock",
        )
    _nobody_spoke_against(case)
    route = silence_route(case.rulebook, case.stage.id, wanted, case.state.tier)
    _open_to_enter(case, route)
    pointer = f"/clocks/{wanted}/on_silence"
    rule = {
        "id": pointer,
        "rulebook": case.rulebook.rulebook,
        "version": case.rulebook.version,
        "software": software_version(),
    }
    recorded = case.event(
        EventKind.SILENCE_RECORDED,
        effect=clock_of(case.rulebook, wanted).on_silence,
        expired=expired.due.isoformat(),
        rule=rule,
    )
    return (recorded, *enter_all(case, route))


def enter_all(case: Situation, route: tuple[Stage, ...]) -> tuple[NewEvent, ...]:
    """The events of passing through stages, one after another."""
    events: list[NewEvent] = []
    left = case.stage
    for target in route:
        events += enter(case, target, source=left)
        left = target
    return tuple(events)


def _nobody_spoke_against(case: Situation) -> None:
    refused = standing(signoff_rule(case.rulebook, case.stage.id), case.state.signoffs).refused
    against = [one.authority for one in objected(case.rulebook, case.state, case.stage.id)]
    if refused or against:
        listed = ", ".join((*refused, *against))
        refuse(
            RefusalCode.AUTHORITY_SPOKE,
            f"{listed} 已表示不同意，不属于期满未答。",
            f"{listed} has said no, so there is no silence to record.",
        )


def _open_to_enter(case: Situation, route: tuple[Stage, ...]) -> None:
    if not route:
        refuse(
            RefusalCode.NO_SUCH_MOVE,
            "按制度文本，期满未答在此阶段没有去向。",
            "The rulebook gives silence nowhere to go from this stage.",
        )
    for target in route:
        first, _ = opens(case.calendar, case.state, target, case.today)
        if first is not None and case.today < first:
            refuse(
                RefusalCode.TOO_EARLY,
                f"最短期间尚未届满，{first} 起方可转入“{target.names.staff.zh}”。",
                f"The minimum time has not passed: “{target.names.staff.en}” opens on {first}.",
            )
