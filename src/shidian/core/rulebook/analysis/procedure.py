"""Stages, clocks, criteria and sign-offs: no reference dangles and no case is stranded."""

from __future__ import annotations

import string
from datetime import date
from typing import TYPE_CHECKING

from shidian.core.rulebook.analysis.finding import Finding, error, note, unknown
from shidian.core.rulebook.model import (
    AuthorityRole,
    Clock,
    Rulebook,
    Stage,
    StageKind,
    Status,
    Unit,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_SIGNING = frozenset({AuthorityRole.LEAD, AuthorityRole.MEMBER})
_NUMBER_PARTS = frozenset({"uscc", "lei", "year", "seq"})
_HOME_OF_CLOCK = {
    "notice.opened": StageKind.NOTICE,
    "pilot.started": StageKind.RUNNING,
    "case.submitted": StageKind.DRAFT,
}


def findings(rulebook: Rulebook) -> Iterator[Finding]:
    """What is wrong with the way of a case."""
    stages = {stage.id: stage for stage in rulebook.stages}
    for stage in rulebook.stages:
        yield from _references(rulebook, stage, stages)
        yield from _furniture(rulebook, stage)
    yield from _authorities(rulebook)
    yield from _graph(rulebook, stages)
    for clock in rulebook.clocks:
        yield from _clock(rulebook, clock)
    yield from _criteria(rulebook, stages)
    yield from _retention(rulebook)


def _references(rulebook: Rulebook, stage: Stage, stages: Mapping[str, Stage]) -> Iterator[Finding]:
    path = f"/stages/{stage.id}"
    for index, name in enumerate(stage.next):
        if name not in stages:
            yield unknown(f"{path}/next/{index}", "stage", name, stages)
    clocks = {clock.id for clock in rulebook.clocks}
    if stage.clock is not None and stage.clock not in clocks:
        yield unknown(f"{path}/clock", "clock", stage.clock, clocks)
    authorities = {authority.id: authority for authority in rulebook.authorities}
    for index, name in enumerate(stage.signoff.all_of if stage.signoff else ()):
        where = f"{path}/signoff/all_of/{index}"
        if name not in authorities:
            yield unknown(where, "authority", name, authorities)
        elif authorities[name].role not in _SIGNING:
            yield error(
                where,
                f"'{name}' is {authorities[name].role} and cannot sign off",
                "name a lead or member authority",
            )


def _furniture(rulebook: Rulebook, stage: Stage) -> Iterator[Finding]:
    """What a stage of its kind needs, and what belongs to other kinds only."""
    path = f"/stages/{stage.id}"
    make = _missing(rulebook)
    if stage.kind is StageKind.REVIEW and stage.panel is None:
        yield make(f"{path}/panel", "a review without a panel", "add panel: {min: 5}")
    if stage.kind is StageKind.ADMISSION and stage.signoff is None:
        yield make(f"{path}/signoff", "an admission nobody signs", "add signoff: {all_of: [ … ]}")
    if stage.kind is StageKind.CLOSED and not stage.outcomes:
        yield make(f"{path}/outcomes", "a closing without outcomes", "add outcomes")
    if stage.kind is StageKind.CLOSED and stage.next:
        yield error(f"{path}/next", "leads out of a closed case", "leave next out")
    if stage.kind is not StageKind.CLOSED and stage.outcomes:
        yield error(f"{path}/outcomes", "outcomes before the end", "move them to kind: closed")
    panel = stage.panel
    if panel is not None and panel.pass_mark is not None and panel.pass_mark > panel.score_max:
        yield error(
            f"{path}/panel/pass_mark",
            f"{panel.pass_mark} is above the highest score {panel.score_max}",
            "write a mark that can be reached",
        )
    if panel is not None and panel.odd and panel.min % 2 == 0:
        yield error(
            f"{path}/panel/min", f"{panel.min} is even, but odd: true", "write an odd number"
        )
    if stage.number is not None:
        yield from _number(stage.number, f"{path}/number")


def _number(template: str, path: str) -> Iterator[Finding]:
    right = 'write for example "{uscc}-{year}-{seq:04}"'
    try:
        names = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
        template.format(uscc="0", lei="0", year=2026, seq=1)
    except (KeyError, IndexError, ValueError):
        yield error(path, f"'{template}' is no number pattern", right)
        return
    if "seq" not in names or not names <= _NUMBER_PARTS:
        yield error(path, "two cases would bear the same number", right)


def _authorities(rulebook: Rulebook) -> Iterator[Finding]:
    for authority in rulebook.authorities:
        dates = []
        for key in ("valid_from", "valid_to"):
            text = getattr(authority, key)
            try:
                dates.append(date.fromisoformat(text) if text else None)
            except ValueError:
                yield error(
                    f"/authorities/{authority.id}/{key}", f"'{text}' is no date", "write 2026-01-31"
                )
                dates.append(None)
        if dates[0] and dates[1] and dates[1] < dates[0]:
            yield error(
                f"/authorities/{authority.id}/valid_to", "ends before it begins", "swap the dates"
            )


def _missing(rulebook: Rulebook) -> Callable[[str, str, str], Finding]:
    return note if rulebook.status is Status.SKETCH else error


def _graph(rulebook: Rulebook, stages: Mapping[str, Stage]) -> Iterator[Finding]:
    if not stages:
        return
    make = _missing(rulebook)
    drafts = [stage.id for stage in stages.values() if stage.kind is StageKind.DRAFT]
    closed = [stage.id for stage in stages.values() if stage.kind is StageKind.CLOSED]
    if not drafts:
        yield make("/stages", "no stage of kind draft: a case cannot begin", "add one")
    for name in drafts[1:]:
        yield error(f"/stages/{name}/kind", "a second draft stage", "a case begins in one stage")
    if not closed:
        yield make("/stages", "no stage of kind closed: a case cannot end", "add one")
    yield from _stranded(rulebook, stages, drafts, closed)


def _stranded(
    rulebook: Rulebook, stages: Mapping[str, Stage], drafts: list[str], closed: list[str]
) -> Iterator[Finding]:
    make = _missing(rulebook)
    forward = {name: [n for n in stage.next if n in stages] for name, stage in stages.items()}
    backward: dict[str, list[str]] = {name: [] for name in stages}
    for name, following in forward.items():
        for after in following:
            backward[after].append(name)
    if drafts:
        for name in stages.keys() - _reached(drafts[:1], forward):
            yield make(
                f"/stages/{name}", "no way leads here from the draft", "name it in a stage's next"
            )
    if closed:
        for name in stages.keys() - _reached(closed, backward):
            yield make(
                f"/stages/{name}/next" if stages[name].next else f"/stages/{name}",
                "no way leads from here to closed: a case would be stranded",
                f"add {closed[0]} to its next, or a stage that leads there",
            )


def _reached(start: list[str], edges: Mapping[str, list[str]]) -> set[str]:
    seen, waiting = set(start), list(start)
    while waiting:
        for name in edges[waiting.pop()]:
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return seen


def _clock(rulebook: Rulebook, clock: Clock) -> Iterator[Finding]:
    path = f"/clocks/{clock.id}"
    owners = [stage for stage in rulebook.stages if stage.clock == clock.id]
    make = _missing(rulebook)
    if not owners and clock.starts != "request.opened":
        yield make(path, "no stage names this clock", f"write clock: {clock.id} in a stage")
    kind = _HOME_OF_CLOCK.get(clock.starts)
    if rulebook.stages and kind and not any(s.kind is kind for s in rulebook.stages):
        yield make(
            f"{path}/starts",
            f"nobody starts this clock: no stage is of kind {kind}",
            "add such a stage, or let it start otherwise",
        )
    if clock.unit is Unit.WORKING_DAY and rulebook.calendars is None:
        yield make(
            f"{path}/unit", "working days without a calendar", "add calendars: {deadlines: …}"
        )


def _criteria(rulebook: Rulebook, stages: Mapping[str, Stage]) -> Iterator[Finding]:
    weights: dict[str, int] = {}
    for criterion in rulebook.criteria:
        if criterion.stage not in stages:
            yield unknown(f"/criteria/{criterion.id}/stage", "stage", criterion.stage, stages)
        if criterion.weight is not None:
            weights[criterion.stage] = weights.get(criterion.stage, 0) + criterion.weight
    for name, total in weights.items():
        if total != 100:  # noqa: PLR2004 - per cent
            yield note(
                "/criteria", f"the weights at '{name}' add up to {total}", "100 reads easier"
            )
    for stage in rulebook.stages:
        scored = any(c.stage == stage.id for c in rulebook.criteria)
        if stage.kind is StageKind.REVIEW and not scored:
            yield _missing(rulebook)(
                f"/stages/{stage.id}", "experts have no criterion to score", "add a criterion to it"
            )


def _retention(rulebook: Rulebook) -> Iterator[Finding]:
    if rulebook.exit is None:
        return
    outcomes = {outcome.id for stage in rulebook.stages for outcome in stage.outcomes}
    kept = rulebook.exit.retention_years
    for name in kept.keys() - outcomes:
        yield unknown(f"/exit/retention_years/{name}", "outcome", name, outcomes)
    for name in sorted(outcomes - kept.keys()):
        yield _missing(rulebook)(
            "/exit/retention_years",
            f"says not how long a case with outcome '{name}' is kept",
            f"add {name}: <years>",
        )
