"""One incident of the trading pilot, told from the first report to the finding of tolerance."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from shidian.apps.supervision.domain import incidents, tolerance
from shidian.core.procedure.incidents import Cause, IncidentFacts, MarketEffect
from shidian.core.procedure.losses import InvestorLoss

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case
    from shidian.apps.supervision.models import Incident

CAUSE = "行情供应商节点遭流量攻击，行情延迟约四十秒，价格上限按旧行情判断。（演示）"
EARLY = IncidentFacts(investors=3, cause=Cause.CYBER, cause_text="行情延迟，原因查找中。（演示）")
FACTS = IncidentFacts(
    investors=3,
    losses=(
        InvestorLoss("inv-0021", 18_640, 18_640),
        InvestorLoss("inv-0057", 4_205, 4_205),
    ),
    market=MarketEffect.NONE,
    market_text="涉及三笔限价委托，合计不足两万元，无市场影响。（演示）",
    cause=Cause.CYBER,
    cause_text=CAUSE,
)


def quotes_late(case: Case, *, firm: Person, officer: Person, at: datetime) -> Incident:
    """Reported within the hour; the officer asks, the firm answers."""
    incident = incidents.report_incident(
        pilot=case.pilot,
        told=incidents.Told(
            title="行情延迟致成交价高于价格上限（演示）",
            text="十九时四十分起行情延迟，已暂停智能下单，改由人工确认。（演示）",
            severity="major",
            occurred_at=at - timedelta(minutes=50),
            known_at=at - timedelta(minutes=35),
            facts=EARLY,
        ),
        seen=incidents.newest_number(case.pilot),
        by=firm,
        at=at,
    )
    incidents.ask_about_incident(
        incident=incident,
        text="请说明受影响投资者的差价如何计算、何时退还。（演示）",
        answer_by=at + timedelta(days=2),
        by=officer,
        at=at + timedelta(hours=13),
    )
    incidents.answer_question(
        incident=incident,
        question=1,
        text="按委托时有效行情逐笔计算，差价已于当日退还。（演示）",
        by=firm,
        at=at + timedelta(hours=15),
    )
    incidents.update_incident(
        incident=incident,
        text="备用行情源已启用，智能下单恢复。（演示）",
        facts=FACTS,
        over_at=at + timedelta(hours=16),
        by=firm,
        at=at + timedelta(hours=17),
    )
    return incident


def told_to_its_end(
    incident: Incident, *, firm: Person, officer: Person, signing: Person, at: datetime
) -> None:
    """Closed with its lesson; then found, and decided by another officer."""
    incidents.close_incident(
        incident=incident,
        text="核查完毕，差价全部退还，供应商已整改。（演示）",
        facts=FACTS,
        lessons="行情延迟超过五秒即自动转人工；行情源由一家改为两家互验。（演示）",
        by=firm,
        at=at,
    )
    incident.refresh_from_db()
    finding = tolerance.propose_finding(
        incident=incident,
        found=tolerance.Found(
            facts="三名投资者受影响，两名有差价损失，合计 228.45 元。（演示）",
            causation="系外部攻击致行情延迟，试点系统按约定转人工，无人为过失。（演示）",
            compensation="差价当日全额退还，抽查两笔退款凭证属实。（演示）",
            opinion="符合全部条件，建议予以容错。（演示）",
            conditions={
                "made-good": (True, "损失 228.45 元已全额退还。（演示）"),
                "market": (True, "三笔限价委托，无市场影响。（演示）"),
                "cyber": (True, "供应商出具的攻击日志属实。（演示）"),
            },
            proposal="tolerated",
        ),
        by=officer,
        at=at + timedelta(days=1),
    )
    tolerance.decide_finding(
        finding=finding,
        decision="tolerated",
        reason="事实清楚、补偿到位，同意。（演示）",
        by=signing,
        at=at + timedelta(days=2),
    )
