"""Words for what happened to a case, as the public reads them."""

from __future__ import annotations

from shidian.core.procedure.types import ActorKind, EventKind
from shidian.core.rulebook.model import Text


def _t(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


EVENT: dict[str, Text] = {
    EventKind.STAGE_ENTERED: _t("进入本阶段", "Entered this stage"),
    EventKind.NOTICE_OPENED: _t("发布公示", "Public notice opened"),
    EventKind.NOTICE_EXTENDED: _t("公示延长", "Public notice extended"),
    EventKind.NOTICE_CLOSED: _t("公示结束", "Public notice closed"),
    EventKind.COMMENT_ANSWERED: _t("公开答复一条意见", "A comment was answered in public"),
    EventKind.CASE_ADMITTED: _t(
        "会签同意，准予试点", "Admitted with the consent of all authorities"
    ),
    EventKind.PILOT_STARTED: _t("试点启动", "The pilot started"),
    EventKind.PILOT_EXTENDED: _t("试点延期", "The pilot was extended"),
    EventKind.CASE_CLOSED: _t("结案", "The case was closed"),
    EventKind.OBJECTION_DECIDED: _t(
        "对异议作出复核决定", "An objection to the decision was decided"
    ),
}
"""Kinds that are not here do not appear in public, whatever they are marked."""

ACTOR: dict[str, Text] = {
    ActorKind.APPLICANT: _t("申报机构", "the applicant"),
    ActorKind.PARTNER: _t("参与机构", "a partner institution"),
    ActorKind.OFFICER: _t("专项工作组", "the working group"),
    ActorKind.SIGNING_OFFICER: _t("专项工作组", "the working group"),
    ActorKind.EXPERT: _t("专家组", "the expert panel"),
    ActorKind.ASSESSOR: _t("评估机构", "the assessor"),
    ActorKind.PUBLIC: _t("公众", "the public"),
    ActorKind.SYSTEM: _t("系统按制度文本自动办理", "the system, by the rulebook"),
}

IN_ITS_TERM = "in-term"
PILOT_STATE: dict[str, Text] = {
    IN_ITS_TERM: _t("试点期内", "Within its term"),
    "pending": _t("尚不能执行", "Not executable yet"),
    "running": _t("运行中", "Running"),
    "suspended": _t("已暂停", "Suspended"),
    "terminated": _t("已终止，正在了结存量业务", "Terminated, running off"),
    "closed": _t("已结束", "Closed"),
}

FILED = _t("申报", "Filed")
COMPLAINTS_RECEIVED = _t("收到投诉", "Complaints received")
COMPLAINTS_CLOSED = _t("其中已办结", "of them closed")
