"""Clocks: started by something, owned by someone, and over when their stage is."""

# ruff: noqa: E501 - a message reads better on one line

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.analysis.finding import Finding, error, missing, unknown, warning
from shidian.core.rulebook.analysis.graph import ahead
from shidian.core.rulebook.analysis.words import CLOCK, CONSULTATION, KINDS, STAGE, say
from shidian.core.rulebook.model import Clock, Force, Rulebook, Stage, StageKind

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOME = {
    "notice.opened": StageKind.NOTICE,
    "pilot.started": StageKind.RUNNING,
    "case.submitted": StageKind.DRAFT,
}
_ASKING = frozenset(
    {StageKind.SCREENING, StageKind.REVIEW, StageKind.ASSESSMENT, StageKind.EVALUATION}
)
_DECIDING = frozenset(
    {StageKind.SCREENING, StageKind.REVIEW, StageKind.ASSESSMENT, StageKind.ADMISSION}
)
_RUN_ALONE = ("request.opened", "consultation.opened", "case.closed", "objection.filed")
"""Starts of clocks that no stage owns."""
_CHAINED = ("clock.expired", "consultation.opened")


def findings(rulebook: Rulebook) -> Iterator[Finding]:
    """What is wrong with each clock."""
    clocks = {clock.id for clock in rulebook.clocks}
    for stage in rulebook.stages:
        if stage.clock is not None and stage.clock not in clocks:
            yield unknown(f"/stages/{stage.id}/clock", CLOCK, stage.clock, clocks)
    for clock in rulebook.clocks:
        owners = [stage for stage in rulebook.stages if stage.clock == clock.id]
        yield from _owned(rulebook, clock, owners)
        yield from _started(rulebook, clock, owners)
        yield from _after(rulebook, clock, owners)
        yield from _until(rulebook, clock, owners)
        yield from _manner(rulebook, clock, owners)


def _owned(rulebook: Rulebook, clock: Clock, owners: list[Stage]) -> Iterator[Finding]:
    path = f"/clocks/{clock.id}"
    asked = [one for one in rulebook.consultations if one.clock == clock.id]
    if not owners and not asked and clock.starts not in _RUN_ALONE:
        yield missing(
            rulebook,
            path,
            say("没有阶段使用此时限，无人对其负责", "no stage names this clock"),
            say(f"请在某一阶段写 clock: {clock.id}", f"write clock: {clock.id} in a stage"),
        )
    for stage in owners:
        if stage.kind is StageKind.CLOSED:
            yield error(
                f"/stages/{stage.id}/clock",
                say("案件已结，时限不再计算", "a clock of a closed case measures nothing"),
                say("请移至其所约束的阶段", "give it to the stage that it bounds"),
            )


def _started(rulebook: Rulebook, clock: Clock, owners: list[Stage]) -> Iterator[Finding]:
    path = f"/clocks/{clock.id}/starts"
    home = _HOME.get(clock.starts)
    if home is not None and rulebook.stages:
        yield from _event(rulebook, clock, owners, home)
    if clock.starts == "request.opened":
        yield from _request_clock(rulebook, clock, owners)
    if clock.starts == "consultation.opened":
        yield from _consultation_clock(rulebook, clock)
    draft = next((one for one in owners if one.kind is StageKind.DRAFT), None)
    if draft is not None and clock.starts == "case.submitted":
        yield error(
            path,
            say(
                f"提交之时案件即离开“{draft.id}”，时限在该阶段从不起算",
                f"starts only when the case leaves '{draft.id}', and so outlives its stage",
            ),
            say(
                "请写 starts: stage.entered，或交给下一阶段",
                "write starts: stage.entered, or give it to the next stage",
            ),
        )


def _event(
    rulebook: Rulebook, clock: Clock, owners: list[Stage], home: StageKind
) -> Iterator[Finding]:
    path = f"/clocks/{clock.id}/starts"
    places = [stage.id for stage in rulebook.stages if stage.kind is home]
    kind = KINDS[home]
    if not places:
        yield missing(
            rulebook,
            path,
            say(
                f"没有{kind.zh}阶段，此时限无从起算",
                f"nobody starts this clock: no stage is of kind {home}",
            ),
            say("请增加该阶段，或另定起算事件", "add such a stage, or let it start otherwise"),
        )
        return
    later = ahead(rulebook)
    for stage in owners:
        if stage.id not in places and not any(stage.id in later[name] for name in places):
            yield error(
                path,
                say(
                    f"{clock.starts} 只在{kind.zh}阶段发生，而案件到达“{stage.id}”之前不经过该阶段",
                    f"never starts: {clock.starts} happens in a {kind.en} stage, and none comes before '{stage.id}'",
                ),
                say(
                    "请写 starts: stage.entered，或交给其后的阶段",
                    "write starts: stage.entered, or give it to a later stage",
                ),
            )


def _request_clock(rulebook: Rulebook, clock: Clock, owners: list[Stage]) -> Iterator[Finding]:
    path = f"/clocks/{clock.id}/starts"
    if owners:
        yield error(
            path,
            say(
                f"补正时限随每次补正起算，不属于阶段“{owners[0].id}”",
                f"runs for each information request, not for stage '{owners[0].id}'",
            ),
            say("请从该阶段删去 clock", "leave clock out of that stage"),
        )
    first = next(one for one in rulebook.clocks if one.starts == "request.opened")
    if first.id != clock.id:
        yield error(
            path,
            say(
                f"“{first.id}”已是补正时限",
                f"'{first.id}' already is the clock of information requests",
            ),
            say("只保留一个", "keep one of them"),
        )
    elif rulebook.stages and not any(stage.kind in _ASKING for stage in rulebook.stages):
        yield missing(
            rulebook,
            path,
            say(
                "没有可以要求补正的阶段", "nobody starts this clock: no stage asks for information"
            ),
            say("请增加初审或评审阶段", "add a screening or review stage"),
        )


def _consultation_clock(rulebook: Rulebook, clock: Clock) -> Iterator[Finding]:
    path = f"/clocks/{clock.id}"
    known = {one.id: one for one in rulebook.consultations}
    naming = [one.id for one in rulebook.consultations if one.clock == clock.id]
    if clock.after is not None and clock.after not in known:
        yield unknown(f"{path}/after", CONSULTATION, clock.after, known)
    elif not naming:
        where = clock.after or say("某项会商", "a consultation").en
        yield missing(
            rulebook,
            path,
            say(
                "没有会商使用此时限，无从起算", "nobody starts this clock: no consultation names it"
            ),
            say(f"请在会商中写 clock: {clock.id}", f"write clock: {clock.id} in {where}"),
        )


def _after(rulebook: Rulebook, clock: Clock, owners: list[Stage]) -> Iterator[Finding]:
    path = f"/clocks/{clock.id}/after"
    if clock.starts not in _CHAINED:
        if clock.after is not None:
            yield error(
                path,
                say(
                    f"starts: {clock.starts} 不用 after",
                    f"after has no meaning beside starts: {clock.starts}",
                ),
                say(
                    "请写 starts: clock.expired，或删去 after",
                    "write starts: clock.expired, or leave after out",
                ),
            )
        return
    if clock.starts != "clock.expired":
        return
    clocks = {one.id: one for one in rulebook.clocks}
    if clock.after is None:
        yield missing(
            rulebook,
            f"/clocks/{clock.id}/starts",
            say("未写明接在哪一时限之后", "starts when which clock has run out?"),
            say("请写 after", "add after: …"),
        )
    elif clock.after not in clocks:
        yield unknown(path, CLOCK, clock.after, clocks)
    elif (circle := _circle(clock, clocks)) is not None:
        shown = " → ".join(circle)
        yield error(
            path,
            say(
                f"时限互为起点，永不起算：{shown}",
                f"never starts, for it waits for itself: {shown}",
            ),
            say("请让其中一个由事件起算", "let one of them start with an event"),
        )
    else:
        yield from _chain_order(rulebook, clock, owners)


def _until(rulebook: Rulebook, clock: Clock, owners: list[Stage]) -> Iterator[Finding]:
    """A clock over several stages ends where its way leads."""
    if clock.until is None:
        return
    path = f"/clocks/{clock.id}/until"
    stages = {stage.id for stage in rulebook.stages}
    later = ahead(rulebook)
    if clock.starts in ("request.opened", "consultation.opened"):
        yield error(
            path,
            say(
                f"自 {clock.starts} 起算的时限随答复终止，不用 until",
                f"a clock that starts with {clock.starts} ends with the answer, not with a stage",
            ),
            say("请删去 until", "leave until out"),
        )
    elif clock.until not in stages:
        yield unknown(path, STAGE, clock.until, stages)
    else:
        for stage in owners:
            if stage.id == clock.until or clock.until not in later[stage.id]:
                yield error(
                    path,
                    say(
                        f"“{clock.until}”不在“{stage.id}”之后，时限无从终止",
                        f"never ends: '{clock.until}' does not come after '{stage.id}', whose clock it is",
                    ),
                    say("请写其后的阶段", "name a stage that comes after it"),
                )


def _circle(clock: Clock, clocks: dict[str, Clock]) -> list[str] | None:
    """The clocks that wait for one another, from this one back to itself; None if none do."""
    seen = [clock.id]
    following = clock.after
    while following in clocks and clocks[following].starts == "clock.expired":
        seen.append(following)
        if following == clock.id:
            return seen
        if following in seen[:-1]:
            return None
        following = clocks[following].after or ""
    return None


def _chain_order(rulebook: Rulebook, clock: Clock, owners: list[Stage]) -> Iterator[Finding]:
    """A clock's stage has it running only if the clock before belongs here or to a stage before."""
    before = [stage.id for stage in rulebook.stages if stage.clock == clock.after]
    later = ahead(rulebook)
    for stage in owners:
        if before and not any(one == stage.id or stage.id in later[one] for one in before):
            yield error(
                f"/clocks/{clock.id}/after",
                say(
                    f"“{clock.after}”所在阶段“{before[0]}”不在“{stage.id}”之前，时限在该阶段从不起算",
                    f"never starts in '{stage.id}': '{clock.after}' runs in '{before[0]}', which does not come before",
                ),
                say("请接在之前阶段的时限之后", "name the clock of an earlier stage"),
            )


def _manner(rulebook: Rulebook, clock: Clock, owners: list[Stage]) -> Iterator[Finding]:
    path = f"/clocks/{clock.id}"
    if clock.on_answer == "restart" and "information-request" not in clock.pauses_on:
        yield error(
            f"{path}/on_answer",
            say(
                "补正不停止此时限，答复后谈不上重新起算",
                "begins anew after a request that does not stop it",
            ),
            say("请写 pauses_on: [information-request]", "add pauses_on: [information-request]"),
        )
    yield from _pauses(rulebook, clock, owners)
    if clock.extension is not None and clock.extension.length > clock.length:
        yield warning(
            f"{path}/extension/length",
            say(
                f"一次延长{clock.extension.length}，多于原时限{clock.length}",
                f"one extension of {clock.extension.length} is longer than the clock's {clock.length}",
            ),
            say("请核对", "check both numbers"),
        )
    yield from _expiry(clock, owners)
    yield from _silence(clock, owners)


def _pauses(rulebook: Rulebook, clock: Clock, owners: list[Stage]) -> Iterator[Finding]:
    path = f"/clocks/{clock.id}/pauses_on"
    here = {stage.id for stage in owners}
    requests = any(stage.kind in _ASKING for stage in owners)
    consults = any(one.stage in here for one in rulebook.consultations)
    if owners and "information-request" in clock.pauses_on and not requests:
        yield warning(
            path,
            say(
                f"“{owners[0].id}”阶段不能要求补正，时限不会因此停止",
                f"never stops for this: no information is requested in '{owners[0].id}'",
            ),
            say("请删去 information-request", "leave information-request out"),
        )
    if owners and "consultation" in clock.pauses_on and not consults:
        yield warning(
            path,
            say(
                f"“{owners[0].id}”阶段没有会商，时限不会因此停止",
                f"never stops for this: nobody is consulted in '{owners[0].id}'",
            ),
            say("请删去 consultation，或写明会商", "leave consultation out, or declare one there"),
        )


def _expiry(clock: Clock, owners: list[Stage]) -> Iterator[Finding]:
    """A notice waits for its window, and a case for those it consulted; nothing else waits."""
    waits = clock.starts == "consultation.opened" or not owners
    if clock.on_expiry == "may-proceed" and not waits:
        idle = [stage for stage in owners if stage.kind is not StageKind.NOTICE]
        for stage in idle if len(idle) == len(owners) else ():
            kind = KINDS[stage.kind]
            yield warning(
                f"/clocks/{clock.id}/on_expiry",
                say(
                    f"没有作用：{kind.zh}阶段“{stage.id}”不等期满即可转出",
                    f"has no effect: nothing in '{stage.id}', a {kind.en} stage, waits for the clock to run out",
                ),
                say(
                    "请删去，或以 thresholds 写明最短期间",
                    "leave it out, or write a minimum time in thresholds",
                ),
            )


def _silence(clock: Clock, owners: list[Stage]) -> Iterator[Finding]:
    if clock.on_silence == "nothing":
        return
    path = f"/clocks/{clock.id}/on_silence"
    if clock.force is not Force.STATUTORY:
        yield error(
            path,
            say(
                "目标时限不具法律效力，逾期不能视为同意",
                "a target binds nobody, so that its silence means nothing in law",
            ),
            say("请写 force: statutory", "write force: statutory, or on_silence: nothing"),
        )
    if clock.starts in ("request.opened", "pilot.started"):
        yield error(
            path,
            say(
                f"自 {clock.starts} 起算的时限内，没有主管部门应作的决定",
                f"no authority owes an answer in a clock that starts with {clock.starts}",
            ),
            say("请删去", "leave it out"),
        )
        return
    for stage in owners:
        if stage.kind not in _DECIDING:
            kind = KINDS[stage.kind]
            yield error(
                path,
                say(
                    f"{kind.zh}阶段没有主管部门应作的决定",
                    f"no authority owes an answer in '{stage.id}', a {kind.en} stage",
                ),
                say("请写在作出决定的阶段", "write it where an authority decides"),
            )
