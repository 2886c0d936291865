"""One handler per verb: takes the situation, returns the events or refuses. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.handlers import (
    application,
    assessment,
    consultation,
    deadlines,
    decision,
    late_conflict,
    lots,
    migrating,
    notice,
    objections,
    partners,
    releasing,
    review,
    run,
)
from shidian.core.procedure.types import Verb

if TYPE_CHECKING:
    from shidian.core.procedure.situation import Handler

HANDLERS: dict[Verb, Handler] = {
    Verb.CREATE: application.create,
    Verb.SUBMIT: application.submit,
    Verb.REQUEST_INFORMATION: application.request_information,
    Verb.ANSWER_INFORMATION: application.answer_information,
    Verb.WITHDRAW: decision.withdraw,
    Verb.ADVANCE: decision.advance,
    Verb.RETURN_TO_APPLICANT: decision.return_to_applicant,
    Verb.REJECT: decision.reject,
    Verb.TERMINATE: decision.terminate,
    Verb.SIGN_OFF: decision.sign_off,
    Verb.OPEN_ROUND: review.open_round,
    Verb.INVITE_EXPERTS: review.invite_experts,
    Verb.DECLARE_CONFLICT: late_conflict.declare_conflict,
    Verb.SUBMIT_REVIEW: review.submit_review,
    Verb.CLOSE_ROUND: review.close_round,
    Verb.EXTEND_ROUND: review.extend_round,
    Verb.ENTER_SHEET: review.enter_sheet,
    Verb.UPHOLD_REVIEW: late_conflict.uphold_review,
    Verb.COMMISSION_ASSESSMENT: assessment.commission_assessment,
    Verb.FILE_ASSESSMENT: assessment.file_assessment,
    Verb.OPEN_NOTICE: notice.open_notice,
    Verb.EXTEND_NOTICE: notice.extend_notice,
    Verb.RECORD_COMMENT: notice.record_comment,
    Verb.ANSWER_COMMENT: notice.answer_comment,
    Verb.FILE_REPORT: run.file_report,
    Verb.BEGIN_EVALUATION: run.begin_evaluation,
    Verb.JUDGE_PROMISE: run.judge_promise,
    Verb.FILE_EVALUATION: run.file_evaluation,
    Verb.EXTEND: run.extend,
    Verb.CLOSE: run.close,
    Verb.CONSULT: consultation.consult,
    Verb.GIVE_OPINION: consultation.give_opinion,
    Verb.GRADE_RISK: deadlines.grade_risk,
    Verb.RECORD_SILENCE: deadlines.record_silence,
    Verb.EXTEND_CLOCK: deadlines.extend_clock,
    Verb.MIGRATE: migrating.migrate,
    Verb.INVITE_PARTNER: partners.invite_partner,
    Verb.ANSWER_INVITATION: partners.answer_invitation,
    Verb.LEAVE_CASE: partners.leave_case,
    Verb.RELEASE_PARTNER: partners.release_partner,
    Verb.REQUEST_SIGNATURES: partners.request_signatures,
    Verb.SIGN_APPLICATION: partners.sign_application,
    Verb.COMMIT_POOL: lots.commit_pool,
    Verb.RELEASE_DECISION: releasing.release_decision,
    Verb.TAKE_BACK_DECISION: releasing.take_back_decision,
    Verb.FILE_OBJECTION: objections.file_objection,
    Verb.DECIDE_OBJECTION: objections.decide_objection,
}
