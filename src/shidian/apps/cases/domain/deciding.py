"""What officers do with a case, from screening to closing. Every verb returns what it has done.

All are keyword-only, take `by: Person`, `at` (default now; not before the case's last event) and
`expected_seq` (the newest event on the page the person saw; refused with OvertakenError if another
came meanwhile). All raise ForbiddenError, and DomainError with the procedure's refusal.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils import timezone

from shidian.apps.cases.actors import actor_for
from shidian.apps.cases.domain.perform import Performed, perform_act, supplies
from shidian.apps.cases.models import Case, Scheme
from shidian.core.procedure.silence import silence_routes
from shidian.core.procedure.types import Act, Json, Verb
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from shidian.apps.accounts.models import Person

    Thresholds = Mapping[str, Mapping[str, Json]]


def do(
    verb: Verb,
    case: Case,
    data: Mapping[str, Json],
    *,
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Any act of the procedure by a signed-in person, with the data that `Verb` documents.

    The named verbs below are this with their data spelt out; prefer them.
    """
    actor = actor_for(by, case, verb)
    act = Act(verb, actor, at or timezone.now(), {k: v for k, v in data.items() if v is not None})
    return perform_act(case, act, by=by, expected_seq=expected_seq)


def request_information(
    *,
    case: Case,
    question: str,
    by: Person,
    about: Sequence[str] = (),
    due_working_days: int | None = None,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Ask the applicant; stops the clocks that pause on it. Event: request.opened.

    `about`: ids of the sections and documents that are wanting; statistics count them.
    """
    data: dict[str, Json] = {
        "question": question,
        "about": list(about) or None,
        "due_working_days": due_working_days,
    }
    return do(Verb.REQUEST_INFORMATION, case, data, by=by, at=at, expected_seq=expected_seq)


def advance_case(
    *,
    case: Case,
    reason: str,
    by: Person,
    to: str | None = None,
    findings: Mapping[str, Mapping[str, Json]] | None = None,
    thresholds: Thresholds | None = None,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Move on to the next stage, or to stage `to`. Forwards the stage's work must be done.

    `findings`: {criterion: {met, reason}} on leaving a screening; `thresholds`: {threshold: {met,
    reason}} of the stage entered, as far as an officer has to find them met.
    Events: checklist.filed, stage.entered, and what the stage left and the stage entered bring
    with them.
    """
    data: dict[str, Json] = {
        "to": to,
        "reason": reason,
        "findings": findings,
        "thresholds": thresholds or None,
    }
    return do(Verb.ADVANCE, case, data, by=by, at=at, expected_seq=expected_seq)


def return_to_applicant(
    *,
    case: Case,
    reason: str,
    by: Person,
    to: str | None = None,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Send the case back to its draft, to be mended and submitted again. Event: stage.entered."""
    data: dict[str, Json] = {"to": to, "reason": reason}
    return do(Verb.RETURN_TO_APPLICANT, case, data, by=by, at=at, expected_seq=expected_seq)


def reject_case(
    *,
    case: Case,
    reason: str,
    by: Person,
    outcome: str | None = None,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """End an application before a pilot. Events: stage.entered, case.closed."""
    data: dict[str, Json] = {"reason": reason, "outcome": outcome}
    return do(Verb.REJECT, case, data, by=by, at=at, expected_seq=expected_seq)


def terminate_case(
    *,
    case: Case,
    reason: str,
    by: Person,
    outcome: str | None = None,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """End a running pilot by decision of the authorities. Events: stage.entered, case.closed."""
    data: dict[str, Json] = {"reason": reason, "outcome": outcome}
    return do(Verb.TERMINATE, case, data, by=by, at=at, expected_seq=expected_seq)


def sign_off(
    *,
    case: Case,
    consent: bool,
    by: Person,
    reason: str = "",
    thresholds: Thresholds | None = None,
    conditions: Sequence[str] = (),
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Give or refuse the consent of the authority for which `by` signs. A refusal needs a reason.

    `conditions`: under which it consents to an admission; those of all consents hold. The last
    consent in admission admits the case: number, plan and promises are fixed and the pilot
    starts. Events: signoff.given; case.admitted, stage.entered, pilot.started.
    """
    authority = actor_for(by, case, Verb.SIGN_OFF).authority
    data: dict[str, Json] = {
        "authority": authority,
        "consent": consent,
        "reason": reason,
        "thresholds": thresholds or None,
        "conditions": list(conditions) or None,
    }
    return do(Verb.SIGN_OFF, case, data, by=by, at=at, expected_seq=expected_seq)


@supplies(Verb.SIGN_OFF, Verb.ADVANCE, Verb.RECORD_SILENCE, Verb.RELEASE_DECISION)
def _number_facts(case: Case, _data: Mapping[str, Json], at: datetime) -> dict[str, Json]:
    """Code and next number, where the act may admit the case. Locks the scheme's numbering."""
    rulebook = case.rulebook
    numbered = any(stage.number for stage in rulebook.stages)
    goes_on = {rulebook.stage(name).kind for name in case.stage_rule.next}
    for route in silence_routes(rulebook, case.stage):
        goes_on |= {target.kind for target in route}
    starts_a_run = bool(goes_on & {StageKind.ADMISSION, StageKind.RUNNING})
    if not numbered or not starts_a_run or case.number is not None:
        return {}
    Scheme.objects.select_for_update().get(pk=case.scheme_id)
    zone = ZoneInfo(rulebook.zone)
    year = at.astimezone(zone).year
    admitted = Case.objects.filter(
        scheme=case.scheme_id,
        number__isnull=False,
        events__kind="case.admitted",
        events__at__gte=datetime(year, 1, 1, tzinfo=zone),
        events__at__lt=datetime(year + 1, 1, 1, tzinfo=zone),
    ).distinct()
    codes: dict[str, Json] = {"uscc": case.lead.uscc, "lei": case.lead.lei}
    seq: dict[str, Json] = {"seq": admitted.count() + 1}
    return {key: code for key, code in codes.items() if code} | seq


def begin_evaluation(
    *,
    case: Case,
    reason: str,
    by: Person,
    thresholds: Thresholds | None = None,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Move a running pilot to its evaluation; the applicant may, too. Event: stage.entered."""
    data: dict[str, Json] = {"reason": reason, "thresholds": thresholds or None}
    return do(Verb.BEGIN_EVALUATION, case, data, by=by, at=at, expected_seq=expected_seq)


def judge_promise(
    *,
    case: Case,
    promise: str,
    judgement: str,
    evidence: str,
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Judge one promise kept, partly or broken, on evidence. Event: promise.judged."""
    data: dict[str, Json] = {"promise": promise, "judgement": judgement, "evidence": evidence}
    return do(Verb.JUDGE_PROMISE, case, data, by=by, at=at, expected_seq=expected_seq)


def file_evaluation(
    *,
    case: Case,
    dimensions: Mapping[str, Mapping[str, str]],
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Grade dimensions: {dimension: {grade: good/adequate/weak, text}}. Event: evaluation.filed."""
    data: dict[str, Json] = {"dimensions": dimensions}
    return do(Verb.FILE_EVALUATION, case, data, by=by, at=at, expected_seq=expected_seq)


def extend_pilot(
    *,
    case: Case,
    until: date,
    reason: str,
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Go back to running until a new last day. Events: pilot.extended, stage.entered."""
    data: dict[str, Json] = {"until": until.isoformat(), "reason": reason}
    return do(Verb.EXTEND, case, data, by=by, at=at, expected_seq=expected_seq)


def uphold_review(
    *,
    case: Case,
    reason: str,
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Find that a review's result stands in spite of a late conflict. Event: review.upheld."""
    data: dict[str, Json] = {"reason": reason}
    return do(Verb.UPHOLD_REVIEW, case, data, by=by, at=at, expected_seq=expected_seq)


def close_case(
    *,
    case: Case,
    outcome: str,
    reason: str,
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """End an evaluated case with an outcome of the rulebook. Events: stage.entered, case.closed."""
    data: dict[str, Json] = {"outcome": outcome, "reason": reason}
    return do(Verb.CLOSE, case, data, by=by, at=at, expected_seq=expected_seq)
