"""Incidents: grades and steps that fit each other, and a finding that can come out either way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.analysis.finding import Finding, error, unknown, warning
from shidian.core.rulebook.analysis.words import GRADE, say
from shidian.core.rulebook.model import IncidentDutyKind, IncidentRules, PeriodUnit, Rulebook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.rulebook.model import IncidentDuty, ToleranceRule

_COUNTED = {PeriodUnit.WORKING_DAY: "deadlines", PeriodUnit.TRADING_DAY: "market"}


def findings(rulebook: Rulebook) -> Iterator[Finding]:
    """What is wrong with the rules on incidents."""
    rules = rulebook.incidents
    if rules is None:
        return
    grades = {one.id for one in rules.severities}
    for step in rules.steps:
        path = f"/incidents/steps/{step.id}"
        yield from _known(step.severities, grades, path)
        yield from _step(rulebook, step, path)
    for grade in rules.severities:
        yield from _initial(rules, grade.id)
    if rules.tolerance is not None:
        yield from _known(rules.tolerance.severities, grades, "/incidents/tolerance")
        yield from _decisions(rules.tolerance)


def _known(named: tuple[str, ...], grades: set[str], path: str) -> Iterator[Finding]:
    for index, name in enumerate(named):
        if name not in grades:
            yield unknown(f"{path}/severities/{index}", GRADE, name, grades)


def _step(rulebook: Rulebook, step: IncidentDuty, path: str) -> Iterator[Finding]:
    kind, initial = step.kind, IncidentDutyKind.INITIAL
    if step.repeats and (kind is not IncidentDutyKind.UPDATE or step.within is None):
        yield error(
            f"{path}/repeats",
            say("只有写明时限的续报可以反复", "only an update with a length falls due again"),
            say("请写 kind: update 和 within", "write kind: update and within"),
        )
    if kind is initial and step.starts != "known":
        yield error(
            f"{path}/starts",
            say("首次报告只能自知悉起算", "a first report can only run from when it is known"),
            say("请写 starts: known", "write starts: known"),
        )
    if step.starts == "over" and kind is IncidentDutyKind.UPDATE:
        yield error(
            f"{path}/starts",
            say("续报在处置完毕之前作出", "an update is made before the incident is over"),
            say("请写 starts: known 或 reported", "write starts: known or reported"),
        )
    if step.telephone and kind is not initial:
        yield error(
            f"{path}/telephone",
            say("只有首次报告可以电话报告", "only a first report is made by telephone"),
            say("请删去 telephone", "leave telephone out"),
        )
    if step.within is not None and step.within.unit in _COUNTED:
        calendar = _COUNTED[step.within.unit]
        if rulebook.calendars is None or getattr(rulebook.calendars, calendar, None) is None:
            yield warning(
                f"{path}/within/unit",
                say("没有可据以计算的日历", "there is no calendar to count it by"),
                say(f"请写 calendars.{calendar}", f"write calendars.{calendar}"),
            )


def _initial(rules: IncidentRules, grade: str) -> Iterator[Finding]:
    if not any(one.kind is IncidentDutyKind.INITIAL for one in rules.steps_for(grade)):
        yield error(
            f"/incidents/severities/{grade}",
            say(
                f"等级“{grade}”的事件没有首次报告",
                f"no first report is due for an incident of grade '{grade}'",
            ),
            say("请写一个 kind: initial 的步骤", "write a step of kind: initial"),
        )


def _decisions(rule: ToleranceRule) -> Iterator[Finding]:
    if all(one.needs_all for one in rule.decisions):
        yield error(
            "/incidents/tolerance/decisions",
            say(
                "条件不满足时没有可作的结论",
                "nothing can be decided where a condition is not met",
            ),
            say(
                "请至少写一个没有 needs_all 的结论",
                "write at least one decision without needs_all",
            ),
        )
