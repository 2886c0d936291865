"""Clocks held against one another: what cannot all be kept, though each can."""

# ruff: noqa: E501 - a message reads better on one line

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.analysis.finding import Finding, warning
from shidian.core.rulebook.analysis.graph import ahead
from shidian.core.rulebook.analysis.words import say
from shidian.core.rulebook.lengths import days_of, decision, length_text, term
from shidian.core.rulebook.model import Force, Rulebook

if TYPE_CHECKING:
    from collections.abc import Iterator


def findings(rulebook: Rulebook) -> Iterator[Finding]:
    """Clocks that can contradict each other, and procedures longer than what they lead to."""
    yield from _runs_out_first(rulebook)
    yield from _shorter_than_its_chain(rulebook)
    yield from _consulted_too_long(rulebook)
    yield from _longer_than_the_run(rulebook)


def _runs_out_first(rulebook: Rulebook) -> Iterator[Finding]:
    """Of two clocks from one event, the later stage's must not run out first."""
    later = ahead(rulebook)
    days = {clock.id: days_of(clock.length, clock.unit) for clock in rulebook.clocks}
    owned = [
        (clock, stage)
        for stage in rulebook.stages
        for clock in rulebook.clocks
        if stage.clock == clock.id and stage.id in later
    ]
    for one, first in owned:
        for other, second in owned:
            if one.id == other.id or (one.starts, one.after) != (other.starts, other.after):
                continue
            if (
                one.starts in ("stage.entered", "request.opened")
                or second.id not in later[first.id]
            ):
                continue
            if days[other.id] < days[one.id]:
                early, late = (
                    length_text(other.length, other.unit),
                    length_text(one.length, one.unit),
                )
                yield warning(
                    f"/clocks/{other.id}/length",
                    say(
                        f"与“{one.id}”同时起算，却先到期（{early.zh}短于{late.zh}），尽管“{second.id}”在“{first.id}”之后",
                        f"contradicts '{one.id}': both start with {one.starts}, but this one, of the later stage '{second.id}', runs out first ({early.en}, not {late.en})",
                    ),
                    say(
                        "请改长，或写 starts: stage.entered",
                        "make it longer, or let it start: stage.entered",
                    ),
                )


def _shorter_than_its_chain(rulebook: Rulebook) -> Iterator[Finding]:
    """A clock over the whole procedure must leave room for the clocks of the stages in it."""
    clocks = {clock.id: clock for clock in rulebook.clocks}
    whole = decision(rulebook)
    way = [stage for stage in rulebook.stages if stage.clock in whole.clocks]
    for stage in way:
        clock = clocks[stage.clock or ""]
        if clock.starts != "case.submitted":
            continue
        inner = [
            clocks[one.clock or ""]
            for one in way[: way.index(stage) + 1]
            if clocks[one.clock or ""].starts in ("stage.entered", "notice.opened")
        ]
        needed = sum(days_of(one.length, one.unit) for one in inner)
        if inner and needed > days_of(clock.length, clock.unit):
            said = length_text(clock.length, clock.unit)
            names = ", ".join(one.id for one in inner)
            yield warning(
                f"/clocks/{clock.id}/length",
                say(
                    f"自提交起{said.zh}，短于其间各时限之和（{names}）",
                    f"{said.en} from submission, but the clocks of the stages on the way take longer ({names})",
                ),
                say("请改长，或缩短各阶段时限", "make it longer, or the others shorter"),
            )


def _consulted_too_long(rulebook: Rulebook) -> Iterator[Finding]:
    clocks = {clock.id: clock for clock in rulebook.clocks}
    own = {stage.id: clocks[stage.clock] for stage in rulebook.stages if stage.clock in clocks}
    for asked in rulebook.consultations:
        clock, around = clocks.get(asked.clock or ""), own.get(asked.stage)
        if clock is None or around is None or "consultation" in around.pauses_on:
            continue
        if asked.required and days_of(clock.length, clock.unit) > days_of(
            around.length, around.unit
        ):
            yield warning(
                f"/clocks/{clock.id}/length",
                say(
                    f"会商时限长于其所在阶段的时限“{around.id}”，而会商不停止该时限",
                    f"a consultation longer than '{around.id}', the clock of its stage, which does not stop for it",
                ),
                say(
                    "请缩短，或在该时限写 pauses_on: [consultation]",
                    "make it shorter, or add pauses_on: [consultation] to that clock",
                ),
            )


def _longer_than_the_run(rulebook: Rulebook) -> Iterator[Finding]:
    run = term(rulebook)
    total = decision(rulebook, {Force.STATUTORY})
    if run is None or not total.clocks:
        return
    if total.length.days > days_of(run.length, run.unit):
        said, whole = length_text(run.length, run.unit), total.length.text
        yield warning(
            f"/clocks/{run.id}/length",
            say(
                f"法定审批时限合计{whole.zh}，长于试点期限{said.zh}",
                f"the statutory clocks before the run add up to {whole.en}, longer than the run itself: {said.en}",
            ),
            say("请核对", "check the lengths"),
        )
