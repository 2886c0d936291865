"""`perform_act`: the only function that changes the state of a case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.calendars import calendar_of
from shidian.apps.cases.domain.reactions import react
from shidian.apps.cases.errors import DomainError, ForbiddenError, OvertakenError
from shidian.apps.cases.history import history_of, state_of
from shidian.apps.cases.models import (
    Case,
    CaseEvent,
    Outbox,
    RulebookVersion,
    SchemeAuthority,
    Task,
)
from shidian.core.procedure.step import step
from shidian.core.procedure.types import (
    Act,
    ActorKind,
    Effects,
    EventKind,
    Json,
    NewEvent,
    Refusal,
    Verb,
)

if TYPE_CHECKING:
    from shidian.apps.accounts.models import Person
    from shidian.core.procedure import types as procedure

PERMISSIONS: dict[Verb, Permission | None] = {
    Verb.CREATE: Permission.CASE_CREATE,
    Verb.SUBMIT: Permission.CASE_SUBMIT,
    Verb.REQUEST_INFORMATION: Permission.CASE_HANDLE,
    Verb.ANSWER_INFORMATION: Permission.REQUEST_ANSWER,
    Verb.ADVANCE: Permission.CASE_DECIDE,
    Verb.RETURN_TO_APPLICANT: Permission.CASE_HANDLE,
    Verb.REJECT: Permission.CASE_DECIDE,
    Verb.WITHDRAW: Permission.CASE_WITHDRAW,
    Verb.TERMINATE: Permission.CASE_DECIDE,
    Verb.OPEN_ROUND: Permission.PANEL_FORM,
    Verb.COMMIT_POOL: Permission.PANEL_FORM,
    Verb.INVITE_EXPERTS: Permission.PANEL_FORM,
    # An expert sees nothing of the case yet: `review.domain` asks this of the assignment.
    Verb.DECLARE_CONFLICT: None,
    Verb.SUBMIT_REVIEW: None,
    Verb.CLOSE_ROUND: Permission.PANEL_FORM,
    Verb.EXTEND_ROUND: Permission.PANEL_FORM,
    Verb.ENTER_SHEET: Permission.PANEL_FORM,
    Verb.UPHOLD_REVIEW: Permission.CASE_HANDLE,
    Verb.CALL_SESSION: Permission.PANEL_FORM,
    Verb.KEEP_MINUTES: Permission.PANEL_FORM,
    Verb.RECORD_VOTE: Permission.PANEL_FORM,
    # Of the expert's own sheet, like the sheet itself.
    Verb.ANSWER_SHEET: None,
    Verb.COMMISSION_ASSESSMENT: Permission.CASE_HANDLE,
    Verb.FILE_ASSESSMENT: Permission.ASSESSMENT_FILE,
    Verb.OPEN_NOTICE: Permission.NOTICE_OPEN,
    Verb.EXTEND_NOTICE: Permission.NOTICE_OPEN,
    # Everyone may comment on an open notice.
    Verb.RECORD_COMMENT: None,
    Verb.ANSWER_COMMENT: Permission.COMMENT_MODERATE,
    Verb.SIGN_OFF: Permission.CASE_SIGN,
    Verb.FILE_REPORT: Permission.REPORT_FILE,
    Verb.BEGIN_EVALUATION: Permission.EVALUATION_BEGIN,
    Verb.JUDGE_PROMISE: Permission.PROMISE_JUDGE,
    Verb.FILE_EVALUATION: Permission.PROMISE_JUDGE,
    Verb.COMPLETE_STEP: Permission.STEP_COMPLETE,
    Verb.NOTE_PAPER: Permission.CASE_HANDLE,
    Verb.STRIKE_PAPER: Permission.CASE_HANDLE,
    Verb.EXTEND: Permission.CASE_DECIDE,
    Verb.CLOSE: Permission.CASE_DECIDE,
    Verb.CONSULT: Permission.CASE_HANDLE,
    Verb.GIVE_OPINION: Permission.OPINION_GIVE,
    Verb.ENTER_OPINION: Permission.CASE_HANDLE,
    Verb.GRADE_RISK: Permission.CASE_HANDLE,
    Verb.RECORD_SILENCE: Permission.SILENCE_RECORD,
    Verb.EXTEND_CLOCK: Permission.CASE_HANDLE,
    Verb.RELEASE_DECISION: Permission.CASE_DECIDE,
    Verb.TAKE_BACK_DECISION: Permission.CASE_DECIDE,
    Verb.FILE_OBJECTION: Permission.OBJECTION_FILE,
    Verb.DECIDE_OBJECTION: Permission.OBJECTION_DECIDE,
    Verb.MIGRATE: Permission.CASE_DECIDE,
    Verb.INVITE_PARTNER: Permission.PARTNER_INVITE,
    Verb.ANSWER_INVITATION: Permission.INVITATION_ANSWER,
    Verb.LEAVE_CASE: Permission.CASE_LEAVE,
    Verb.RELEASE_PARTNER: Permission.PARTNER_RELEASE,
    Verb.REQUEST_SIGNATURES: Permission.PARTNER_INVITE,
    Verb.SIGN_APPLICATION: Permission.APPLICATION_SIGN,
}
"""What a person needs for each verb. None: the calling verb has checked what there is to check."""

PUBLIC_KINDS = frozenset(
    {
        EventKind.NOTICE_OPENED,
        EventKind.NOTICE_EXTENDED,
        EventKind.NOTICE_CLOSED,
        EventKind.COMMENT_ANSWERED,
        EventKind.CASE_ADMITTED,
        EventKind.PILOT_STARTED,
        EventKind.PILOT_EXTENDED,
        EventKind.CASE_CLOSED,
        EventKind.OBJECTION_DECIDED,
    }
)
"""Besides entering a stage that has a public name."""

Facts = Callable[[Case, Mapping[str, Json], datetime], Mapping[str, Json]]
_facts: dict[Verb, list[Facts]] = {}


def supplies(*verbs: Verb) -> Callable[[Facts], Facts]:
    """Register a function that adds facts to an act's data: gathered under the case's lock."""

    def register(gather: Facts) -> Facts:
        for verb in verbs:
            _facts.setdefault(verb, []).append(gather)
        return gather

    return register


Objection = Callable[[Case, Verb, tuple[NewEvent, ...]], None]
_objections: list[Objection] = []


def objecting(objection: Objection) -> Objection:
    """Register a function that looks at what an act would do, and raises DomainError to stop it."""
    _objections.append(objection)
    return objection


@dataclass(frozen=True, slots=True)
class Performed:
    """What an act has done. `events` are as stored; `effects` as the procedure returned them."""

    case: Case
    events: tuple[CaseEvent, ...]
    effects: Effects

    def event(self, kind: EventKind) -> CaseEvent:
        """The event of that kind. Raises LookupError."""
        for event in self.events:
            if event.kind == kind:
                return event
        raise LookupError(kind)


@transaction.atomic
def perform_act(
    case: Case, act: Act, *, by: Person | None, expected_seq: int | None = None
) -> Performed:
    """Do `act` on `case`, or refuse it with the reason. In one transaction:

    1. lock the case, so that of two who act at once the second sees what the first did;
    2. check that `by` has the verb's permission on it, and, where `expected_seq` is given, that
       nothing happened since the page was loaded;
    3. gather the verb's registered facts (form version, missing sections, next number …);
    4. ask the procedure's `step` for effects;
    5. ask all who may object to them, such as for want of a document;
    6. write events, access rows that follow from them, the case's stage, its tasks, outbox rows.

    Raises ForbiddenError, OvertakenError, or DomainError with the procedure's refusal.
    """
    locked = Case.objects.select_for_update().get(pk=case.pk)
    if not _is_permitted(locked, act, by):
        raise ForbiddenError
    if expected_seq is not None and expected_seq != locked.last_seq:
        raise OvertakenError(locked.last_seq)
    data = dict(act.data)
    for gather in _facts.get(act.verb, ()):
        data.update(gather(locked, data, act.at))
    effects = _step(locked, replace(act, data=data))
    for objection in _objections:
        objection(locked, act.verb, effects.events)
    events = _store_events(locked, effects.events, by)
    for event in events:
        react(locked, event)
    locked.rulebook_version = _version(locked, effects)
    tasks = _tasks(locked, effects, act.at)
    _store_case(locked, effects, events, tasks)
    _store_tasks(locked, tasks, act.at)
    _store_outbox(locked, effects, act.at)
    case.refresh_from_db()
    return Performed(locked, events, effects)


def _is_permitted(case: Case, act: Act, by: Person | None) -> bool:
    """What the program itself does when it is due needs nobody's permission."""
    permission = PERMISSIONS[act.verb]
    if permission is None or (by is None and act.actor.kind is ActorKind.SYSTEM):
        return True
    return by is not None and allows(by, permission, case)


def _step(case: Case, act: Act) -> Effects:
    rulebook = case.rulebook
    result = step(rulebook, calendar_of(rulebook), history_of(case), act)
    if isinstance(result, Refusal):
        raise DomainError(result.code.value, result.text, result.field)
    return result


def _store_events(
    case: Case, events: tuple[NewEvent, ...], by: Person | None
) -> tuple[CaseEvent, ...]:
    rows = [
        CaseEvent(
            case=case,
            seq=case.last_seq + n,
            kind=event.kind.value,
            at=event.at,
            actor_kind=event.actor.kind.value,
            person=by if event.actor.person else None,
            authority=event.actor.authority or "",
            institution_id=int(event.actor.institution) if event.actor.institution else None,
            data=plain(event.data),
            public=_is_public(case, event),
        )
        for n, event in enumerate(events, start=1)
    ]
    return tuple(CaseEvent.objects.bulk_create(rows))


def _is_public(case: Case, event: NewEvent) -> bool:
    if event.kind is EventKind.STAGE_ENTERED:
        return case.rulebook.stage(str(event.data["to"])).names.public is not None
    return event.kind in PUBLIC_KINDS


def plain(value: Json) -> object:
    """JSON values as lists and dicts, which the database's JSON column takes."""
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, str | int | bool) or value is None:
        return value
    return [plain(one) for one in value]


def _store_case(
    case: Case,
    effects: Effects,
    events: tuple[CaseEvent, ...],
    tasks: tuple[procedure.Task, ...],
) -> None:
    state = effects.state
    case.stage = effects.stage
    case.number = state.number
    case.outcome = state.outcome or ""
    case.tier = state.tier or ""
    case.due = min((task.due for task in tasks if task.due is not None), default=None)
    case.form_version = state.version
    case.last_seq += len(events)
    case.changed_at = events[-1].at
    case.save(
        update_fields=(
            "stage",
            "number",
            "outcome",
            "tier",
            "due",
            "form_version",
            "last_seq",
            "changed_at",
            "rulebook_version",
        )
    )


def _version(case: Case, effects: Effects) -> RulebookVersion:
    """The version that governs the case from now on: another where the act has moved it."""
    for event in effects.events:
        if event.kind is EventKind.CASE_MIGRATED:
            return RulebookVersion.objects.get(
                scheme=case.scheme_id, digest=str(event.data["to_digest"])
            )
    return case.rulebook_version


def _tasks(case: Case, effects: Effects, at: datetime) -> tuple[procedure.Task, ...]:
    """The open tasks. A case that was moved is read anew, under the version it was moved to."""
    if any(event.kind is EventKind.CASE_MIGRATED for event in effects.events):
        return state_of(case, at).tasks
    return effects.tasks


def _store_tasks(case: Case, tasks: Iterable[procedure.Task], at: datetime) -> None:
    """Close the tasks that are no longer open, renew the others, open the new ones."""
    standing = {task.key: task for task in Task.objects.open().filter(case=case)}
    wanted = {task.key: task for task in tasks}
    gone = [task.pk for key, task in standing.items() if key not in wanted]
    if gone:
        Task.objects.filter(pk__in=gone).update(closed_at=at)
    authorities = dict(
        SchemeAuthority.objects.filter(scheme=case.scheme_id).values_list(
            "local_id", "authority_id"
        )
    )
    for key, task in wanted.items():
        values = _task_values(task, authorities)
        if key not in standing:
            Task.objects.create(case=case, key=key, opened_at=at, **values)
        elif any(getattr(standing[key], name) != value for name, value in values.items()):
            Task.objects.filter(pk=standing[key].pk).update(**values)


def _task_values(task: procedure.Task, authorities: Mapping[str, int]) -> dict[str, object]:
    return {
        "verb": task.verb.value,
        "kind": task.kind.value,
        "what_zh": task.what.zh,
        "what_en": task.what.en,
        "authority_id": authorities[task.authority] if task.authority else None,
        "institution_id": int(task.institution) if task.institution else None,
        "person_id": int(task.person) if task.person else None,
        "due": task.due,
        "not_before": task.not_before,
    }


def _store_outbox(case: Case, effects: Effects, at: datetime) -> None:
    Outbox.objects.bulk_create(
        [
            Outbox(topic=item.topic, payload=_payload(case, item), case=case, created=at)
            for item in effects.outbox
        ]
    )


def _payload(case: Case, item: procedure.OutboxItem) -> object:
    """As the procedure gave it; what goes on record also names the rules that governed."""
    if item.topic != "record.leaf":
        return plain(item.payload)
    return plain({**item.payload, "rules_digest": case.rulebook_version.rules_digest})
