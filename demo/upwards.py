"""What the working group sends to the made-up national body, and what that says to it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from demo.days import Diary
    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Scheme

FILING = (
    "第一批试点项目准入结果备案（演示）",
    (
        "一、遴选和评审的经过\n经初审、专家评审、专业评估和公示，工作组会签同意所附项目进入试点，公示期间的意见均已答复。\n\n"
        "二、准入项目及其限额\n所附案件载明各项目的限额和承诺，均在申报范围之内。\n\n"
        "三、需要说明的事项\n无。本件为演示内容。"
    ),
)
NOTED = "予以备案。请在季度报告中说明各项目限额的使用情况。（演示）"
REQUEST = (
    "关于客户端自动拆单留痕口径的请示（演示）",
    (
        "一、事由\n试点项目以客户端自动拆单执行委托，子委托由程序触发。\n\n"
        "二、规则依据和不同意见\n制度文本要求逐笔记录委托。一种意见认为应逐笔记录子委托；另一种意见认为记录原委托及触发规则即可还原。\n\n"
        "三、拟办意见\n试点期间两者均予记录，期满时比较其效果。妥否，请批示。（演示）"
    ),
)
QUARTERLY = (
    "工作组季度报告（演示）",
    (
        "一、试点总体情况\n各项目按计划推进，所附数字可逐项查询。\n\n"
        "二、风险和处置\n限额未被突破；告警均已核查。\n\n"
        "三、经验、问题和建议\n建议明确自动拆单的留痕口径。（演示）"
    ),
)
TIP = (
    "关注委托通道集中失败的风险（演示）",
    (
        "近期演示环境中出现委托在短时间内集中失败的情形，其征兆是五分钟失败笔数陡升而委托总量不变。\n"
        "请核查在试项目的通道冗余、失败重试和人工接管安排，并说明核查结果。本提示不是监督管理措施。"
    ),
)
TIP_EN = (
    "Watch for order channels that fail all at once (demonstration)",
    (
        "In the demonstration, orders have failed together within a short time; the sign is that failures in five minutes"
        " rise steeply while the number of orders does not.\nPlease check that running pilots have spare channels, that failed"
        " orders are not repeated without end, and that people can take over, and say what you found. This is no supervisory measure."
    ),
)
SPECIAL = (
    "关于智能交易类项目运行情况的专报（演示）",
    "一、基本情况\n所附项目已进入试点，运行数据见所附数字。\n\n二、研判和处置\n拟在下次周复核时一并研究。（演示）",
)


def play(diary: Diary, scheme: Scheme, people: Mapping[str, Person]) -> None:
    """A filing that was noted, a request that waits, last quarter's report, a tip, a draft."""
    _filing(diary, scheme, people)
    _request(diary, scheme, people)
    _quarterly(diary, scheme, people)
    _tip(diary, scheme, people)
    _special(diary, scheme, people)


def _filing(diary: Diary, scheme: Scheme, people: Mapping[str, Person]) -> None:
    from shidian.apps.cases.models import Case
    from shidian.apps.national.domain import answering, dispatching

    admitted = Case.objects.filter(scheme=scheme, stage="running").order_by("pk")
    made = dispatching.begin_dispatch(
        scheme=scheme,
        rule="admissions",
        subject=FILING[0],
        text=FILING[1],
        cases=list(admitted[:3]),
        by=people["officer-bureau"],
        at=diary.on(12, "09:02"),
    )
    dispatching.send_dispatch(
        dispatch=made, edition=1, by=people["signer-finance"], at=diary.on(11, "09:03")
    )
    answering.confirm_receipt(dispatch=made, by=people["national"], at=diary.on(10, "09:04"))
    answering.answer_dispatch(
        dispatch=made,
        version=1,
        position="noted",
        text=NOTED,
        by=people["national"],
        at=diary.on(6, "09:05"),
    )


def _request(diary: Diary, scheme: Scheme, people: Mapping[str, Person]) -> None:
    from shidian.apps.national.domain import dispatching

    made = dispatching.begin_dispatch(
        scheme=scheme,
        rule="rule-question",
        subject=REQUEST[0],
        text=REQUEST[1],
        by=people["officer-bureau"],
        at=diary.on(5, "09:02"),
    )
    dispatching.send_dispatch(
        dispatch=made, edition=1, by=people["signer-bureau"], at=diary.on(4, "09:03")
    )


def _quarterly(diary: Diary, scheme: Scheme, people: Mapping[str, Person]) -> None:
    """Drafted and sent on the first working days after the quarter, where there were any."""
    from shidian.apps.national.domain import answering, dispatching
    from shidian.apps.national.periods import last_period

    period = last_period(3, diary.today)
    back = 0
    while diary.workday(back + 1) > period.last:
        back += 1
    if diary.workday(back) <= period.last:
        return
    drafted, sent = diary.on(back, "09:02"), diary.on(max(back - 2, 0), "09:03")
    made = dispatching.begin_dispatch(
        scheme=scheme,
        rule="quarterly",
        subject=QUARTERLY[0],
        text=QUARTERLY[1],
        first=period.first,
        last=period.last,
        by=people["officer-bureau"],
        at=drafted,
    )
    dispatching.send_dispatch(dispatch=made, edition=1, by=people["signer-bureau"], at=sent)
    answering.confirm_receipt(dispatch=made, by=people["national"], at=sent + timedelta(minutes=5))


def _tip(diary: Diary, scheme: Scheme, people: Mapping[str, Person]) -> None:
    from shidian.apps.national.domain import tips

    part = scheme.parts.select_related("authority").get(local_id="national")
    made = tips.send_tip(
        authority=part.authority,
        schemes=[scheme],
        subject=TIP[0],
        text=TIP[1],
        subject_en=TIP_EN[0],
        text_en=TIP_EN[1],
        published=True,
        answer_by=diary.ahead(7),
        by=people["national"],
        at=diary.on(3, "09:02"),
    )
    tips.publish_tip(tip=made, by=people["national-second"], at=diary.on(3, "15:20"))
    tips.read_tip(tip=made, by=people["officer-bureau"], at=diary.on(2, "09:03"))


def _special(diary: Diary, scheme: Scheme, people: Mapping[str, Person]) -> None:
    """Drafted, and not sent: a signing officer finds it on the list."""
    from shidian.apps.cases.models import Case
    from shidian.apps.national.domain import dispatching

    running = Case.objects.filter(scheme=scheme, stage="running").order_by("pk")
    dispatching.begin_dispatch(
        scheme=scheme,
        rule="special",
        subject=SPECIAL[0],
        text=SPECIAL[1],
        cases=list(running[:1]),
        first=diary.ago(30),
        last=diary.workday(1),
        by=people["officer-finance"],
        at=diary.on(1, "09:02"),
    )
