"""What the analysis calls things, in both languages."""

from __future__ import annotations

from shidian.core.rulebook.model import AuthorityRole, StageKind, Text


def say(zh: str, en: str) -> Text:
    """One text in the two languages."""
    return Text(zh=zh, en=en)


STAGE = say("阶段", "stage")
CLOCK = say("时限", "clock")
AUTHORITY = say("主管部门", "authority")
INDICATOR = say("指标", "indicator")
PARAMETER = say("试点参数", "plan parameter")
SECTION = say("申报栏目", "section")
KIND = say("机构类别", "institution kind")
SOURCE = say("来源", "source")
STREAM = say("数据流", "stream")
OUTCOME = say("结案结果", "outcome")
GRADE = say("事件等级", "grade of incident")
REPORT = say("报告义务", "report")
CONSULTATION = say("会商事项", "consultation")

KINDS = {
    StageKind.DRAFT: say("草拟", "draft"),
    StageKind.SCREENING: say("初审", "screening"),
    StageKind.REVIEW: say("评审", "review"),
    StageKind.ASSESSMENT: say("评估", "assessment"),
    StageKind.NOTICE: say("公示", "notice"),
    StageKind.ADMISSION: say("准入", "admission"),
    StageKind.RUNNING: say("运行", "running"),
    StageKind.EVALUATION: say("试点评估", "evaluation"),
    StageKind.CLOSED: say("结案", "closed"),
}

ROLES = {
    AuthorityRole.LEAD: say("牵头部门", "lead"),
    AuthorityRole.MEMBER: say("成员部门", "member"),
    AuthorityRole.GUIDE: say("指导部门", "guide"),
    AuthorityRole.NATIONAL: say("国家层面", "national"),
    AuthorityRole.CONSULTED: say("会商部门", "consulted"),
}
