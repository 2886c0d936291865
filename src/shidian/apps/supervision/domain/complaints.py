"""What is done about a complaint. Each verb writes a step, and what its sender may know of it.

Who complains chooses the way: to the institution first, or to the authority, which forwards it or
settles it. The institution takes it up and answers within the rulebook's periods
(`safeguards.complaint_acknowledge`, `complaint_answer`). Whoever is not satisfied, or hears nothing
in time, takes it to the authority by their receipt; the authority closes it with an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases import outbox
from shidian.apps.cases.calendars import calendar_of
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.zones import day_in
from shidian.apps.notices import files as sent_files
from shidian.apps.notices import inbox
from shidian.apps.notices.complaint_words import ComplaintCategory, ComplaintChannel, ComplaintState
from shidian.apps.notices.domain import keep_files
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.models import (
    Complaint,
    ComplaintOutcome,
    ComplaintStep,
    Pilot,
    StepKind,
)
from shidian.core.procedure.periods import last_day_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from shidian.apps.accounts.models import Person
    from shidian.core.rulebook.model import Period

TEXT_CHARS_MAX = 5_000
CONTACT_CHARS_MAX = 200
REFERENCE_CHARS_MAX = 24
WITH_INSTITUTION = (ComplaintState.FORWARDED, ComplaintState.ACKNOWLEDGED)
WITH_AUTHORITY = (ComplaintState.RECEIVED, ComplaintState.ESCALATED)


@transaction.atomic
def receive_complaint(
    *,
    pilot: Pilot,
    receipt_sha256: str,
    sealing_key: str,
    channel: ComplaintChannel,
    category: ComplaintCategory,
    body: str,
    contact: str = "",
    share_contact: bool = False,
    files: Sequence[sent_files.Given] = (),
    at: datetime | None = None,
) -> Complaint:
    """Take a complaint from anyone, about a pilot that runs or ran.

    Step `received`, and `forwarded` where it goes to the institution first, whose periods then
    begin. `files` are kept under the receipt's hash. Outbox: mail to the institution's staff or to
    the case officers. Raises SupervisionError where a text is missing or too long, or what
    `keep_files` does.
    """
    at = at or timezone.now()
    body = _text(body)
    if len(contact) > CONTACT_CHARS_MAX:
        raise SupervisionError(_("The contact is too long."), field="contact")
    complaint = Complaint.objects.create(
        pilot=pilot,
        # Unique until the row has its number.
        reference=receipt_sha256[:REFERENCE_CHARS_MAX],
        receipt_sha256=receipt_sha256,
        sealing_key=sealing_key,
        channel=channel,
        category=category,
        body=body,
        contact=contact.strip(),
        share_contact=share_contact,
        received_at=at,
    )
    complaint.reference = f"T-{timezone.localtime(at).year}-{complaint.pk:04d}"
    complaint.save(update_fields=("reference",))
    keep_files(files, at=at, receipt_sha256=receipt_sha256)
    _step(complaint, StepKind.RECEIVED, at)
    if channel == ComplaintChannel.INSTITUTION:
        _forward(complaint, at, by=None, text="")
    else:
        _mail(complaint, "officer", at)
        _tell(complaint, at)
    return complaint


@transaction.atomic
def forward_complaint(
    *, complaint: Complaint, by: Person, text: str = "", at: datetime | None = None
) -> Complaint:
    """Send a complaint that the authority has to the institution, whose periods begin.

    Raises ForbiddenError, or SupervisionError where it is not with the authority.
    """
    locked = _locked(complaint, by, Permission.COMPLAINT_HANDLE, WITH_AUTHORITY)
    _forward(locked, at or timezone.now(), by=by, text=text.strip())
    return locked


@transaction.atomic
def acknowledge_complaint(
    *, complaint: Complaint, by: Person, at: datetime | None = None
) -> Complaint:
    """Take it up, for the institution. Raises ForbiddenError; SupervisionError if not with it."""
    states = (ComplaintState.FORWARDED,)
    locked = _locked(complaint, by, Permission.COMPLAINT_ANSWER, states)
    return _move(locked, ComplaintState.ACKNOWLEDGED, StepKind.ACKNOWLEDGED, by, at)


@transaction.atomic
def answer_complaint(
    *, complaint: Complaint, by: Person, text: str, at: datetime | None = None
) -> Complaint:
    """Answer it, for the institution. Its sender reads the answer by the receipt.

    Raises ForbiddenError, or SupervisionError if the institution does not have it or says nothing.
    """
    locked = _locked(complaint, by, Permission.COMPLAINT_ANSWER, WITH_INSTITUTION)
    answer = _text(text)
    return _move(locked, ComplaintState.ANSWERED, StepKind.ANSWERED, by, at, text=answer)


@transaction.atomic
def escalate_complaint(
    *,
    complaint: Complaint,
    text: str = "",
    files: Sequence[sent_files.Given] = (),
    at: datetime | None = None,
) -> Complaint:
    """Take it to the authority; who holds the receipt does so.

    Once the institution has answered, or when its last day is over. The authority has the files of
    the complaint; `files` are kept beside them. Outbox: mail to case officers. Raises
    SupervisionError before that, or what `keep_files` does.
    """
    at = at or timezone.now()
    locked = Complaint.objects.select_for_update().get(pk=complaint.pk)
    if not may_escalate(locked, at):
        raise SupervisionError(
            _("The institution still has time to answer: the complaint can be taken further then.")
        )
    keep_files(files, at=at, receipt_sha256=locked.receipt_sha256)
    _move(locked, ComplaintState.ESCALATED, StepKind.ESCALATED, None, at, text=text.strip())
    _mail(locked, "officer", at)
    return locked


@transaction.atomic
def note_on_complaint(
    *, complaint: Complaint, by: Person, text: str, at: datetime | None = None
) -> ComplaintStep:
    """Note something for the authority's own file. Raises ForbiddenError or SupervisionError."""
    locked = _locked(complaint, by, Permission.COMPLAINT_HANDLE, tuple(ComplaintState))
    return _step(
        locked, StepKind.NOTED, at or timezone.now(), by=by, text=_text(text), internal=True
    )


@transaction.atomic
def close_complaint(
    *,
    complaint: Complaint,
    by: Person,
    outcome: ComplaintOutcome,
    text: str,
    at: datetime | None = None,
) -> Complaint:
    """Close it for the authority, with an answer that its sender reads by the receipt.

    Where the institution has answered and nobody took it further, an officer may close it as well.
    Raises ForbiddenError, or SupervisionError where the institution still has it or no text is
    given.
    """
    states = (*WITH_AUTHORITY, ComplaintState.ANSWERED)
    locked = _locked(complaint, by, Permission.COMPLAINT_HANDLE, states)
    if outcome not in ComplaintOutcome:
        raise SupervisionError(_("Say what the complaint came to."), field="outcome")
    locked.outcome, locked.closed_at = outcome, at or timezone.now()
    answer = _text(text)
    return _move(locked, ComplaintState.CLOSED, StepKind.CLOSED, by, locked.closed_at, text=answer)


def may_escalate(complaint: Complaint, at: datetime) -> bool:
    """Whether the sender may take it to the authority now."""
    if complaint.state == ComplaintState.ANSWERED:
        return True
    return complaint.state in WITH_INSTITUTION and is_overdue(complaint, at)


def due_of(complaint: Complaint) -> date | None:
    """The institution's next last day; None where it owes nothing or the rulebook sets no time."""
    if complaint.state == ComplaintState.FORWARDED:
        return complaint.acknowledge_by or complaint.answer_by
    return complaint.answer_by if complaint.state == ComplaintState.ACKNOWLEDGED else None


def is_overdue(complaint: Complaint, at: datetime) -> bool:
    """Whether the institution's next last day is over."""
    due = due_of(complaint)
    return due is not None and due < day_in(complaint.pilot.case.rulebook, at)


@inbox.receiver("complaint")
def take(sent: inbox.Sent) -> None:
    """From the public site. Raises DomainError or SupervisionError."""
    pilot = Pilot.objects.filter(public_id=sent.about).select_related("case").first()
    if pilot is None:
        raise SupervisionError(_("There is no such pilot."))
    receive_complaint(
        pilot=pilot,
        receipt_sha256=sent.receipt_sha256,
        sealing_key=str(sent.content["sealing_key"]),
        channel=ComplaintChannel(sent.content["channel"]),
        category=ComplaintCategory(sent.content["category"]),
        body=str(sent.content["body"]),
        contact=str(sent.content["contact"]),
        share_contact=bool(sent.content["share_contact"]),
        files=sent_files.given_in(sent.content, scanned=sent.scanned),
        at=sent.at,
    )


@inbox.receiver("complaint.escalation")
def take_further(sent: inbox.Sent) -> None:
    """From the public site, by the receipt. Raises SupervisionError."""
    complaint = Complaint.objects.filter(receipt_sha256=sent.receipt_sha256).first()
    if complaint is None:
        raise SupervisionError(_("There is no complaint of this receipt."))
    escalate_complaint(
        complaint=complaint,
        text=str(sent.content.get("text", ""))[:TEXT_CHARS_MAX],
        files=sent_files.given_in(sent.content, scanned=sent.scanned),
        at=sent.at,
    )


def _forward(complaint: Complaint, at: datetime, *, by: Person | None, text: str) -> None:
    rules = complaint.pilot.case.rulebook.safeguards
    complaint.acknowledge_by = _last_day(complaint, rules.complaint_acknowledge, at)
    complaint.answer_by = _last_day(complaint, rules.complaint_answer, at)
    _move(complaint, ComplaintState.FORWARDED, StepKind.FORWARDED, by, at, text=text)
    _mail(complaint, "applicant", at)


def _last_day(complaint: Complaint, period: Period | None, at: datetime) -> date | None:
    if period is None:
        return None
    case = complaint.pilot.case
    try:
        calendar = calendar_of(case.rulebook)
    except DomainError:
        # A complaint is taken though its days cannot be counted: nobody is turned away for that.
        return None
    return last_day_of(period, day_in(case.rulebook, at), calendar)


def _move(
    complaint: Complaint,
    state: ComplaintState,
    kind: StepKind,
    by: Person | None,
    at: datetime | None,
    *,
    text: str = "",
) -> Complaint:
    at = at or timezone.now()
    complaint.state = state
    complaint.save()
    _step(complaint, kind, at, by=by, text=text)
    answered = kind in (StepKind.ANSWERED, StepKind.CLOSED)
    _tell(complaint, at, answer=text if answered else None)
    return complaint


def _tell(complaint: Complaint, at: datetime, *, answer: str | None = None) -> None:
    inbox.tell(
        complaint.receipt_sha256,
        state=complaint.state,
        at=at,
        due_on=due_of(complaint),
        answer=None if answer is None else inbox.seal(answer, complaint.sealing_key),
    )


def _step(
    complaint: Complaint,
    kind: StepKind,
    at: datetime,
    *,
    by: Person | None = None,
    text: str = "",
    internal: bool = False,
) -> ComplaintStep:
    return ComplaintStep.objects.create(
        complaint=complaint, kind=kind, text=text, internal=internal, at=at, by=by
    )


def _locked(
    complaint: Complaint,
    by: Person,
    permission: Permission,
    states: tuple[ComplaintState, ...],
) -> Complaint:
    """The complaint under a lock. Raises ForbiddenError, or SupervisionError in another state."""
    locked = (
        Complaint.objects.select_for_update(of=("self",))
        .select_related("pilot__case__rulebook_version", "pilot__case__lead")
        .get(pk=complaint.pk)
    )
    if not allows(by, permission, locked.pilot.case):
        raise ForbiddenError
    if locked.state not in states:
        raise SupervisionError(
            _("This was not done: the complaint is meanwhile %(state)s. Reload the page.")
            % {"state": locked.get_state_display()}
        )
    return locked


def _text(text: str) -> str:
    text = text.strip()
    if not text or len(text) > TEXT_CHARS_MAX:
        raise SupervisionError(_("Write a text of at most 5,000 characters."), field="text")
    return text


def _mail(complaint: Complaint, to: str, at: datetime) -> None:
    case = complaint.pilot.case
    outbox.put(f"mail.{to}", {"kind": "complaint", "case": case.reference}, case=case, at=at)
