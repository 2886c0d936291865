"""Objections: against what can be undone, to whom there is, in time that starts, with a way on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.analysis.finding import Finding, error, unknown
from shidian.core.rulebook.analysis.words import AUTHORITY, CLOCK, OUTCOME, STAGE, say
from shidian.core.rulebook.model import ObjectionRule, Rulebook, StageKind

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPEN_AGAIN = frozenset(
    {
        StageKind.SCREENING,
        StageKind.REVIEW,
        StageKind.ASSESSMENT,
        StageKind.NOTICE,
        StageKind.ADMISSION,
    }
)


def findings(rulebook: Rulebook) -> Iterator[Finding]:
    """What is wrong with the ways to object, and with clocks that only they start."""
    seen: dict[str, str] = {}
    for rule in rulebook.objections:
        path = f"/objections/{rule.id}"
        authorities = {one.id for one in rulebook.authorities}
        if rule.body not in authorities:
            yield unknown(f"{path}/body", AUTHORITY, rule.body, authorities)
        yield from _against(rulebook, rule, seen)
        yield from _clock(rulebook, f"{path}/within", rule.within, "case.closed")
        yield from _clock(rulebook, f"{path}/clock", rule.clock, "objection.filed")
        yield from _ways(rulebook, rule)
    used = {one.within for one in rulebook.objections} | {one.clock for one in rulebook.objections}
    for clock in rulebook.clocks:
        if clock.starts in ("case.closed", "objection.filed") and clock.id not in used:
            yield error(
                f"/clocks/{clock.id}",
                say(
                    "没有异议规则使用此时限，无从起算",
                    "nobody starts this clock: no objection names it",
                ),
                say(
                    "请在 objections 中写 within 或 clock",
                    "name it in an objection, as within or clock",
                ),
            )


def _against(rulebook: Rulebook, rule: ObjectionRule, seen: dict[str, str]) -> Iterator[Finding]:
    outcomes = {one.id: one for stage in rulebook.stages for one in stage.outcomes}
    for index, name in enumerate(rule.against):
        path = f"/objections/{rule.id}/against/{index}"
        if name not in outcomes:
            yield unknown(path, OUTCOME, name, outcomes)
        elif outcomes[name].needs_pilot is not False:
            yield error(
                path,
                say(
                    f"“{name}”可以是试点的结果，已结束的试点不能恢复办理",
                    f"'{name}' can end a pilot, and a pilot that has ended is not begun again",
                ),
                say("请只列 needs_pilot: false 的结果", "name outcomes with needs_pilot: false"),
            )
        elif name in seen:
            yield error(
                path,
                say(
                    f"对“{name}”的异议已由“{seen[name]}”规定",
                    f"'{seen[name]}' already says how '{name}' is objected to",
                ),
                say("每一结果只写一处", "say it once for each outcome"),
            )
        else:
            seen[name] = rule.id


def _clock(rulebook: Rulebook, path: str, name: str | None, starts: str) -> Iterator[Finding]:
    clocks = {one.id: one for one in rulebook.clocks}
    if name is None:
        return
    if name not in clocks:
        yield unknown(path, CLOCK, name, clocks)
        return
    clock = clocks[name]
    if clock.starts != starts:
        yield error(
            path,
            say(f"时限“{name}”不自 {starts} 起算", f"clock '{name}' does not start on {starts}"),
            say(f"请将该时限写为 starts: {starts}", f"write starts: {starts} in that clock"),
        )
    if clock.on_silence != "nothing" or clock.pauses_on:
        yield error(
            path,
            say(
                "异议的期限不因沉默生效，也不中止",
                "a clock of an objection neither stops nor means anything by silence",
            ),
            say("请删去 on_silence 和 pauses_on", "leave on_silence and pauses_on out"),
        )


def _ways(rulebook: Rulebook, rule: ObjectionRule) -> Iterator[Finding]:
    stages = {stage.id: stage for stage in rulebook.stages}
    for key, name in (("changed_to", rule.changed_to), ("sent_back_to", rule.sent_back_to)):
        path = f"/objections/{rule.id}/{key}"
        if name is None:
            continue
        if name not in stages:
            yield unknown(path, STAGE, name, stages)
        elif stages[name].kind not in _OPEN_AGAIN:
            yield error(
                path,
                say(f"案件不能在“{name}”恢复办理", f"a case cannot go on in '{name}'"),
                say("请写提交之后、运行之前的阶段", "name a stage between submission and the run"),
            )
    if rule.changed_to is None and rule.sent_back_to is None:
        yield error(
            f"/objections/{rule.id}",
            say("异议不会有任何结果", "nothing can come of it"),
            say("请写 changed_to 或 sent_back_to", "write changed_to or sent_back_to"),
        )
