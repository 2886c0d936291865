"""The table of verbs: who may do what, in stages of which kind, and the label of its button."""

from __future__ import annotations

from shidian.core.procedure.types import ActorKind, LegalEffect, Verb, VerbSpec
from shidian.core.rulebook.model import StageKind, Text

_APPLICANT = (ActorKind.APPLICANT,)
_OFFICER = (ActorKind.OFFICER,)
_DECIDING = (ActorKind.OFFICER, ActorKind.SIGNING_OFFICER)
_EXPERT = (ActorKind.EXPERT,)
_PARTNER = (ActorKind.PARTNER,)

_BEFORE_THE_RUN = (
    StageKind.SCREENING,
    StageKind.REVIEW,
    StageKind.ASSESSMENT,
    StageKind.NOTICE,
    StageKind.ADMISSION,
)
_CLOSED = (StageKind.CLOSED,)
_RUN = (StageKind.RUNNING, StageKind.EVALUATION)
_ASKING = (
    StageKind.SCREENING,
    StageKind.REVIEW,
    StageKind.ASSESSMENT,
    StageKind.EVALUATION,
)
_OPEN = (StageKind.DRAFT, *_BEFORE_THE_RUN, *_RUN)


def _text(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


VERBS: dict[Verb, VerbSpec] = {
    Verb.CREATE: VerbSpec(_text("新建申报", "Start an application"), _APPLICANT, ()),
    Verb.SUBMIT: VerbSpec(_text("提交申报", "Submit application"), _APPLICANT, (StageKind.DRAFT,)),
    Verb.REQUEST_INFORMATION: VerbSpec(_text("要求补正", "Request information"), _OFFICER, _ASKING),
    Verb.ANSWER_INFORMATION: VerbSpec(_text("答复补正", "Answer request"), _APPLICANT, _ASKING),
    Verb.ADVANCE: VerbSpec(
        _text("转入下一阶段", "Move to next stage"),
        _DECIDING,
        (*_BEFORE_THE_RUN, StageKind.RUNNING),
    ),
    Verb.RETURN_TO_APPLICANT: VerbSpec(
        _text("退回修改", "Return to applicant"), _OFFICER, _BEFORE_THE_RUN
    ),
    Verb.REJECT: VerbSpec(_text("不予入选", "Reject"), _DECIDING, _BEFORE_THE_RUN),
    Verb.WITHDRAW: VerbSpec(_text("主动退出", "Withdraw"), _APPLICANT, _OPEN),
    Verb.TERMINATE: VerbSpec(
        _text("强制退出", "Terminate"), _DECIDING, _RUN, LegalEffect.INSTRUCTION
    ),
    Verb.OPEN_ROUND: VerbSpec(
        _text("开启评审", "Open review round"), _OFFICER, (StageKind.REVIEW,)
    ),
    Verb.INVITE_EXPERTS: VerbSpec(
        _text("增邀专家", "Invite more experts"), _OFFICER, (StageKind.REVIEW,)
    ),
    Verb.DECLARE_CONFLICT: VerbSpec(
        _text("声明利益关系", "Declare interests"), _EXPERT, (*_OPEN, StageKind.CLOSED)
    ),
    Verb.SUBMIT_REVIEW: VerbSpec(
        _text("提交评审意见", "Submit review"), _EXPERT, (StageKind.REVIEW,)
    ),
    Verb.CLOSE_ROUND: VerbSpec(
        _text("结束评审", "Close review round"), _OFFICER, (StageKind.REVIEW,)
    ),
    Verb.EXTEND_ROUND: VerbSpec(
        _text("延长评审", "Extend review round"), _OFFICER, (StageKind.REVIEW,)
    ),
    Verb.ENTER_SHEET: VerbSpec(
        _text("录入纸质评审表", "Enter a paper sheet"), _OFFICER, (StageKind.REVIEW,)
    ),
    Verb.UPHOLD_REVIEW: VerbSpec(
        _text("复核后维持评审结果", "Uphold the review"), _OFFICER, (*_BEFORE_THE_RUN, *_RUN)
    ),
    Verb.COMMISSION_ASSESSMENT: VerbSpec(
        _text("委托评估", "Commission assessment"), _OFFICER, (StageKind.ASSESSMENT,)
    ),
    Verb.FILE_ASSESSMENT: VerbSpec(
        _text("提交评估报告", "File assessment"),
        (ActorKind.ASSESSOR, ActorKind.OFFICER),
        (StageKind.ASSESSMENT,),
    ),
    Verb.OPEN_NOTICE: VerbSpec(_text("发布公示", "Publish notice"), _OFFICER, (StageKind.NOTICE,)),
    Verb.EXTEND_NOTICE: VerbSpec(
        _text("延长公示", "Extend the notice"), _OFFICER, (StageKind.NOTICE,)
    ),
    Verb.RECORD_COMMENT: VerbSpec(
        _text("提交意见", "Send comment"),
        (ActorKind.PUBLIC, ActorKind.OFFICER),
        (StageKind.NOTICE,),
    ),
    Verb.ANSWER_COMMENT: VerbSpec(
        _text("答复意见", "Answer comment"), _OFFICER, (StageKind.NOTICE,)
    ),
    Verb.SIGN_OFF: VerbSpec(
        _text("会签", "Sign off"),
        (ActorKind.SIGNING_OFFICER,),
        (*_BEFORE_THE_RUN, *_RUN),
    ),
    Verb.FILE_REPORT: VerbSpec(_text("提交报告", "File report"), _APPLICANT, _RUN),
    Verb.BEGIN_EVALUATION: VerbSpec(
        _text("启动评估", "Begin evaluation"),
        (ActorKind.APPLICANT, ActorKind.OFFICER),
        (StageKind.RUNNING,),
    ),
    Verb.JUDGE_PROMISE: VerbSpec(
        _text("评定承诺", "Judge promise"),
        (ActorKind.OFFICER, ActorKind.ASSESSOR),
        (StageKind.EVALUATION,),
    ),
    Verb.FILE_EVALUATION: VerbSpec(
        _text("填写评估结论", "File evaluation"),
        (ActorKind.OFFICER, ActorKind.ASSESSOR),
        (StageKind.EVALUATION,),
    ),
    Verb.COMPLETE_STEP: VerbSpec(
        _text("完成评估步骤", "Complete a step"),
        (
            ActorKind.APPLICANT,
            ActorKind.OFFICER,
            ActorKind.SIGNING_OFFICER,
            ActorKind.ASSESSOR,
        ),
        (StageKind.EVALUATION,),
    ),
    Verb.NOTE_PAPER: VerbSpec(_text("登记纸质材料", "Note a document on paper"), _OFFICER, _OPEN),
    Verb.STRIKE_PAPER: VerbSpec(
        _text("撤销纸质材料登记", "Strike a note of paper"), _OFFICER, _OPEN
    ),
    Verb.EXTEND: VerbSpec(_text("延期", "Extend pilot"), _DECIDING, (StageKind.EVALUATION,)),
    Verb.CLOSE: VerbSpec(_text("结案", "Close case"), _DECIDING, _RUN),
    Verb.CONSULT: VerbSpec(_text("征求意见", "Consult"), _OFFICER, (*_BEFORE_THE_RUN, *_RUN)),
    Verb.GIVE_OPINION: VerbSpec(
        _text("反馈意见", "Give opinion"), _OFFICER, (*_BEFORE_THE_RUN, *_RUN)
    ),
    Verb.ENTER_OPINION: VerbSpec(
        _text("录入来函意见", "Enter an opinion from a letter"),
        _OFFICER,
        (*_BEFORE_THE_RUN, *_RUN),
    ),
    Verb.GRADE_RISK: VerbSpec(_text("风险分级", "Grade risk"), _OFFICER, _BEFORE_THE_RUN),
    Verb.RECORD_SILENCE: VerbSpec(
        _text("记录逾期未答", "Record silence"),
        (ActorKind.SYSTEM, ActorKind.OFFICER, ActorKind.APPLICANT),
        _BEFORE_THE_RUN,
    ),
    Verb.EXTEND_CLOCK: VerbSpec(
        _text("延长期限", "Extend deadline"), _OFFICER, (*_BEFORE_THE_RUN, *_RUN)
    ),
    Verb.MIGRATE: VerbSpec(_text("改用新版制度", "Move to another version"), _DECIDING, _OPEN),
    Verb.INVITE_PARTNER: VerbSpec(_text("邀请参与机构", "Invite a partner"), _APPLICANT, _OPEN),
    Verb.ANSWER_INVITATION: VerbSpec(
        _text("答复参与邀请", "Answer the invitation"), _PARTNER, _OPEN
    ),
    Verb.LEAVE_CASE: VerbSpec(_text("退出参与", "Leave the case"), _PARTNER, _OPEN),
    Verb.RELEASE_PARTNER: VerbSpec(_text("解除参与机构", "Release a partner"), _APPLICANT, _OPEN),
    Verb.REQUEST_SIGNATURES: VerbSpec(
        _text("提请参与机构签署", "Ask the partners to sign"), _APPLICANT, (StageKind.DRAFT,)
    ),
    Verb.SIGN_APPLICATION: VerbSpec(_text("签署申报", "Sign the application"), _PARTNER, _OPEN),
    Verb.COMMIT_POOL: VerbSpec(
        _text("固定抽签名单", "Fix the pool for a draw"), _OFFICER, (StageKind.REVIEW,)
    ),
    Verb.RELEASE_DECISION: VerbSpec(
        _text("公布决定", "Release the decision"), _DECIDING, _BEFORE_THE_RUN
    ),
    Verb.TAKE_BACK_DECISION: VerbSpec(
        _text("撤回未公布的决定", "Take back the decision"), _DECIDING, _BEFORE_THE_RUN
    ),
    Verb.FILE_OBJECTION: VerbSpec(_text("提出异议", "Object"), _APPLICANT, _CLOSED),
    Verb.DECIDE_OBJECTION: VerbSpec(
        _text("作出复核决定", "Decide the objection"), _DECIDING, _CLOSED
    ),
    Verb.CALL_SESSION: VerbSpec(
        _text("召集答辩或评审会", "Call a session"), _OFFICER, (StageKind.REVIEW,)
    ),
    Verb.KEEP_MINUTES: VerbSpec(_text("留存纪要", "Keep minutes"), _OFFICER, _BEFORE_THE_RUN),
    Verb.RECORD_VOTE: VerbSpec(
        _text("记录评审会表决", "Record the panel's vote"), _OFFICER, (StageKind.REVIEW,)
    ),
    Verb.ANSWER_SHEET: VerbSpec(
        _text("核对代录的评审表", "Check the sheet entered for you"), _EXPERT, _BEFORE_THE_RUN
    ),
}
"""`close` from a running stage only where the rulebook has no evaluation stage to go to;
`file_assessment` by an officer only where the stage says `by: authority`."""

WHILE_HELD = frozenset(
    {
        Verb.RELEASE_DECISION,
        Verb.TAKE_BACK_DECISION,
        Verb.WITHDRAW,
        Verb.DECLARE_CONFLICT,
        Verb.UPHOLD_REVIEW,
        Verb.KEEP_MINUTES,
        Verb.ANSWER_SHEET,
        Verb.INVITE_PARTNER,
        Verb.ANSWER_INVITATION,
        Verb.LEAVE_CASE,
        Verb.RELEASE_PARTNER,
        Verb.SIGN_APPLICATION,
    }
)
"""What can be done while a decision is kept and not yet released."""

DATA_KEYS: dict[Verb, frozenset[str]] = {
    Verb.CREATE: frozenset({"case", "institution", "call"}),
    Verb.SUBMIT: frozenset(
        {
            "version",
            "sha256",
            "sections",
            "missing",
            "promises",
            "partners",
            "plan",
            "waivers",
            "facts",
        }
    ),
    Verb.REQUEST_INFORMATION: frozenset({"question", "about", "due_working_days"}),
    Verb.ANSWER_INFORMATION: frozenset(
        {"request", "answer", "version", "sha256", "sections", "facts"}
    ),
    Verb.ADVANCE: frozenset(
        {"to", "reason", "findings", "thresholds", "uscc", "lei", "seq", "hold"}
    ),
    Verb.RETURN_TO_APPLICANT: frozenset({"to", "reason"}),
    Verb.REJECT: frozenset({"reason", "outcome", "hold"}),
    Verb.WITHDRAW: frozenset({"reason", "outcome"}),
    Verb.TERMINATE: frozenset({"reason", "outcome"}),
    Verb.COMMIT_POOL: frozenset({"sha256", "size", "seats", "seed_source", "known_from", "reason"}),
    Verb.OPEN_ROUND: frozenset({"experts", "starts", "ends", "reason", "disciplines", "draw"}),
    Verb.INVITE_EXPERTS: frozenset({"experts", "disciplines"}),
    Verb.DECLARE_CONFLICT: frozenset({"conflict", "reason"}),
    Verb.SUBMIT_REVIEW: frozenset({"scores", "reasons"}),
    Verb.CLOSE_ROUND: frozenset(),
    Verb.EXTEND_ROUND: frozenset({"ends", "reason"}),
    Verb.ENTER_SHEET: frozenset({"expert", "scores", "reasons", "sha256", "declared"}),
    Verb.UPHOLD_REVIEW: frozenset({"reason"}),
    Verb.COMMISSION_ASSESSMENT: frozenset({"body"}),
    Verb.FILE_ASSESSMENT: frozenset({"findings"}),
    Verb.OPEN_NOTICE: frozenset({"sha256", "version", "reason"}),
    Verb.EXTEND_NOTICE: frozenset({"until", "reason"}),
    Verb.RECORD_COMMENT: frozenset({"comment", "sha256", "sent"}),
    Verb.ANSWER_COMMENT: frozenset({"comment", "sha256"}),
    Verb.SIGN_OFF: frozenset(
        {
            "authority",
            "consent",
            "reason",
            "thresholds",
            "conditions",
            "uscc",
            "lei",
            "seq",
            "hold",
        }
    ),
    Verb.FILE_REPORT: frozenset({"report", "sha256"}),
    Verb.BEGIN_EVALUATION: frozenset({"reason", "thresholds"}),
    Verb.JUDGE_PROMISE: frozenset({"promise", "judgement", "evidence"}),
    Verb.FILE_EVALUATION: frozenset({"dimensions"}),
    Verb.COMPLETE_STEP: frozenset({"step", "text", "on", "sha256"}),
    Verb.NOTE_PAPER: frozenset({"material", "received", "handed_by", "kept_at", "sha256"}),
    Verb.STRIKE_PAPER: frozenset({"material", "reason"}),
    Verb.EXTEND: frozenset({"reason", "until", "thresholds"}),
    Verb.CLOSE: frozenset({"outcome", "reason"}),
    Verb.CONSULT: frozenset({"consultation", "sha256", "reason"}),
    Verb.GIVE_OPINION: frozenset({"consultation", "position", "text"}),
    Verb.ENTER_OPINION: frozenset(
        {"consultation", "position", "text", "sha256", "dated", "number"}
    ),
    Verb.GRADE_RISK: frozenset({"tier", "reason", "factors"}),
    Verb.RECORD_SILENCE: frozenset({"clock", "uscc", "lei", "seq"}),
    Verb.EXTEND_CLOCK: frozenset({"clock", "reason"}),
    Verb.MIGRATE: frozenset(
        {"from_digest", "to_digest", "version", "reason", "authority", "consent"}
    ),
    Verb.INVITE_PARTNER: frozenset({"institution", "kind", "task", "replaces"}),
    Verb.ANSWER_INVITATION: frozenset({"join", "reason"}),
    Verb.LEAVE_CASE: frozenset({"reason"}),
    Verb.RELEASE_PARTNER: frozenset({"institution", "reason"}),
    Verb.REQUEST_SIGNATURES: frozenset({"sha256", "missing"}),
    Verb.SIGN_APPLICATION: frozenset({"sha256"}),
    Verb.RELEASE_DECISION: frozenset({"batch", "uscc", "lei", "seq"}),
    Verb.TAKE_BACK_DECISION: frozenset({"reason"}),
    Verb.FILE_OBJECTION: frozenset({"grounds"}),
    Verb.DECIDE_OBJECTION: frozenset({"outcome", "reason"}),
    Verb.CALL_SESSION: frozenset({"session", "kind", "on", "sha256", "reason", "off"}),
    Verb.KEEP_MINUTES: frozenset({"session", "version", "sha256", "present", "reason"}),
    Verb.RECORD_VOTE: frozenset({"session", "chair", "ballots", "reason"}),
    Verb.ANSWER_SHEET: frozenset({"confirm", "reason"}),
}
"""What an act's data may hold; the docstring of `Verb` says what each key means."""
