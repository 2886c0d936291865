"""The assessment by a body: a finding on every area."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.reading import refuse
from shidian.core.procedure.types import ActorKind, EventKind, Finding, RefusalCode

if TYPE_CHECKING:
    from shidian.core.procedure.situation import Situation
    from shidian.core.procedure.types import NewEvent


def commission_assessment(case: Situation) -> tuple[NewEvent, ...]:
    """Asks a body to assess; more than one may be asked, none twice in the same stay."""
    body = case.data.name("body")
    if case.stage.by == "authority":
        refuse(
            RefusalCode.WRONG_STAGE,
            "本阶段由主办单位自行评估，不委托机构。",
            "The authority assesses in this stage itself; no body is asked.",
        )
    if body in case.state.commissioned:
        refuse(
            RefusalCode.ALREADY_DONE,
            "已委托该机构评估，无需重复。",
            "That body has been asked already.",
            "body",
        )
    return (case.event(EventKind.ASSESSMENT_COMMISSIONED),)


def file_assessment(case: Situation) -> tuple[NewEvent, ...]:
    """Files findings on all areas at once. A later filing replaces them; both stay in history."""
    by_officers = case.stage.by == "authority"
    if by_officers != (case.act.actor.kind is ActorKind.OFFICER):
        refuse(
            RefusalCode.WRONG_ACTOR,
            "本阶段的评估由主办单位提交。" if by_officers else "本阶段的评估由评估机构提交。",
            "The authority's officers file the assessment in this stage."
            if by_officers
            else "The assessor body files the assessment in this stage.",
        )
    findings = case.data.table("findings")
    findings.only(area.id for area in case.stage.areas)
    for area in case.stage.areas:
        sheet = findings.table(area.id)
        sheet.only(("finding", "text"))
        sheet.choice("finding", [one.value for one in Finding])
        sheet.reason("text")
    return (case.event(EventKind.ASSESSMENT_FILED),)


def must_be_passed(case: Situation) -> None:
    """Refuses unless every area is found on, and none fails."""
    missing = [area for area in case.stage.areas if area.id not in case.state.findings]
    if missing:
        refuse(
            RefusalCode.NOT_ASSESSED,
            "评估报告尚未提交：请待评估机构提交。",
            "The assessment is not filed yet: wait for the assessor body.",
        )
    failed = [
        area for area in case.stage.areas if case.state.findings[area.id].finding is Finding.FAIL
    ]
    if failed:
        zh, en = "、".join(one.name.zh for one in failed), ", ".join(one.name.en for one in failed)
        refuse(
            RefusalCode.AREA_FAILED,
            f"评估不通过：{zh}。请整改后重新评估，或不予入选。",
            f"Failed: {en}. Have it mended and assessed again, or reject.",
        )
