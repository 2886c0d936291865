"""How the demonstration's pilots end: exit plans and drills, a sealed plan, an exit report."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from shidian.apps.supervision.domain import bridges, evaluations, exit_reports, exits
from shidian.core.evaluation.grade import Grade
from shidian.core.evaluation.plan import Better, Margins, Measure, Plan, Window
from shidian.core.evaluation.words import Words
from shidian.core.exit.plan import Channel, ExitPlan, How, Pace, Path, Payer, Told

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case
    from shidian.core.rulebook.model import DrillRules


def sound_plan(rules: DrillRules, lead: str, lead_en: str = "") -> ExitPlan:
    """A plan that passes under these rules, where they leave days enough."""
    return ExitPlan(
        paths=tuple(Path(kind.id, How.PAY_OUT, fees_bp=10_000) for kind in rules.kinds),
        payers=(Payer(lead, 10_000, lead_en),),
        channels=(Channel.APP, Channel.POST),
        told=tuple(Told(body.id, f"{body.id}@demo.example") for body in rules.told),
        notices=Pace(days=3, per_day=5_000),
        run_off=Pace(days=20, per_day=2_000),
        refunds=Pace(days=10, per_day=2_000),
    )


def broken_plan(rules: DrillRules, lead: str, lead_en: str = "") -> ExitPlan:
    """The same, before anybody looked: shares that are no whole, and nothing to fall back on."""
    plan = sound_plan(rules, lead, lead_en)
    return replace(plan, payers=(Payer(lead, 9_000, lead_en),), channels=(Channel.APP,))


def drill(case: Case, by: Person, at: datetime) -> None:
    """File an exit plan that fails its drill, mend it, pass; where the rulebook asks for it."""
    rules, due = exits.drill_rules(case), exits.drill_due(case, at)
    if rules is None or due is None or due.passed is not None:
        return
    names = case.lead.name_zh, case.lead.name_en
    for plan in (broken_plan(rules, *names), sound_plan(rules, *names)):
        exits.file_exit_plan(case=case, canonical=plan.canonical(), by=by, at=at)
        exits.run_drill(case=case, by=by, at=at)


def seal(case: Case, by: Person, at: datetime) -> None:
    """Fix how one outcome of a running pilot is to be analysed, before there is any."""
    plan = Plan(
        plan_id="complaints-answered",
        question=Words(
            "参与试点的投资者，投诉是否得到更快答复？",
            "Are complaints of investors in the pilot answered sooner?",
        ),
        outcome=Words(
            "五个工作日内得到答复的投诉比例", "share of complaints answered in five working days"
        ),
        unit=None,
        comparison=Words(
            "同一机构未参与试点的投资者", "investors of the same firm outside the pilot"
        ),
        measure=Measure.PROPORTION,
        better=Better.HIGHER,
        grade=Grade.COMPARED,
        margins=Margins(success=0.02, harm=-0.02),
        window=Window(at + timedelta(days=2), at + timedelta(days=200)),
        target=400,
        looks=2,
        subgroups=("60 岁以上",),
    )
    evaluations.seal_plan(case=case, plan=plan, by=by, at=at)


def bridge(case: Case, signer: Person, signing: Person, asked: datetime, granted: datetime) -> None:
    """The firm has applied for a licence: its customers are served on until that is decided."""
    bridges.ask_for_bridge(
        case=case,
        licence="证券投资咨询业务许可（演示）",
        authority="示范市证券监管局（演示）",
        receipt="演示受理 17 号",
        applied_on=asked.date() - timedelta(days=3),
        text="存量客户的核验服务继续提供，不接纳新客户。（演示）",
        by=signer,
        at=asked,
    )
    bridges.grant_bridge(
        case=case,
        reason="承诺基本兑现，牌照申请已受理；存量客户中断服务有损其利益。（演示）",
        by=signing,
        at=granted,
    )


def leave_lessons(case: Case, officer: Person, signer: Person, at: datetime) -> None:
    """The exit report of a pilot that has ended, to which its firm agrees."""
    report = exit_reports.write_exit_report(
        case=case,
        text=exit_reports.ReportText(
            summary_zh="试点按期结束，三项承诺两项兑现、一项部分兑现，转为常规业务。（演示）",
            lessons_zh="可用率承诺应当写明统计口径\n停机演练宜安排在交易日之外",
            summary_en="The pilot ran its term: two promises kept, one kept in part. It goes on as"
            " ordinary business. (Demonstration)",
            lessons_en="A promise of availability needs to say how it is counted\n"
            "Outages are better rehearsed outside trading days",
            clauses=tuple(one.id for one in case.rulebook.clauses[:1]),
            clauses_zh="试点数据已提交，供修订留痕要求时参考。（演示）",
            clauses_en="The pilot's data were handed in for a revision of what is to be recorded."
            " (Demonstration)",
        ),
        by=officer,
        at=at,
    )
    exit_reports.agree_exit_report(report=report, by=signer, at=at)
