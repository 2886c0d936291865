"""Complaints: a list for those who handle or answer them, and a page each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.cases.zones import show_times_of
from shidian.apps.notices.complaint_words import ComplaintState
from shidian.apps.notices.files import downloaded
from shidian.apps.supervision.complaint_queries import (
    complaints_for,
    files_of,
    open_count,
    steps_for,
)
from shidian.apps.supervision.domain import complaints as verbs
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.models import Complaint, ComplaintOutcome
from shidian.apps.supervision.views.asker import asker

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from django.http import FileResponse

    from shidian.apps.cases.models import Case

SHOWN = 50


class TextForm(forms.Form):
    """One text."""

    text = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=verbs.TEXT_CHARS_MAX,
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def __init__(self, *args: object, label: str = "", hint: str = "", **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]
        self.fields["text"].label, self.fields["text"].help_text = label, hint


class ClosingForm(TextForm):
    """What it came to, and the answer."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("What it came to"),
        choices=ComplaintOutcome.choices,
        widget=forms.RadioSelect,
    )
    field_order = ("outcome", "text")


@dataclass(frozen=True, slots=True)
class Line:
    """A complaint in a list, with the institution's next last day."""

    complaint: Complaint
    due: date | None
    overdue: bool


def case_of_complaint(request: HttpRequest, reference: str, **_rest: object) -> Case:
    """The case of the complaint in the address, if the person sees the complaint.

    Raises DoesNotExist: that it exists is not theirs to know.
    """
    found = complaints_for(asker(request)).get(reference=reference)
    show_times_of(found.pilot.case.rulebook_version)
    return found.pilot.case


def _complaint(request: HttpRequest, reference: str) -> Complaint:
    return complaints_for(asker(request)).get(reference=reference)


@rule(Permission.DESK_READ)
def complaint_list(request: HttpRequest) -> HttpResponse:
    """Those that one may see: open ones, who waits longest first, or closed ones; `?scheme=`."""
    everything = complaints_for(asker(request))
    if scheme := request.GET.get("scheme", ""):
        everything = everything.filter(pilot__case__scheme__slug=scheme)
    closed = request.GET.get("show") == "closed"
    wanted = everything.filter(state=ComplaintState.CLOSED.value)
    if closed:
        wanted = wanted.order_by("-closed_at", "-pk")
    else:
        wanted = everything.exclude(state=ComplaintState.CLOSED.value)
    page = Paginator(wanted, SHOWN).get_page(request.GET.get("page"))
    now = timezone.now()
    context = {
        "page": page,
        "lines": [
            Line(one, verbs.due_of(one), verbs.is_overdue(one, now)) for one in page.object_list
        ],
        "closed": closed,
        "scheme": scheme,
        "counts": [
            (ComplaintState(state).label, n) for state, n in sorted(open_count(everything).items())
        ],
    }
    return render(request, "supervision/complaints.html", context)


@rule(Permission.COMPLAINT_READ, obj=case_of_complaint)
def complaint(request: HttpRequest, case: Case, reference: str) -> HttpResponse:
    """What was said, what was done, and what the reader may do next."""
    return _page(request, case, _complaint(request, reference))


@rule(Permission.COMPLAINT_READ, obj=case_of_complaint)
def sent_file(request: HttpRequest, case: Case, reference: str, number: int) -> FileResponse:
    """A file that came with it, always as a download."""
    del case
    return downloaded(get_object_or_404(files_of(_complaint(request, reference)), pk=number))


def _page(
    request: HttpRequest, case: Case, found: Complaint, *, wrong: forms.Form | None = None
) -> HttpResponse:
    handles = allows(request.user, Permission.COMPLAINT_HANDLE, case)
    answers = allows(request.user, Permission.COMPLAINT_ANSWER, case)
    with_authority = found.state in verbs.WITH_AUTHORITY
    context = {
        "complaint": found,
        "case": case,
        "steps": steps_for(asker(request), found),
        "files": files_of(found),
        "due": verbs.due_of(found),
        "overdue": verbs.is_overdue(found, timezone.now()),
        "sees_contact": handles or found.share_contact,
        "may_forward": handles and with_authority,
        "may_note": handles,
        "may_close": handles and (with_authority or found.state == ComplaintState.ANSWERED),
        "may_acknowledge": answers and found.state == ComplaintState.FORWARDED,
        "may_answer": answers and found.state in verbs.WITH_INSTITUTION,
        "forms": _forms(),
        "wrong": wrong,
    }
    if wrong is not None:
        context["forms"][wrong.prefix] = wrong  # type: ignore[index]
    return render(request, "supervision/complaint.html", context, status=422 if wrong else 200)


def _forms(data: object = None, only: str = "") -> dict[str, forms.Form]:
    """The forms of the page by act; with `only`, that one with the data."""
    told = _("Whoever complained reads it by their receipt.")
    made: dict[str, Callable[[], forms.Form]] = {
        "answer": lambda: TextForm(data, prefix="answer", label=_("Answer"), hint=told),
        "close": lambda: ClosingForm(data, prefix="close", label=_("Answer"), hint=told),
        "note": lambda: TextForm(
            data,
            prefix="note",
            label=_("Note"),
            hint=_("For the authorities; neither the institution nor who complained reads it."),
        ),
    }
    return {name: make() for name, make in made.items() if not only or name == only}


@require_POST
@rule(Permission.COMPLAINT_HANDLE, obj=case_of_complaint)
def handle(request: HttpRequest, case: Case, reference: str, act: str) -> HttpResponse:
    """An officer's act: forward, note, close."""
    return _do(request, case, reference, act, ("forward", "note", "close"))


@require_POST
@rule(Permission.COMPLAINT_ANSWER, obj=case_of_complaint)
def respond(request: HttpRequest, case: Case, reference: str, act: str) -> HttpResponse:
    """The institution's act: acknowledge, answer."""
    return _do(request, case, reference, act, ("acknowledge", "answer"))


def _do(
    request: HttpRequest, case: Case, reference: str, act: str, allowed: tuple[str, ...]
) -> HttpResponse:
    if act not in allowed:
        raise Http404
    found = _complaint(request, reference)
    form = _forms(request.POST, act).get(act)
    if form is not None and not form.is_valid():
        return _page(request, case, found, wrong=form)
    by = asker(request)
    given = form.cleaned_data if form is not None else {}
    try:
        match act:
            case "forward":
                verbs.forward_complaint(complaint=found, by=by)
            case "acknowledge":
                verbs.acknowledge_complaint(complaint=found, by=by)
            case "answer":
                verbs.answer_complaint(complaint=found, by=by, text=given["text"])
            case "note":
                verbs.note_on_complaint(complaint=found, by=by, text=given["text"])
            case "close":
                verbs.close_complaint(
                    complaint=found,
                    by=by,
                    outcome=ComplaintOutcome(given["outcome"]),
                    text=given["text"],
                )
    except SupervisionError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Done."))
    return redirect("supervision:complaint", reference=reference)
