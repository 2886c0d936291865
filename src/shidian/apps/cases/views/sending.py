"""From a verb to the domain function that does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shidian.apps.cases.domain import applying, deciding, reporting, stepping
from shidian.core.procedure.types import Verb

if TYPE_CHECKING:
    from collections.abc import Callable


def _withdraw(*, outcome: str | None = None, **rest: Any) -> object:
    """The form names the outcome; the rulebook's own for a withdrawal is taken."""
    del outcome
    return applying.withdraw_case(**rest)


SENDERS: dict[Verb, Callable[..., Any]] = {
    Verb.REQUEST_INFORMATION: deciding.request_information,
    Verb.ANSWER_INFORMATION: applying.answer_information,
    Verb.ADVANCE: deciding.advance_case,
    Verb.RETURN_TO_APPLICANT: deciding.return_to_applicant,
    Verb.REJECT: deciding.reject_case,
    Verb.WITHDRAW: _withdraw,
    Verb.TERMINATE: deciding.terminate_case,
    Verb.SIGN_OFF: deciding.sign_off,
    Verb.FILE_REPORT: reporting.file_report,
    Verb.BEGIN_EVALUATION: deciding.begin_evaluation,
    Verb.JUDGE_PROMISE: deciding.judge_promise,
    Verb.FILE_EVALUATION: deciding.file_evaluation,
    Verb.COMPLETE_STEP: stepping.complete_step,
    Verb.EXTEND: deciding.extend_pilot,
    Verb.CLOSE: deciding.close_case,
}
"""All take `case`, `by`, `expected_seq` and the form's payload, keyword-only."""
