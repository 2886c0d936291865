"""What happened in Demo City until today: one function a case, in the order of its acts.

Numbers in `on(…)` are working days before today. `Director` does the acts through the product's own
verbs; here stands only who did what when.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING

from demo import exits, sessions
from demo.complaints import complain
from demo.days import ZONE
from demo.incidents import quotes_late, told_to_its_end
from demo.returns import file_missed_defaults
from shidian.apps.supervision.domain.complaints import acknowledge_complaint, answer_complaint

if TYPE_CHECKING:
    from collections.abc import Callable

    from demo.director import Director
    from shidian.apps.cases.models import Case

PANEL_A = ("expert-1", "expert-2", "expert-3")
PANEL_B = ("expert-4", "expert-5", "expert-6")


def _to_notice(d: Director, project: str, start: int, *, call: int, panel: tuple[str, ...]) -> Case:
    """From draft to the end of assessment, begun `start` working days ago; takes 44 of them."""
    case = d.draft(project, call, d.on(start))
    d.submit(case, d.on(start - 4, "15:20"))
    d.accept(case, d.on(start - 10, "16:00"))
    d.review(case, panel, d.on(start - 11), d.on(start - 22, "17:00"))
    d.advance(case, d.on(start - 23, "09:30"), "专家评审通过，转专业评估。")
    d.commission(case, d.on(start - 23, "11:00"))
    d.assess(case, d.on(start - 43, "16:30"))
    d.advance(case, d.on(start - 44, "10:00"), "各评估领域均已通过，转社会公示。")
    return case


def _to_running(
    d: Director, project: str, start: int, *, call: int, panel: tuple[str, ...]
) -> Case:
    """From draft to the start of the pilot, which follows 60 working days after `start`."""
    case = _to_notice(d, project, start, call=call, panel=panel)
    d.publish(case, d.on(start - 45, "09:00"))
    d.comment(
        case,
        d.on(start - 47, "20:14"),
        "一位投资者（演示）",
        "请说明投资者损失由谁赔付、多久到账。",
    )
    d.answer_comment(
        case,
        d.on(start - 49, "11:00"),
        "由牵头机构先行全额补偿，五个工作日内到账，资金来源见公示表“投资者保护与风险补偿”。（演示）",
    )
    d.advance(case, d.on(start - 52, "10:00"), "公示期满，意见均已答复，转会签准入。")
    d.sign(case, "finance", d.on(start - 55, "15:00"))
    d.sign(case, "bureau", d.on(start - 60, "10:30"))
    return case


def drafting(d: Director) -> None:
    """Two drafts: one nearly finished, for the applicant's tour, and one just begun."""
    d.draft("education", 3, d.on(6), leave_out=("undertakings",))
    d.draft("profile", 3, d.on(2), only=("parties", "innovation"), all_join=False)


def asked_for_information(d: Director) -> None:
    """Screening, with a request open: its clock stands still."""
    case = d.draft("hedging", 3, d.on(12))
    d.submit(case, d.on(8, "11:10"))
    d.ask(
        case,
        d.on(4, "14:30"),
        "请补充说明“持仓超过敞口 110%”的计算口径，并提供保证金不足时的处置流程。",
    )


def freshly_submitted(d: Director) -> None:
    """Screening, waiting for the officer; one earlier request was answered and stopped the clock."""
    case = d.draft("roadshow", 3, d.on(14))
    d.submit(case, d.on(9, "16:40"))
    d.ask(case, d.on(7, "10:20"), "请说明问答公开的时点与信息披露义务人的关系。")
    d.answer(
        case,
        d.on(4, "17:05"),
        "已补充：所有答复先由上市公司在法定渠道披露，再于平台公开，平台不早于法定披露。",
    )


def in_review(d: Director) -> None:
    """A round is open: one expert stood aside, one has scored, two are still to do so."""
    case = d.draft("suitability", 3, d.on(24))
    d.submit(case, d.on(20, "10:05"))
    d.accept(case, d.on(14, "15:00"))
    d.open_round(case, ("expert-1", "expert-2", "expert-7"), d.on(10, "09:30"), d.ahead(5))
    d.declare(case, "expert-7", d.on(9, "20:10"), conflict="曾为演示证券提供常年法律顾问服务。")
    d.invite(case, ("expert-4",), d.on(8, "09:10"))
    d.declare(case, "expert-2", d.on(8, "21:00"))
    d.declare(case, "expert-4", d.on(7, "19:30"))
    starts = datetime.combine(d.ahead(4), time(14, 30), tzinfo=ZONE)
    sessions.call_defence(case, starts, d.on(6, "10:00"))
    d.score(case, "expert-2", d.on(3, "22:15"), 78)


def in_assessment(d: Director) -> None:
    """The assessor body is at work."""
    case = d.draft("compliance", 3, d.on(38))
    d.submit(case, d.on(35, "09:45"))
    d.accept(case, d.on(30, "16:20"))
    d.review(case, PANEL_A, d.on(29), d.on(17, "17:00"))
    sessions.meet_and_vote(case, PANEL_A, d.on(17, "17:30"), d.on(16, "09:00"))
    d.advance(case, d.on(16, "11:00"), "专家评审通过，转专业评估。")
    d.commission(case, d.on(15, "09:00"))


def on_notice(d: Director) -> None:
    """The public window is open; one comment is answered, one waits."""
    case = _to_notice(d, "voice", 47, call=2, panel=PANEL_B)
    d.publish(case, d.on(2, "09:00"))
    d.comment(
        case,
        d.on(2, "19:42"),
        "老年投资者家属（演示）",
        "方言听不准时会不会下错单？能不能只让查询和撤单？",
    )
    d.answer_comment(
        case,
        d.on(1, "15:30"),
        "试点期间语音只开放查询与撤单，买入一律人工复核并录音；误识别造成的损失全额补偿。（演示）",
    )
    d.comment(case, d.on(0, "09:12"), "", "希望公布每个月的误识别次数。", show=False)


def awaiting_second_signature(d: Director) -> None:
    """The national level has no objection to a large pilot; of two authorities one has signed."""
    case = _to_notice(d, "settlement", 58, call=2, panel=PANEL_A)
    d.publish(case, d.on(13, "09:00"))
    d.advance(case, d.on(6, "10:00"), "公示期满，未收到意见，转会签准入。")
    d.consult(case, "national-word", d.on(6, "10:40"))
    d.not_object(
        case,
        "national-word",
        "national",
        d.on(4, "16:20"),
        "无异议。请在季度报告中说明单日限额的使用情况。（演示）",
    )
    d.sign(case, "finance", d.on(3, "14:20"))


def running(d: Director) -> None:
    """Three pilots at work, each with a simulated system."""
    for project, start, panel in (
        ("trading", 128, PANEL_A),
        ("robo", 120, PANEL_B),
        ("bond", 112, PANEL_A),
    ):
        case = _to_running(d, project, start, call=2, panel=panel)
        d.connect(case, d.on(start - 61, "14:00"))
        exits.seal(case, d.officer, d.on(start - 62, "15:00"))


def filed_by_hand(d: Director) -> None:
    """What no system sends: defaults missed, attested for one period, waiting for the next."""
    case = d.cases["bond"]
    signer = d.signer(case)
    for first, last, rows, attests in (
        (30, 21, "", True),
        (20, 11, f"{d.on(15):%Y-%m-%d} 10:30,DEMO-ISSUER-12\n", False),
    ):
        file_missed_defaults(
            case,
            first=d.on(first),
            last=d.on(last),
            rows=rows,
            signer=signer,
            attests=attests,
            at=d.on(last - 3, "11:20"),
        )


def complained_about(d: Director) -> None:
    """Two complaints about a pilot: one answered by the institution, one before the authorities."""
    case = d.cases["trading"]
    first = complain(
        case,
        d.on(30, "20:05"),
        "fault",
        "设好的价格上限没有起作用，成交价高于上限，差价要求退还。（演示）",
    )
    signer = d.signer(case)
    acknowledge_complaint(complaint=first, by=signer, at=d.on(29, "10:00"))
    answer_complaint(
        complaint=first,
        by=signer,
        text="经核实属实：行情延迟所致，差价已于当日退还，延迟告警已调整。（演示）",
        at=d.on(24, "16:30"),
    )
    complain(
        case,
        d.on(3, "21:18"),
        "misled",
        "销售人员说这个试点保本，与风险揭示不符。（演示）",
        channel="authority",
    )


def went_wrong(d: Director) -> None:
    """An incident behind the first complaint: reported, asked about, closed, tolerated."""
    case = d.cases["trading"]
    firm, officer = d.signer(case), d.person("officer-bureau")
    incident = quotes_late(case, firm=firm, officer=officer, at=d.on(30, "20:30"))
    signing = d.person("signer-bureau")
    told_to_its_end(incident, firm=firm, officer=officer, signing=signing, at=d.on(25, "16:00"))


def being_evaluated(d: Director) -> None:
    """The run is over but for the judgement of its promises."""
    case = _to_running(d, "kyc", 290, call=1, panel=PANEL_B)
    d.evaluate(case, d.on(9, "10:00"), "试点目标已达到，提前申请评估。")
    d.step(case, d.on(8, "16:00"), "按申报时的指标逐项复测，两项承诺均达到，附自测记录。")
    d.judge(case, 1, "kept", d.on(5, "15:00"), "抽查四十份结论，均由各机构独立出具。")
    d.judge(case, 2, "kept", d.on(4, "16:00"), "平均尽调时间由十二个工作日降至五个工作日。")


def graduated(d: Director) -> None:
    """Ran, kept its promises, and is taken into general use."""
    case = _to_running(d, "voucher", 320, call=1, panel=PANEL_A)
    d.evaluate(case, d.on(52, "10:00"), "试点期内目标全部达到，申请评估。")
    d.step(case, d.on(50, "16:00"), "逐项自测，可用率一项略低于承诺，其余达到。")
    d.step(case, d.on(47, "15:00"), "审计了资金、数据与可用率记录，与自测一致，无保留意见。")
    d.judge(case, 1, "kept", d.on(45), "检测机构抽查链上数据，未见个人信息。")
    d.judge(case, 2, "kept", d.on(45, "11:00"), "核验服务对全部投资者免费开放。")
    d.judge(case, 3, "partly", d.on(44), "全期可用率 99.87%，略低于承诺，已整改。")
    d.step(case, d.on(40, "17:00"), "五位专家论证：成效真实、可以推广，建议按周复核可用率。")
    d.grade(case, d.on(38, "15:00"))
    d.step(case, d.on(33, "10:00"), "确认评估结果。")
    d.close(case, "graduated", d.on(30, "10:00"), "承诺基本兑现，效果可核验，同意推广。")
    exits.leave_lessons(case, d.officer, d.signer(case), d.on(25, "15:00"))
    signing = d.person("signer-bureau")
    exits.bridge(case, d.signer(case), signing, d.on(24, "11:00"), d.on(21, "16:00"))


def withdrawn(d: Director) -> None:
    """Ran, and left of its own accord."""
    case = _to_running(d, "factoring", 300, call=1, panel=PANEL_B)
    d.withdraw(
        case,
        d.on(120, "16:00"),
        "主要数据源合同到期且无替代来源，主动申请退出；存量服务已按退出方案处理完毕。",
    )


def rejected(d: Director) -> None:
    """Not admitted: the experts' score stayed below the pass mark."""
    case = d.draft("social", 2, d.on(130))
    d.submit(case, d.on(126, "17:50"))
    d.accept(case, d.on(120, "16:00"))
    d.review(case, PANEL_B, d.on(119), d.on(108, "17:00"), about=46)
    d.reject(
        case,
        d.on(106, "10:00"),
        "专家评审未达到合格分：跟随者集中亏损缺少有效防控措施，规模上限与风险不相称。",
    )


FIRST_CALL: tuple[Callable[[Director], None], ...] = (graduated, withdrawn, being_evaluated)
LATER_CALLS: tuple[Callable[[Director], None], ...] = (
    rejected,
    running,
    filed_by_hand,
    complained_about,
    went_wrong,
    awaiting_second_signature,
    on_notice,
    in_assessment,
    in_review,
    freshly_submitted,
    asked_for_information,
    drafting,
)
"""Both oldest first, so that references and numbers count on in time."""
