"""The words for closed sets of the rulebook language, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.model import (
    AuthorityRole,
    Comparison,
    FieldType,
    Force,
    IntakeMode,
    Severity,
    StageKind,
    Status,
    Take,
    Text,
    Unit,
)

if TYPE_CHECKING:
    from fractions import Fraction


def _t(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


STATUS = {
    Status.SKETCH: _t("草案", "Sketch"),
    Status.RUNNABLE: _t("可运行", "Runnable"),
    Status.OFFICIAL: _t("正式文本", "Official"),
}
ROLE = {
    AuthorityRole.LEAD: _t("牵头单位", "lead authority"),
    AuthorityRole.MEMBER: _t("成员单位", "member authority"),
    AuthorityRole.GUIDE: _t("指导单位", "guiding authority"),
    AuthorityRole.NATIONAL: _t("国家层面", "national body"),
    AuthorityRole.CONSULTED: _t("会商单位", "consulted body"),
}
AUTHORITY_VERB = {
    "base-rules": _t("制定基础规则", "issues the base rules"),
    "filing": _t("接受备案", "receives filings"),
    "opinion": _t("出具意见", "gives opinions"),
    "risk-tip": _t("发布风险提示", "issues risk tips"),
}
MODE = {
    IntakeMode.CALL: _t("按批次征集", "by dated calls"),
    IntakeMode.ROLLING: _t("常年受理", "on a rolling basis"),
    IntakeMode.WINDOW: _t("定期窗口受理", "in recurring windows"),
    IntakeMode.NOTIFICATION: _t("备案制", "by notification"),
    IntakeMode.COHORT: _t("按期次受理", "by cohorts"),
}
STAGE_KIND = {
    StageKind.DRAFT: _t("申报", "Application"),
    StageKind.SCREENING: _t("初审", "Screening"),
    StageKind.REVIEW: _t("专家评审", "Expert review"),
    StageKind.ASSESSMENT: _t("专业评估", "Assessment"),
    StageKind.NOTICE: _t("社会公示", "Public notice"),
    StageKind.ADMISSION: _t("会签准入", "Admission"),
    StageKind.RUNNING: _t("试点运行", "Pilot run"),
    StageKind.EVALUATION: _t("评估", "Evaluation"),
    StageKind.CLOSED: _t("结案", "Closed"),
}
STARTS = {
    "case.submitted": _t("申报提交之日的次日", "the day after the application is filed"),
    "stage.entered": _t("进入本阶段之日的次日", "the day after the stage is entered"),
    "notice.opened": _t("公示发布之日的次日", "the day after the notice is published"),
    "pilot.started": _t("试点启动之日的次日", "the day after the pilot starts"),
    "request.opened": _t("补正通知发出之日的次日", "the day after the request is sent"),
}
UNIT = {
    Unit.WORKING_DAY: (_t("个工作日", "working days"), _t("个工作日", "working day")),
    Unit.CALENDAR_DAY: (_t("日", "calendar days"), _t("日", "calendar day")),
    Unit.MONTH: (_t("个月", "months"), _t("个月", "month")),
}
DUE_UNIT = {
    "hour": _t("小时", "hours"),
    "working-day": _t("个工作日", "working days"),
    "calendar-day": _t("日", "calendar days"),
    "month": _t("个月", "months"),
}
FORCE = {
    Force.STATUTORY: _t("法定期限", "a statutory limit"),
    Force.TARGET: _t("工作目标", "a target"),
}
FIELD_TYPE = {
    FieldType.MONEY: _t("金额", "money"),
    FieldType.INT: _t("整数", "integer"),
    FieldType.DECIMAL: _t("小数", "decimal"),
    FieldType.PSEUDONYM: _t("假名（投资者）", "pseudonym (investor)"),
    FieldType.CODE: _t("代码", "code"),
    FieldType.BOOL: _t("是否", "yes or no"),
    FieldType.DURATION: _t("时长", "duration"),
    FieldType.TEXT: _t("文本", "text"),
}
TAKE = {
    Take.COUNT: _t("笔数", "number"),
    Take.SUM: _t("合计", "sum"),
    Take.MIN: _t("最小值", "minimum"),
    Take.MAX: _t("最大值", "maximum"),
    Take.DISTINCT: _t("去重计数", "distinct count"),
    Take.AVG: _t("平均值", "average"),
    Take.QUANTILE: _t("分位数", "quantile"),
    Take.FIRST: _t("首值", "first value"),
    Take.LAST: _t("末值", "last value"),
}
SEVERITY = {
    Severity.INFO: _t("提示", "Notice"),
    Severity.WARNING: _t("预警", "Warning"),
    Severity.BREACH: _t("超限", "Breach"),
    Severity.CRITICAL: _t("严重", "Critical"),
}
COMPARISON = {
    Comparison.GT: _t("超过", "above"),
    Comparison.GE: _t("达到或超过", "at or above"),
    Comparison.LT: _t("低于", "below"),
    Comparison.LE: _t("不高于", "at or below"),
}
ON_BREACH = {
    "notify": _t("通知工作组", "the working group is told"),
    "block-new": _t("停止新增业务", "new business stops"),
    "propose order.remind": _t(
        "建议发出提示指令，由人决定", "an order to remind is proposed; a person decides"
    ),
    "propose order.warn": _t(
        "建议发出预警指令，由人决定", "an order to warn is proposed; a person decides"
    ),
    "propose order.restrict": _t(
        "建议限制业务，由人决定", "a restriction is proposed; a person decides"
    ),
    "propose order.suspend": _t(
        "建议暂停试点，由人决定", "a suspension is proposed; a person decides"
    ),
    "start-transition-plan": _t("启动过渡方案", "the transition plan starts"),
}
WINDOW = {
    "since-start": _t("自试点启动以来", "since the pilot started"),
    "month": _t("每自然月", "each calendar month"),
    "trading-day": _t("每交易日", "each trading day"),
}
REPORT_KIND = {
    "periodic": _t("定期报告", "periodic report"),
    "event": _t("事件报告", "event report"),
    "advance": _t("事前报告", "advance notice"),
    "final": _t("总结报告", "final report"),
}

CALENDAR = {
    "cn-working-day": _t("中国内地工作日", "mainland China's working days"),
    "cn-trading-day": _t("内地证券交易日", "the trading days of the mainland's stock exchanges"),
}


def calendar(calendar_id: str) -> Text:
    """A calendar's name with its id, or the id alone."""
    known = CALENDAR.get(calendar_id)
    if known is None:
        return _t(calendar_id, calendar_id)
    return _t(f"{known.zh}（{calendar_id}）", f"{known.en} ({calendar_id})")


_STEPS = (
    (86_400_000_000, _t("天", "day")),
    (3_600_000_000, _t("小时", "hour")),
    (60_000_000, _t("分钟", "minute")),
    (1_000_000, _t("秒", "second")),
    (1_000, _t("毫秒", "millisecond")),
)


def duration(us: int) -> Text:
    """300000000 → 5 分钟 / 5 minutes: in the largest unit that divides it."""
    for step, unit in _STEPS:
        if us >= step and us % step == 0:
            many = us // step
            return _t(f"{many} {unit.zh}", f"{many} {unit.en}{'' if many == 1 else 's'}")
    return _t(f"{us} 微秒", f"{us} µs")


def number(value: Fraction) -> str:
    """An exact number for people: 12,000, 0.05, or a fraction where no decimal ends."""
    if value.denominator == 1:
        return f"{value.numerator:,}"
    scaled, places = value, 0
    while scaled.denominator != 1 and places < 12:  # noqa: PLR2004 - more is not read
        scaled, places = scaled * 10, places + 1
    if scaled.denominator != 1:
        return f"{value.numerator}/{value.denominator}"
    sign = "-" if scaled.numerator < 0 else ""
    digits = f"{abs(scaled.numerator):0{places + 1}d}"
    return f"{sign}{int(digits[:-places]):,}.{digits[-places:]}"


def length(count: int, unit: Unit) -> Text:
    """`5 个工作日` / `5 working days`."""
    many, one = UNIT[unit]
    return _t(f"{count} {many.zh}", f"{count} {one.en if count == 1 else many.en}")
