"""Complaints about a pilot: said once, followed by a receipt, taken further by it. No account."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django import forms
from django.core import signing
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shidian.apps.notices import files, inbox
from shidian.apps.notices.comment_words import CommentProgress
from shidian.apps.notices.complaint_words import (
    ComplaintCategory,
    ComplaintChannel,
    ComplaintState,
)
from shidian.apps.notices.models import SnapshotKind
from shidian.apps.notices.public import public
from shidian.apps.portal import snapshots, work
from shidian.apps.portal.file_fields import FilesField
from shidian.config import settings

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.portal.snapshots import Body

BODY_CHARS_MAX = 5_000
RECEIPT_CHARS_MAX = 60
_SALT = "shidian.portal.complaint"
CHANNELS = (
    (
        ComplaintChannel.INSTITUTION,
        gettext_lazy("To the institution first: it answers, and you may go further"),
    ),
    (ComplaintChannel.AUTHORITY, gettext_lazy("To the authorities that watch over the pilot")),
)
STATES = {
    ComplaintState.RECEIVED: gettext_lazy("The authorities have it and decide what to do."),
    ComplaintState.FORWARDED: gettext_lazy(
        "It was sent to the institution, which has not taken it up yet."
    ),
    ComplaintState.ACKNOWLEDGED: gettext_lazy(
        "The institution has taken it up and is looking into it."
    ),
    ComplaintState.ANSWERED: gettext_lazy("The institution has answered."),
    ComplaintState.ESCALATED: gettext_lazy(
        "The authorities have it again, since you took it further."
    ),
    ComplaintState.CLOSED: gettext_lazy("The authorities have closed it with an answer."),
}
COMMENT_STATES = {
    CommentProgress.RECEIVED: gettext_lazy("It was received and is on its way to the authorities."),
    CommentProgress.TAKEN: gettext_lazy("The authorities have it and read it before it is shown."),
    CommentProgress.PUBLISHED: gettext_lazy("It is published with the notice."),
    CommentProgress.WITHHELD: gettext_lazy("The authorities have it and do not publish it."),
    CommentProgress.ANSWERED: gettext_lazy("It was answered: the answer stands with the notice."),
    CommentProgress.REFUSED: gettext_lazy("It was not taken."),
}
NOT_TAKEN = gettext_lazy("It was not taken.")
ON_ITS_WAY = gettext_lazy("It was received and is on its way to the authorities.")
_WITH_INSTITUTION = (ComplaintState.FORWARDED, ComplaintState.ACKNOWLEDGED)


class ComplaintForm(forms.Form):
    """What went wrong. Who complains stays unnamed unless they choose otherwise."""

    category = forms.ChoiceField(
        label=gettext_lazy("What is it about?"),
        choices=[(value, capfirst(label)) for value, label in ComplaintCategory.choices],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what it is about.")},
    )
    body = forms.CharField(
        label=gettext_lazy("What happened?"),
        help_text=gettext_lazy(
            "What, when, and what you would like to be done. Up to 5,000 characters."
        ),
        max_length=BODY_CHARS_MAX,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": gettext_lazy("Write what happened.")},
    )
    attached = FilesField(
        hint=gettext_lazy(
            "They are read by whoever handles your complaint: the authorities and, where it goes to"
            " the institution, its staff."
        )
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("Who should have it first?"),
        choices=CHANNELS,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose who should have it first.")},
    )
    contact = forms.CharField(
        label=gettext_lazy("How you can be reached"),
        help_text=gettext_lazy(
            "Optional: you can read every answer by your receipt. Where money is to be paid back,"
            " the institution needs it."
        ),
        max_length=200,
        required=False,
    )
    share_contact = forms.BooleanField(
        label=gettext_lazy("The institution may see how I can be reached"), required=False
    )


class FurtherForm(forms.Form):
    """What is still open, for the authorities; they have all that was sent before."""

    text = forms.CharField(
        label=gettext_lazy("What is still open?"),
        max_length=BODY_CHARS_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    attached = FilesField(
        hint=gettext_lazy("What you sent before is there already; add what shows more.")
    )


@public
def complain(request: HttpRequest, key: str) -> HttpResponse:
    """The form; a valid one is handed over, and its receipt shown once."""
    body = snapshots.page_of(SnapshotKind.PILOT, key)
    form = ComplaintForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        receipt = _receipt_of(key, request.POST.get("sending", ""))
        if receipt and (answer := _send(request, key, form, receipt)):
            return answer
        if not receipt:
            form.add_error(None, _("This page was open for too long. Send it once more."))
    return _form(request, body, key, form)


def _form(request: HttpRequest, body: Body, key: str, form: ComplaintForm) -> HttpResponse:
    sending = signing.dumps({"pilot": key, "receipt": inbox.new_receipt()}, salt=_SALT)
    bits = settings().sending_work_bits
    context = {"pilot": body, "form": form, "sending": sending, "work_bits": bits}
    status = 422 if form.errors else 200
    answer = render(request, "portal/complain.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def _receipt_of(key: str, sending: str) -> str:
    """The receipt that this form was shown with; a second click sends nothing a second time."""
    try:
        content = signing.loads(sending, salt=_SALT, max_age=24 * 3600)
    except signing.BadSignature:
        return ""
    return str(content["receipt"]) if content["pilot"] == key else ""


def _send(request: HttpRequest, key: str, form: ComplaintForm, receipt: str) -> HttpResponse | None:
    said = dict(form.cleaned_data)
    given = said.pop("attached")
    content = {
        **said,
        "files": [one.as_content() for one in given],
        "sealing_key": inbox.sealing_key(receipt),
    }
    try:
        inbox.submit(
            "complaint",
            about=key,
            content=content,
            receipt=receipt,
            proven=work.is_done(
                request.POST["sending"],
                request.POST.get("work", ""),
                settings().sending_work_bits,
            ),
        )
    except ValueError as refusal:
        form.add_error(None, str(refusal))
        return None
    answer = render(
        request,
        "portal/complaint_received.html",
        {
            "receipt": receipt,
            "pilot": snapshots.body(SnapshotKind.PILOT, key),
            "files": files.as_told(given),
        },
    )
    answer["Cache-Control"] = "no-store"
    return answer


@public
def status(request: HttpRequest) -> HttpResponse:
    """How far a complaint is, or a comment that came by way of a zone of its own, by the receipt:
    posted, so that no log and no history keeps it."""
    receipt = request.POST.get("receipt", "")[:RECEIPT_CHARS_MAX]
    known = inbox.status_of(receipt) if receipt else None
    form, refused = FurtherForm(), ""
    given: list[files.Given] = []
    if known and known.kind == "complaint" and request.POST.get("then") == "further":
        form = FurtherForm(request.POST, request.FILES)
        if form.is_valid():
            refused, given = _go_further(receipt, form)
            known = inbox.status_of(receipt)
    context: dict[str, object] = {
        "receipt": receipt,
        "known": known,
        "refused": refused,
        "further": form,
        "files": files.as_told(given),
        "comments_too": settings().zone == "public",
    }
    if known:
        context |= _of_comment(known) if known.kind == "comment" else _of_complaint(known, receipt)
    status_code = 422 if form.errors else 200
    answer = render(request, "portal/complaint_status.html", context, status=status_code)
    answer["Cache-Control"] = "no-store"
    return answer


def _go_further(receipt: str, form: FurtherForm) -> tuple[str, list[files.Given]]:
    """Why it was not done, and the files that went along where it was."""
    given: list[files.Given] = form.cleaned_data["attached"]
    content = {
        "text": form.cleaned_data["text"],
        "files": [one.as_content() for one in given],
    }
    try:
        inbox.follow_up("complaint.escalation", receipt, content)
    except ValueError as refusal:
        return str(refusal), []
    return "", given


def _of_comment(known: inbox.Status) -> dict[str, object]:
    notice = snapshots.body_or_none(SnapshotKind.NOTICE, known.about)
    if notice:
        timezone.activate(ZoneInfo(notice["zone"]))
    return {"notice": notice, "said": COMMENT_STATES[CommentProgress(known.state)]}


def _of_complaint(known: inbox.Status, receipt: str) -> dict[str, object]:
    pilot = snapshots.body_or_none(SnapshotKind.PILOT, known.about)
    if pilot:
        timezone.activate(ZoneInfo(pilot["zone"]))
    late = known.due_on is not None and known.due_on < timezone.localdate()
    waits = inbox.is_on_its_way(receipt)
    return {
        "pilot": pilot,
        "said": _said(known, waits=waits),
        "late": late,
        "on_its_way": waits and known.state != ComplaintState.RECEIVED,
        "may_go_further": not waits
        and (known.state == ComplaintState.ANSWERED or (known.state in _WITH_INSTITUTION and late)),
    }


def _said(known: inbox.Status, *, waits: bool) -> str:
    if known.state == inbox.REFUSED:
        return str(NOT_TAKEN)
    if waits and known.state == ComplaintState.RECEIVED:
        return str(ON_ITS_WAY)
    return str(STATES[ComplaintState(known.state)])
