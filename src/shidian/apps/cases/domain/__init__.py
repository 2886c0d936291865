"""The verbs on cases: the only writers."""

from shidian.apps.cases.domain.applying import (
    answer_information,
    attach_file,
    is_editable,
    save_section,
    submit_case,
    withdraw_case,
)
from shidian.apps.cases.domain.consulting import (
    consult,
    enter_opinion,
    extend_clock,
    give_opinion,
    grade_risk,
    record_silence,
)
from shidian.apps.cases.domain.deciding import (
    advance_case,
    begin_evaluation,
    close_case,
    do,
    extend_pilot,
    file_evaluation,
    judge_promise,
    reject_case,
    request_information,
    return_to_applicant,
    sign_off,
    terminate_case,
    uphold_review,
)
from shidian.apps.cases.domain.desk import (
    assign_cases,
    forget_view,
    publish_deadlines,
    revoke_deadlines,
    save_view,
    write_note,
)
from shidian.apps.cases.domain.materials import hand_in_material
from shidian.apps.cases.domain.migrating import (
    preview_migration,
    propose_migration,
    sign_migration,
)
from shidian.apps.cases.domain.objecting import decide_objection, file_objection
from shidian.apps.cases.domain.papers import note_paper, strike_paper
from shidian.apps.cases.domain.partners import (
    answer_invitation,
    ever_asked,
    institution_named,
    invite_partner,
    leave_case,
    release_partner,
    request_signatures,
    sign_application,
)
from shidian.apps.cases.domain.perform import Performed, perform_act
from shidian.apps.cases.domain.releasing import release_batch, take_back_decision
from shidian.apps.cases.domain.reporting import file_report
from shidian.apps.cases.domain.schemes import (
    found_scheme,
    next_call_number,
    open_call,
    publish_rulebook,
)
from shidian.apps.cases.domain.silence import record_due_silences
from shidian.apps.cases.domain.starting import create_case
from shidian.apps.cases.domain.stepping import complete_step

__all__ = [
    "Performed",
    "advance_case",
    "answer_information",
    "answer_invitation",
    "assign_cases",
    "attach_file",
    "begin_evaluation",
    "close_case",
    "complete_step",
    "consult",
    "create_case",
    "decide_objection",
    "do",
    "enter_opinion",
    "ever_asked",
    "extend_clock",
    "extend_pilot",
    "file_evaluation",
    "file_objection",
    "file_report",
    "forget_view",
    "found_scheme",
    "give_opinion",
    "grade_risk",
    "hand_in_material",
    "institution_named",
    "invite_partner",
    "is_editable",
    "judge_promise",
    "leave_case",
    "next_call_number",
    "note_paper",
    "open_call",
    "perform_act",
    "preview_migration",
    "propose_migration",
    "publish_deadlines",
    "publish_rulebook",
    "record_due_silences",
    "record_silence",
    "reject_case",
    "release_batch",
    "release_partner",
    "request_information",
    "request_signatures",
    "return_to_applicant",
    "revoke_deadlines",
    "save_section",
    "save_view",
    "sign_application",
    "sign_migration",
    "sign_off",
    "strike_paper",
    "submit_case",
    "take_back_decision",
    "terminate_case",
    "uphold_review",
    "withdraw_case",
    "write_note",
]
