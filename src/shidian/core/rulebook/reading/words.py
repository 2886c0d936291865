"""The words for closed sets of the rulebook language, in both languages."""

from __future__ import annotations

from shidian.core.rulebook.model import (
    AuthorityRole,
    Basis,
    Comparison,
    ConsultationKind,
    DispatchKind,
    FieldType,
    Force,
    IntakeMode,
    LegalEffect,
    QuestionKind,
    Severity,
    StageKind,
    Status,
    Take,
    Text,
)


def _t(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


BASIS = {
    Basis.VERIFIED: _t("已核实", "verified"),
    Basis.REPORTED: _t("据报道", "reported"),
    Basis.ASSUMED: _t("假定", "assumed"),
}
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
    "base-rules": _t("制定基础规则", "issuing the base rules"),
    "filing": _t("接受备案", "receiving filings"),
    "opinion": _t("出具意见", "giving opinions"),
    "risk-tip": _t("发布风险提示", "issuing risk warnings to the sector"),
}
MODE = {
    IntakeMode.CALL: _t("按征集批次", "in answer to a dated call"),
    IntakeMode.ROLLING: _t("常年", "at any time"),
    IntakeMode.WINDOW: _t("在定期开放的窗口期内", "during recurring windows"),
    IntakeMode.NOTIFICATION: _t("以备案方式", "by notification"),
    IntakeMode.COHORT: _t("按期次", "by cohort"),
}
IDENTIFIER = {
    "uscc": _t("统一社会信用代码", "the unified social credit code"),
    "lei": _t("法人机构识别编码（LEI）", "the legal entity identifier (LEI)"),
}
QUESTION_KIND = {
    QuestionKind.SHORT: _t("短文本", "short text"),
    QuestionKind.LONG: _t("长文本", "long text"),
    QuestionKind.INTEGER: _t("整数", "whole number"),
    QuestionKind.MONEY: _t("金额", "amount of money"),
    QuestionKind.DATE: _t("日期", "date"),
    QuestionKind.CHOICE: _t("单选", "one choice"),
    QuestionKind.CHOICES: _t("多选", "one or more choices"),
    QuestionKind.CONFIRM: _t("确认", "confirmation"),
    QuestionKind.FILE: _t("上传文件", "file"),
    QuestionKind.PROMISES: _t("承诺清单", "list of promises"),
    QuestionKind.WAIVERS: _t("豁免申请清单", "list of waivers asked for"),
}
MARKING = {
    "public": _t("可以公开", "public"),
    "internal": _t("内部使用", "for internal use"),
    "sensitive": _t("敏感", "sensitive"),
}
STAGE_KIND = {
    StageKind.DRAFT: _t("申报", "Application"),
    StageKind.SCREENING: _t("初审", "Screening"),
    StageKind.REVIEW: _t("专家评审", "Expert review"),
    StageKind.ASSESSMENT: _t("专业评估", "Assessment"),
    StageKind.NOTICE: _t("社会公示", "Public notice"),
    StageKind.ADMISSION: _t("准入决定", "Decision on admission"),
    StageKind.RUNNING: _t("试点运行", "Pilot run"),
    StageKind.EVALUATION: _t("评估", "Evaluation"),
    StageKind.CLOSED: _t("结案", "Closing"),
}
STAGE_DOES = {
    StageKind.DRAFT: _t(
        "申报机构在本阶段编制并提交申报材料", "the applicant prepares and submits its application"
    ),
    StageKind.SCREENING: _t(
        "经办人员在本阶段对申报材料进行初审",
        "officers examine whether the application is complete and eligible",
    ),
    StageKind.REVIEW: _t(
        "专家组在本阶段评审申报项目", "a panel of experts reviews the application"
    ),
    StageKind.ASSESSMENT: _t("项目在本阶段接受专业评估", "the project is professionally assessed"),
    StageKind.NOTICE: _t("拟试点项目在本阶段向社会公示", "the project is put before the public"),
    StageKind.ADMISSION: _t(
        "本阶段作出是否准入的决定", "it is decided whether the project is admitted"
    ),
    StageKind.RUNNING: _t("试点在本阶段运行", "the pilot runs"),
    StageKind.EVALUATION: _t("本阶段对试点作出评估", "the pilot is evaluated"),
    StageKind.CLOSED: _t("案件在本阶段结案", "the case is closed"),
}
STARTS = {
    "case.submitted": _t("申报提交之次日", "the day after the application is submitted"),
    "stage.entered": _t("进入该阶段之次日", "the day after the stage is entered"),
    "notice.opened": _t("公示发布之次日", "the day after the public notice is published"),
    "pilot.started": _t("试点启动之次日", "the day after the pilot starts"),
    "request.opened": _t("补正或问询通知发出之次日", "the day after the request for information"),
    "consultation.opened": _t("提请会商之次日", "the day after the consultation is opened"),
    "clock.expired": _t("前一期限届满之次日", "the day after the preceding period expires"),
    "case.closed": _t(
        "决定送达、案件结案之次日", "the day after the decision that closed the case"
    ),
    "objection.filed": _t("收到异议之次日", "the day after the objection is filed"),
}
FORCE = {
    Force.STATUTORY: _t("法定期限", "a statutory time limit"),
    Force.TARGET: _t("工作目标", "a working target rather than a statutory limit"),
}
PAUSE = {
    "information-request": _t("补正或问询", "a request for information is open"),
    "consultation": _t("会商", "a consultation is open"),
}
CONSULTATION = {
    ConsultationKind.FILING: _t("备案", "filing for the record"),
    ConsultationKind.OPINION: _t("征求意见", "opinion"),
    ConsultationKind.NO_OBJECTION: _t("无异议函", "no-objection"),
}
DISPATCH = {
    DispatchKind.FILING: _t("备案", "a filing for the record"),
    DispatchKind.REQUEST: _t("请示", "a request for a decision"),
    DispatchKind.PERIODIC: _t("定期报告", "a periodic report"),
    DispatchKind.SPECIAL: _t("专报", "a special report"),
}
RELEASE = {
    "at-once": _t("随即告知", "at once"),
    "together": _t("同批一并公布", "together, as a batch"),
    "by-call": _t(
        "按征集批次的安排，随即告知或同批公布", "at once or as a batch, as the call says"
    ),
}
EFFECT = {
    LegalEffect.SERVICE: _t("服务性行为，不产生行政法律后果", "a service without legal effect"),
    LegalEffect.INSTRUCTION: _t(
        "依试点约定发出的指令", "an instruction within the terms agreed for the pilot"
    ),
    LegalEffect.SUPERVISORY_MEASURE_REFERENCE: _t(
        "对另行作出的监督管理措施的引用", "a reference to a supervisory measure taken elsewhere"
    ),
    LegalEffect.LICENCE_REFERENCE: _t(
        "对另行作出的行政许可的引用", "a reference to a licence granted elsewhere"
    ),
}
ACT: dict[str, Text] = {
    "create": _t("建立申报", "opening an application"),
    "submit": _t("提交申报", "submission"),
    "request_information": _t("通知补正或问询", "a request for information"),
    "answer_information": _t("答复补正或问询", "an answer to a request for information"),
    "advance": _t("转入下一阶段", "moving the case on"),
    "return_to_applicant": _t("退回申报机构", "returning the case to the applicant"),
    "reject": _t("不予通过", "rejection"),
    "withdraw": _t("撤回", "withdrawal"),
    "terminate": _t("终止试点", "termination"),
    "open_round": _t("启动评审", "opening a round of review"),
    "invite_experts": _t("邀请专家", "inviting experts"),
    "declare_conflict": _t("申报利益冲突", "declaring a conflict of interest"),
    "submit_review": _t("提交评审意见", "filing a review"),
    "close_round": _t("结束评审", "closing a round of review"),
    "commission_assessment": _t("委托评估", "commissioning an assessment"),
    "file_assessment": _t("提交评估报告", "filing an assessment"),
    "open_notice": _t("发布公示", "publishing a notice"),
    "extend_notice": _t("延长公示", "extending a notice"),
    "record_comment": _t("登记意见", "recording a comment"),
    "answer_comment": _t("答复意见", "answering a comment"),
    "sign_off": _t("会签", "sign-off"),
    "file_report": _t("提交报告", "filing a report"),
    "begin_evaluation": _t("启动评估", "beginning the evaluation"),
    "judge_promise": _t("核验承诺", "checking a promise"),
    "file_evaluation": _t("提交评估结论", "filing the evaluation"),
    "note_paper": _t("登记纸质材料", "noting a document received on paper"),
    "strike_paper": _t("撤销纸质材料登记", "striking the note of a document on paper"),
    "complete_step": _t("完成评估步骤", "completing a step of the evaluation"),
    "extend": _t("试点延期", "extending the pilot"),
    "close": _t("结案", "closing the case"),
    "consult": _t("提请会商或备案", "opening a consultation"),
    "give_opinion": _t("出具会商意见", "giving an opinion"),
    "enter_opinion": _t("录入来函意见", "entering an opinion from a letter"),
    "grade_risk": _t("评定风险等级", "grading the risk"),
    "record_silence": _t("登记逾期未答复", "recording an authority’s silence"),
    "extend_clock": _t("延长期限", "extending a time limit"),
    "migrate": _t("改用新版制度文本", "moving a case to another version of the rulebook"),
    "invite_partner": _t("邀请参与机构", "inviting a partner"),
    "answer_invitation": _t("答复参与邀请", "an answer to an invitation"),
    "leave_case": _t("退出参与", "a partner’s leaving"),
    "release_partner": _t("解除参与机构", "releasing a partner"),
    "request_signatures": _t("提请参与机构签署", "asking the partners to sign"),
    "sign_application": _t("签署申报", "signing the application"),
    "commit_pool": _t("公布抽取名单指纹", "committing to the pool of a draw"),
    "release_decision": _t("公布决定", "releasing a decision"),
    "take_back_decision": _t("撤回未公布的决定", "taking back a decision not yet released"),
    "file_objection": _t("提出异议", "filing an objection"),
    "decide_objection": _t("作出复核决定", "deciding on an objection"),
    "extend_round": _t("延长评审", "extending a review round"),
    "enter_sheet": _t("录入纸质评审表", "entering a paper score sheet"),
    "uphold_review": _t("复核后维持评审结果", "upholding a review’s result"),
    "call_session": _t("召集答辩或评审会", "calling a session of the panel"),
    "keep_minutes": _t("留存会议纪要", "keeping the minutes of a session"),
    "record_vote": _t("记录评审会表决", "recording the panel’s vote"),
    "answer_sheet": _t("核对代录的评审表", "checking a sheet entered from paper"),
}
FIELD_TYPE = {
    FieldType.MONEY: _t("金额", "amount of money"),
    FieldType.INT: _t("整数", "whole number"),
    FieldType.DECIMAL: _t("小数", "decimal"),
    FieldType.PSEUDONYM: _t("投资者假名", "investor’s pseudonym"),
    FieldType.CODE: _t("代码", "code"),
    FieldType.BOOL: _t("是或否", "yes or no"),
    FieldType.DURATION: _t("时长", "length of time"),
    FieldType.TEXT: _t("文本", "text"),
}
TAKE = {
    Take.COUNT: _t("笔数", "number"),
    Take.SUM: _t("合计", "sum"),
    Take.MIN: _t("最小值", "lowest value"),
    Take.MAX: _t("最大值", "highest value"),
    Take.DISTINCT: _t("去重个数", "number of distinct values"),
    Take.AVG: _t("平均值", "average"),
    Take.QUANTILE: _t("分位数", "quantile"),
    Take.FIRST: _t("首值", "first value"),
    Take.LAST: _t("末值", "last value"),
}
PLAN_TYPE = {
    "int": _t("整数", "a whole number"),
    "money": _t("金额", "an amount of money"),
    "decimal": _t("小数", "a decimal"),
    "duration": _t("时长", "a length of time"),
    "code": _t("代码", "a code"),
    "codes": _t("若干代码", "a set of codes"),
    "date": _t("日期", "a date"),
    "bool": _t("是或否", "yes or no"),
    "permit-mode": _t("凭证模式", "a permit mode"),
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
    "block-new": _t("停止新增业务", "no new business may be taken"),
    "propose order.remind": _t(
        "建议发出提示指令，由经办人员决定",
        "an order to remind is proposed for an officer to decide",
    ),
    "propose order.warn": _t(
        "建议发出警示指令，由经办人员决定", "an order to warn is proposed for an officer to decide"
    ),
    "propose order.restrict": _t(
        "建议发出限制指令，由经办人员决定",
        "an order to restrict business is proposed for an officer to decide",
    ),
    "propose order.suspend": _t(
        "建议发出暂停指令，由经办人员决定",
        "an order to suspend the pilot is proposed for an officer to decide",
    ),
    "propose order.terminate": _t(
        "建议发出终止指令，由经办人员决定",
        "an order to terminate the pilot is proposed for an officer to decide",
    ),
    "start-transition-plan": _t("启动过渡方案", "the transition plan starts"),
    "end-permission": _t("依法终止许可，并予记录", "the permission ends by law, which is recorded"),
}
WINDOW = {
    "since-start": _t("自试点启动以来", "since the pilot started"),
    "month": _t("每一自然月", "in each calendar month"),
    "trading-day": _t("每一交易日", "on each trading day"),
}
NO_DATA = {
    "hold": _t("维持原状", "the state stays as it was"),
    "clear": _t("视为解除", "the alert clears"),
    "fire": _t("视为触发", "the alert is raised"),
}
MEASURED = {
    "continuous": _t("实时计量", "measured continuously"),
    "at-admission": _t("仅在新增时计量", "measured only when something new is admitted"),
    "monthly-average": _t("按月均值计量", "measured as a monthly average"),
}
KEPT = {
    "throughout": _t("运行期间始终", "throughout the run"),
    "at-end": _t("试点期满时", "when the run ends"),
    "by-date": _t("在约定日期", "on the agreed day"),
}
REPORT_KIND = {
    "periodic": _t("定期报告", "a periodic report"),
    "event": _t("事件报告", "an event report"),
    "advance": _t("事前报告", "an advance notice"),
    "final": _t("总结报告", "a final report"),
}
ORDER = {
    "remind": _t("提示", "remind"),
    "warn": _t("警示", "warn"),
    "restrict": _t("限制", "restrict"),
    "suspend": _t("暂停", "suspend"),
    "resume": _t("恢复", "resume"),
    "terminate": _t("终止", "terminate"),
    "loosen": _t("放宽约定", "loosen the agreed plan"),
}
ON_LAPSE = {
    "stays-stopped": _t(
        "试点维持限制或暂停状态，等待决定",
        "the pilot stays restricted or suspended until somebody decides",
    ),
    "reopens": _t("试点按原约定恢复", "the pilot goes on as before"),
}
PERMIT_MODE = {
    "advisory": _t("仅作提醒", "the pilot system is only advised"),
    "no-new-business": _t("停止新增业务", "no new business may be taken"),
    "full-stop": _t("全部停止", "all business stops"),
}
OUTAGE = {
    "keep-last": _t("沿用最近一份凭证", "the last permit stays in force"),
    "no-new-business": _t("停止新增业务", "no new business may be taken"),
}
REGISTER = {
    "parties": _t("参与机构", "the parties"),
    "summary": _t("项目简介", "the summary"),
    "number": _t("试点编号", "the pilot’s number"),
    "dates": _t("起止日期", "its dates"),
    "plan": _t("试点约定", "the agreed plan"),
    "limits": _t("限额", "its limits"),
    "waivers": _t("获准的豁免", "the waivers granted"),
    "conditions": _t("附加条件", "the conditions imposed"),
    "promises": _t("承诺", "its promises"),
    "alerts": _t("监测告警", "alerts"),
    "orders": _t("处置指令", "orders"),
    "incidents": _t("风险事件", "incidents"),
    "evaluation": _t("评估结论", "the evaluation"),
    "outcome": _t("结果", "the outcome"),
}
REFUSALS = {
    "none": _t("不予公开", "not published"),
    "anonymised": _t("隐去名称后公开", "published without names"),
    "named": _t("连同名称公开", "published with names"),
}
EXIT_REPORT = {
    "none": _t("不予公开", "not published"),
    "by-agreement": _t("经机构同意后公开", "published where the institution agrees"),
    "always": _t("予以公开", "published"),
}
COMMENTER = {
    "anonymous": _t("任何人可以匿名提出意见", "anyone may comment, without giving a name"),
    "named": _t("提出意见须署名", "those who comment give their name"),
    "verified": _t("提出意见须经身份核验", "those who comment have their identity verified"),
}
ANSWERS = {
    "each": _t("逐条公开答复", "each comment is answered in public"),
    "summary": _t("汇总公开答复", "comments are answered in public in a summary"),
}
INCIDENT_STEP = {
    "initial": _t("首次报告", "the first report"),
    "update": _t("续报", "an update"),
    "closing": _t("结案报告", "the closing report"),
}
INCIDENT_START = {
    "known": _t("知悉事件", "it learned of the incident"),
    "reported": _t("首次报告", "the first report"),
    "over": _t("处置完毕", "the incident was over"),
}
TOLERANCE_FACT = {
    "made-good": _t("投资者损失的弥补", "that investors’ losses were made good"),
    "market": _t("对市场的影响", "the effect on the market"),
    "cause": _t("原因", "the cause"),
}
