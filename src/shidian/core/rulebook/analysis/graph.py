"""The graph of stages: what is reached from where, and which stages would strand a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.analysis.finding import Finding, error, missing, unknown
from shidian.core.rulebook.analysis.words import STAGE, say
from shidian.core.rulebook.memo import per_rulebook
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from shidian.core.rulebook.model import Rulebook


@per_rulebook
def onward(rulebook: Rulebook) -> dict[str, tuple[str, ...]]:
    """Stage → the declared stages that a case can go to from it."""
    known = {stage.id for stage in rulebook.stages}
    return {
        stage.id: tuple(name for name in stage.next if name in known) for stage in rulebook.stages
    }


def reached(start: Iterable[str], edges: Mapping[str, Iterable[str]]) -> set[str]:
    """Everything that can be come to from `start`, itself included."""
    seen = set(start)
    waiting = list(seen)
    while waiting:
        for name in edges[waiting.pop()]:
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return seen


@per_rulebook
def ahead(rulebook: Rulebook) -> dict[str, set[str]]:
    """Stage → the stages a case can still come to from it, leaving ways back through a draft out.

    A case returned to its draft begins again; what it then passes is not "after" where it was.
    """
    drafts = {stage.id for stage in rulebook.stages if stage.kind is StageKind.DRAFT}
    edges = {
        name: tuple(after for after in following if after not in drafts)
        for name, following in onward(rulebook).items()
    }
    place = {name: 1 << index for index, name in enumerate(edges)}
    # Sets as bits of a number, to the fixed point: a thousand edges cost a thousand ORs a round.
    found = {name: sum(place[after] for after in set(edges[name])) for name in edges}
    settled = False
    while not settled:
        settled = True
        for name in reversed(edges):
            more = found[name]
            for after in edges[name]:
                more |= found[after]
            if more != found[name]:
                found[name], settled = more, False
    return {
        name: {other for other, bit in place.items() if bits & bit} for name, bits in found.items()
    }


def findings(rulebook: Rulebook) -> Iterator[Finding]:
    """Stages that cannot be reached or left, and moves that lead nowhere."""
    yield from _moves(rulebook)
    if not rulebook.stages:
        return
    drafts = [stage.id for stage in rulebook.stages if stage.kind is StageKind.DRAFT]
    closed = [stage.id for stage in rulebook.stages if stage.kind is StageKind.CLOSED]
    if not drafts:
        yield missing(
            rulebook,
            "/stages",
            say("没有草拟阶段，案件无从开始", "no stage of kind draft: a case cannot begin"),
            say("请增加一个", "add one"),
        )
    for name in drafts[1:]:
        yield error(
            f"/stages/{name}/kind",
            say("第二个草拟阶段", "a second draft stage"),
            say("案件只从一个阶段开始", "a case begins in one stage"),
        )
    if not closed:
        yield missing(
            rulebook,
            "/stages",
            say("没有结案阶段，案件无从结束", "no stage of kind closed: a case cannot end"),
            say("请增加一个", "add one"),
        )
    yield from _stranded(rulebook, drafts, closed)


def _moves(rulebook: Rulebook) -> Iterator[Finding]:
    known = {stage.id for stage in rulebook.stages}
    for stage in rulebook.stages:
        for index, name in enumerate(stage.next):
            path = f"/stages/{stage.id}/next/{index}"
            if name not in known:
                yield unknown(path, STAGE, name, known)
            elif name == stage.id:
                yield error(
                    path,
                    say("阶段通向自身", "leads to itself"),
                    say("请删去", "leave it out"),
                )
            elif name in stage.next[:index]:
                yield error(
                    path,
                    say(f"“{name}”重复出现", f"'{name}' stands twice"),
                    say("保留一个即可", "keep one"),
                )


def _stranded(rulebook: Rulebook, drafts: list[str], closed: list[str]) -> Iterator[Finding]:
    forward = onward(rulebook)
    backward: dict[str, list[str]] = {name: [] for name in forward}
    for name, following in forward.items():
        for after in following:
            backward[after].append(name)
    lost = forward.keys() - reached(drafts[:1], forward) if drafts else set()
    stuck = forward.keys() - reached(closed, backward) if closed else set()
    for stage in rulebook.stages:
        path = f"/stages/{stage.id}"
        if stage.id in lost:
            yield missing(
                rulebook,
                path,
                say("从草拟阶段无路可达", "no way leads here from the draft"),
                say("请在某一阶段的 next 中写明", "name it in a stage's next"),
            )
        if stage.id in stuck:
            yield missing(
                rulebook,
                f"{path}/next" if stage.next else path,
                say(
                    "从这里无路通向结案，案件将滞留",
                    "no way leads from here to closed: a case would be stranded",
                ),
                say(
                    f"请在 next 中加入 {closed[0]} 或通向它的阶段",
                    f"add {closed[0]} to its next, or a stage that leads there",
                ),
            )
