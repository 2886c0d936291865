"""What moving a case to another version of its rulebook would change, before anyone agrees to it.

After the move the whole history is read under the new version. So it must read there, and what the
new version makes of it is what `preview` shows: clocks, tasks, limits, reports, the ways on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shidian.core.procedure.facts import consulting_facts
from shidian.core.procedure.fold import apply_events, derive
from shidian.core.procedure.reading import RefusedError, refuse
from shidian.core.procedure.tiers import effective_limit, effective_report, tier_named
from shidian.core.procedure.types import CaseState, EventKind, Refusal, RefusalCode
from shidian.core.rulebook.model import Status, Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from shidian.core.procedure.calendars import WorkingCalendar
    from shidian.core.procedure.types import ClockSum, PastEvent, Task
    from shidian.core.rulebook.model import Rulebook, StageNames


@dataclass(frozen=True, slots=True)
class ClockChange:
    """One clock of the case. Its last day before and after; None: not there, or not known."""

    name: Text
    before: date | None
    after: date | None


@dataclass(frozen=True, slots=True)
class TermChange:
    """A limit or a report in words, before and after; None: not there."""

    id: str
    title: Text
    before: Text | None
    after: Text | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What the move would change for this case. Unchanged clocks, limits and reports are left out.

    `ways_before`, `ways_after`: ids of the stages that the case can go to from where it is.
    """

    stage_before: StageNames
    stage_after: StageNames
    ways_before: tuple[str, ...]
    ways_after: tuple[str, ...]
    clocks: tuple[ClockChange, ...]
    tasks_gone: tuple[Task, ...]
    tasks_new: tuple[Task, ...]
    limits: tuple[TermChange, ...]
    reports: tuple[TermChange, ...]
    before: CaseState
    after: CaseState


def preview(
    old: Rulebook,
    new: Rulebook,
    calendar: WorkingCalendar,
    history: Sequence[PastEvent],
    at: datetime,
    *,
    new_calendar: WorkingCalendar | None = None,
) -> Preview | Refusal:
    """What the case with that history would be under `new` at that moment, or why it cannot be.

    `new_calendar`: where the new version counts by another calendar.
    """
    before = derive(old, calendar, apply_events(old, CaseState(), history), at)
    try:
        _fits(old, new, before, history)
        after = derive(new, new_calendar or calendar, apply_events(new, CaseState(), history), at)
        _goes_on(new, after)
    except RefusedError as refused:
        return refused.refusal
    except (KeyError, ValueError) as unfit:
        return Refusal(
            RefusalCode.HISTORY_UNFIT,
            Text(
                zh=f"新版无法读取该案的既有记录（{unfit}），不能改用。",
                en=f"The new version cannot read what happened to the case ({unfit}).",
            ),
        )
    return Preview(
        stage_before=old.stage(before.stage).names,
        stage_after=new.stage(after.stage).names,
        ways_before=tuple(old.stage(before.stage).next),
        ways_after=tuple(new.stage(after.stage).next),
        clocks=_clocks(before.clocks, after.clocks),
        tasks_gone=_without(before.tasks, after.tasks),
        tasks_new=_without(after.tasks, before.tasks),
        limits=_changed(_limits(old, before), _limits(new, after)),
        reports=_changed(_reports(old, before), _reports(new, after)),
        before=before,
        after=after,
    )


def _fits(old: Rulebook, new: Rulebook, state: CaseState, history: Sequence[PastEvent]) -> None:
    """Refuses what can be seen before the history is read: another regime, stages, grade, plan."""
    if new.rulebook != old.rulebook:
        refuse(
            RefusalCode.NO_MIGRATION,
            f"只能改用同一制度文本（{old.rulebook}）的其他版本。",
            f"A case moves to another version of the same rulebook only ({old.rulebook}).",
        )
    if new.status is Status.SKETCH:
        refuse(
            RefusalCode.NO_MIGRATION,
            "新版仅为草案梗概，不能适用于案件。",
            "The new version is a sketch; no case runs on it.",
        )
    if state.is_closed or not state.stage:
        refuse(RefusalCode.CLOSED, "该案已结案。", "The case is closed.")
    _stages_remain(old, new, history)
    if state.tier is not None and tier_named(new, state.tier) is None:
        _unfit(f"风险等级“{state.tier}”", f"the risk tier {state.tier!r}")
    known = {clock.id for clock in new.clocks}
    for name in sorted(state.extensions.keys() - known):
        _unfit(f"已延长的期限“{name}”", f"the extended clock {name!r}")
    if state.submitted is not None:
        for parameter in new.plan:
            given = parameter.id in state.plan or parameter.default is not None
            if not given and parameter.required is not False:
                refuse(
                    RefusalCode.HISTORY_UNFIT,
                    f"新版要求计划参数“{parameter.title.zh}”，该案未曾填报。",
                    f"The new version requires {parameter.title.en} in the plan;"
                    " the case never stated it.",
                )
        for name in sorted(consulting_facts(new).keys() - state.facts.keys()):
            refuse(
                RefusalCode.HISTORY_UNFIT,
                f"新版按“{name}”判断须征求谁的意见，该案提交时未载明。",
                f"Whom the new version has consulted depends on {name};"
                " the case was submitted without it.",
            )


def _stages_remain(old: Rulebook, new: Rulebook, history: Sequence[PastEvent]) -> None:
    kinds = {stage.id: stage.kind for stage in new.stages}
    for event in history:
        if event.kind != EventKind.STAGE_ENTERED:
            continue
        stage = old.stage(str(event.data["to"]))
        if kinds.get(stage.id) is not stage.kind:
            refuse(
                RefusalCode.STAGE_GONE,
                f"新版没有同类的“{stage.names.staff.zh}”（{stage.id}）阶段，该案曾经过该阶段。",
                f"The case was in “{stage.names.staff.en}” ({stage.id}),"
                " and the new version has no such stage of that kind.",
            )


def _unfit(zh: str, en: str) -> None:
    refuse(
        RefusalCode.HISTORY_UNFIT,
        f"新版没有{zh}，不能改用。",
        f"The new version does not have {en}.",
    )


def _goes_on(new: Rulebook, state: CaseState) -> None:
    if not state.tasks:
        refuse(
            RefusalCode.HISTORY_UNFIT,
            f"按新版，该案在“{new.stage(state.stage).names.staff.zh}”阶段无事可办。",
            "Under the new version nothing could be done with the case where it is.",
        )


def _clocks(before: Sequence[ClockSum], after: Sequence[ClockSum]) -> tuple[ClockChange, ...]:
    old = {clock.key: clock for clock in before}
    new = {clock.key: clock for clock in after}
    changes = []
    for key in dict.fromkeys((*old, *new)):
        was, will = old.get(key), new.get(key)
        name = (will or old[key]).name
        change = ClockChange(name, was.due if was else None, will.due if will else None)
        if change.before != change.after:
            changes.append(change)
    return tuple(changes)


def _without(tasks: Sequence[Task], others: Sequence[Task]) -> tuple[Task, ...]:
    """Tasks that the others do not have, a changed last day being another task."""
    known = {(one.key, one.due, one.not_before) for one in others}
    return tuple(one for one in tasks if (one.key, one.due, one.not_before) not in known)


def _limits(rulebook: Rulebook, state: CaseState) -> dict[str, tuple[Text, Text]]:
    found = {}
    for rule in rulebook.limits:
        limit = effective_limit(rulebook, state.tier, rule)
        cap = state.plan.get(limit.max.removeprefix("plan."), limit.max)
        warns = "、".join(f"{one}%" for one in limit.warn_at)
        in_english = ", ".join(f"{one}%" for one in limit.warn_at)
        zh = f"上限 {cap}" + (f"，于 {warns} 预警" if warns else "") + f"；超限 {limit.on_breach}"
        en = f"at most {cap}" + (f", warns at {in_english}" if warns else "")
        found[limit.id] = (limit.title, Text(zh=zh, en=f"{en}; on breach {limit.on_breach}"))
    return found


def _reports(rulebook: Rulebook, state: CaseState) -> dict[str, tuple[Text, Text]]:
    found = {}
    for rule in rulebook.reports:
        report = effective_report(rulebook, state.tier, rule.id)
        zh, en = f"{report.due} {report.due_unit}", f"{report.due} {report.due_unit}"
        if report.every_months or report.every_weeks:
            months, weeks = report.every_months, report.every_weeks
            zh = (f"每 {months} 个月" if months else f"每 {weeks} 周") + f"，{zh}"
            en = (f"every {months} months" if months else f"every {weeks} weeks") + f", {en}"
        found[report.id] = (report.title, Text(zh=zh, en=en))
    return found


def _changed(
    before: dict[str, tuple[Text, Text]], after: dict[str, tuple[Text, Text]]
) -> tuple[TermChange, ...]:
    changes = []
    for name in dict.fromkeys((*before, *after)):
        was, will = before.get(name), after.get(name)
        title = (will or before[name])[0]
        change = TermChange(name, title, was[1] if was else None, will[1] if will else None)
        if change.before != change.after:
            changes.append(change)
    return tuple(changes)
