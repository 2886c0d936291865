"""What must be so before a case goes on, whatever stage it is in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.consents import signoff_rule, standing
from shidian.core.procedure.consulting import objected, outstanding
from shidian.core.procedure.moves import consultations_in
from shidian.core.procedure.reading import refuse
from shidian.core.procedure.thresholds import found_by_an_officer, opens
from shidian.core.procedure.tiers import must_grade
from shidian.core.procedure.types import RefusalCode

if TYPE_CHECKING:
    from shidian.core.procedure.situation import Situation
    from shidian.core.procedure.types import Json
    from shidian.core.rulebook.model import Stage


def must_be_complete(case: Situation) -> None:
    """Refuses while sections or hard gates are missing."""
    missing = case.data.names("missing")
    if not missing:
        return
    titles = {section.id: section.title for section in case.rulebook.form}
    zh = "、".join(titles[name].zh if name in titles else name for name in missing)
    en = ", ".join(titles[name].en if name in titles else name for name in missing)
    refuse(
        RefusalCode.INCOMPLETE,
        f"以下部分尚未填完，请补齐后再提交：{zh}。",
        f"Complete these sections, then submit: {en}.",
        "missing",
    )


def must_be_agreed(case: Situation) -> None:
    """Refuses while a consent that is needed is missing or can no longer be had."""
    now = standing(signoff_rule(case.rulebook, case.stage.id), case.state.signoffs)
    if now.refused:
        listed = ", ".join(now.refused)
        refuse(
            RefusalCode.SIGNOFF_REFUSED,
            f"{listed} 不同意，不能向前转办：请不予入选、退回，或待其改为同意。",
            f"{listed} refused, so the case cannot go on: reject, send back, or await consent.",
        )
    if not now.agreed:
        listed = ", ".join(now.awaited)
        refuse(
            RefusalCode.SIGNOFF_MISSING,
            f"尚待会签：{listed}。",
            f"Still to sign off: {listed}.",
        )


def must_be_graded(case: Situation) -> None:
    """Refuses to leave the stage in which a case is graded without its risk tier."""
    if must_grade(case.rulebook, case.stage) and case.state.tier is None:
        refuse(
            RefusalCode.NOT_GRADED,
            "请先评定风险等级，再转入下一阶段。",
            "Grade the case's risk first, then move on.",
        )


def must_be_consulted(case: Situation) -> None:
    """Refuses while a consultation that is required is not done, or a binding objection stands."""
    if not consultations_in(case.rulebook, case.stage.id):
        return
    against = objected(case.rulebook, case.state, case.stage.id)
    if against:
        listed = ", ".join(f"{one.name.zh}（{one.authority}）" for one in against)
        in_english = ", ".join(f"{one.name.en} ({one.authority})" for one in against)
        refuse(
            RefusalCode.OBJECTED,
            f"有约束力的反对意见尚未撤回：{listed}。请退回、不予入选，或待其撤回。",
            f"A binding objection stands: {in_english}."
            " Send back, reject, or await its withdrawal.",
        )
    open_ones = outstanding(case.rulebook, case.state, case.stage.id, case.clocks, case.today)
    if open_ones:
        listed = "、".join(one.name.zh for one in open_ones)
        in_english = ", ".join(one.name.en for one in open_ones)
        refuse(
            RefusalCode.CONSULTATION_MISSING,
            f"以下征求意见或备案尚未完成：{listed}。",
            f"These consultations or filings are not done yet: {in_english}.",
        )


def must_meet_thresholds(case: Situation, target: Stage) -> dict[str, Json]:
    """What an officer found met of the entered stage's thresholds. Refuses what is not met."""
    given = case.data.table("thresholds")
    given.only(one.id for one in found_by_an_officer(target))
    first, missing = opens(case.calendar, case.state, target, case.today)
    if missing is not None:
        refuse(RefusalCode.CALENDAR_MISSING, missing.zh, missing.en)
    if first is not None and case.today < first:
        refuse(
            RefusalCode.TOO_EARLY,
            f"最短期间尚未届满，{first} 起方可转入“{target.names.staff.zh}”。",
            f"The minimum time has not passed: “{target.names.staff.en}” opens on {first}.",
        )
    found: dict[str, Json] = {}
    for threshold in found_by_an_officer(target):
        if not given.has(threshold.id) or not given.table(threshold.id).boolean("met"):
            refuse(
                RefusalCode.THRESHOLD_UNMET,
                f"转入条件“{threshold.name.zh}”未认定符合：请核实并写明理由。",
                f"“{threshold.name.en}” is not found met: establish it, with reasons.",
                f"thresholds/{threshold.id}",
            )
        sheet = given.table(threshold.id)
        sheet.only(("met", "reason"))
        found[threshold.id] = {"met": True, "reason": sheet.reason()}
    return found
