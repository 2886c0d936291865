"""The words for duties: who owes one, and what it is, in both languages."""

from __future__ import annotations

from shidian.core.rulebook.model import Text


def _t(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


PARTY: dict[str, Text] = {
    "applicant": _t("申报机构", "Applicant and partners"),
    "officer": _t("经办人员", "Case officer"),
    "signing-officer": _t("签批人员", "Signing officer"),
    "expert": _t("评审专家", "Expert"),
    "assessor": _t("评估机构", "Assessor"),
}
"""Who owes a stage’s duty: the part before the dot."""

DUTY: dict[str, Text] = {
    "prepare": _t("编制申报材料", "Prepare the application"),
    "submit": _t("提交申报材料", "Submit the application"),
    "correct": _t("补正材料", "Correct the application"),
    "answer": _t("答复补正或问询", "Answer requests for information"),
    "notify": _t("提交备案通知", "File the notification"),
    "accept": _t("接受试点条件", "Accept the conditions"),
    "check-completeness": _t("核查材料是否齐备", "Check that the application is complete"),
    "check-eligibility": _t("核查申报资格", "Check eligibility"),
    "request-information": _t("通知补正或问询", "Ask for what is missing"),
    "recommend": _t("提出办理意见", "Recommend what to do"),
    "assign": _t("分派办理", "Assign the case"),
    "assess": _t("开展评估", "Assess the application"),
    "consult": _t("提请会商或备案", "Consult other authorities"),
    "grade": _t("评定风险等级", "Grade the risk"),
    "invite-experts": _t("邀请专家", "Invite experts"),
    "declare-conflict": _t("申报利益冲突", "Declare conflicts of interest"),
    "score": _t("按标准评分并说明理由", "Score by the criteria, with reasons"),
    "file-assessment": _t("提交评估报告", "File the assessment"),
    "open-notice": _t("发布公示", "Publish the notice"),
    "answer-comments": _t("答复公众意见", "Answer comments from the public"),
    "sign-off": _t("会签", "Sign off"),
    "decide": _t("作出决定", "Decide"),
    "publish": _t("公布决定", "Publish the decision"),
    "report": _t("按期报告运行情况", "Report on the pilot as due"),
    "run": _t("按约定运行试点", "Run the pilot as agreed"),
    "supervise": _t("监督试点运行", "Supervise the pilot"),
    "monitor": _t("监测试点运行", "Monitor the pilot"),
    "agree-parameters": _t("商定试点参数", "Agree the parameters of the test"),
    "check-criteria": _t("对照标准自查", "Check the project against the criteria"),
    "judge-criteria": _t("对照标准作出判断", "Judge the project by the criteria"),
    "examine-notice": _t("审查备案通知", "Examine the notification"),
    "review": _t("开展审查", "Review the case"),
    "review-exit": _t("审查退出安排", "Review the exit"),
    "review-final-report": _t("审查总结报告", "Review the final report"),
    "confirm-transition": _t("确认过渡安排", "Confirm the transition"),
    "self-test": _t("开展自测自评", "Test and evaluate the pilot"),
    "evaluate": _t("开展评估", "Evaluate the pilot"),
    "audit": _t("开展审计", "Audit the pilot"),
    "argue": _t("参加专家论证", "Take part in the experts’ argument"),
    "confirm": _t("确认评估结果", "Confirm the result of the evaluation"),
    "exit": _t("实施退出方案", "Carry out the exit plan"),
}
"""What the duty is: the part after the dot. Others are read from their id."""


def duty(duty_id: str) -> tuple[str, Text]:
    """`officer.check-completeness` → (`officer`, what to do)."""
    party, _, task = duty_id.partition(".")
    task = task or party
    return party, DUTY.get(task) or _t(task.replace("-", " "), task.replace("-", " ").capitalize())


def party(party_id: str) -> Text:
    """Who that is."""
    return PARTY.get(party_id) or _t(party_id, party_id.replace("-", " ").capitalize())
