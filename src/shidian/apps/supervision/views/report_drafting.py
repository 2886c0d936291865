"""A report in the institution's hands: listed with due dates, begun, worked on, signed."""

from __future__ import annotations

import json
from datetime import datetime, time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.accounts.demonstration import code_now
from shidian.apps.accounts.domain.proving import NotProvenError, factors_of, passkey_question
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.supervision.domain import report_drafts as verbs
from shidian.apps.supervision.domain import report_signing as signing
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.orders.approving import CodeAnswer, PasskeyAnswer
from shidian.apps.supervision.domain.report_judging import differing_lines
from shidian.apps.supervision.domain.report_parts import duty_of, pilot_duties
from shidian.apps.supervision.models import PilotState, ReportChallenge, ReportKind
from shidian.apps.supervision.report_words import in_language
from shidian.apps.supervision.views.asker import asker
from shidian.apps.supervision.views.loaders import case_of_pilot, pilot_of
from shidian.apps.supervision.views.order_forms import CodeForm
from shidian.apps.supervision.views.report_forms import DraftForm, OccasionForm
from shidian.apps.supervision.views.report_loading import report_for
from shidian.apps.supervision.views.reports import all_of

if TYPE_CHECKING:
    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case
    from shidian.apps.supervision.domain.orders.approving import Answer
    from shidian.apps.supervision.models import Report
    from shidian.core.rulebook.model import ReportDuty

CREDENTIAL_CHARS_MAX = 16_000


@rule(Permission.REPORT_READ, obj=case_of_pilot)
@require_http_methods(["GET", "POST"])
def listing(request: HttpRequest, case: Case, public_id: str) -> HttpResponse:
    """A pilot's reports with their due dates; who may draft one begins it here."""
    pilot = pilot_of(case)
    pilot.case = case
    drafts = allows(request.user, Permission.REPORT_DRAFT, case)
    drafts = drafts and pilot.state != PilotState.PENDING
    duties = list(pilot_duties(pilot).values())
    occasions = [one for one in duties if one.kind in (ReportKind.EVENT, ReportKind.ADVANCE)]
    by_form = "subject" in request.POST
    form = OccasionForm(occasions, request.POST if by_form else None)
    if request.method == "POST":
        if not drafts:
            raise Http404
        if not by_form or form.is_valid():
            try:
                made = verbs.open_report(
                    by=asker(request), pilot=pilot, **_what(request, case, form)
                )
            except SupervisionError as refusal:
                if not by_form:
                    messages.error(request, str(refusal))
                    return redirect("supervision:pilot-reports", public_id)
                form.add_error(
                    refusal.field if refusal.field in form.fields else None, str(refusal)
                )
            else:
                if why := in_language(made.draft.get("no_figures")):
                    messages.warning(
                        request, _("Begun without figures from telemetry: %(why)s") % {"why": why}
                    )
                return redirect("supervision:report-draft", public_id, made.number)
    context = all_of(request, case) | {
        "drafts": drafts,
        "form": form if drafts and occasions else None,
        "duties": duties,
    }
    status = 422 if form.errors else 200
    return render(request, "supervision/pilot_reports.html", context, status=status)


def _what(request: HttpRequest, case: Case, form: OccasionForm) -> dict[str, Any]:
    """Duty and period of the button that was pressed, or what the form names. Raises Http404."""
    if "subject" not in request.POST:
        try:
            first = parse_date(request.POST.get("first", ""))
        except ValueError:
            first = None
        if first is None:
            raise Http404
        return {"duty": request.POST.get("duty", ""), "first": first}
    given = form.cleaned_data
    zone = ZoneInfo(case.rulebook.zone)
    at: time | None = given["time"]
    moment = None if at is None else datetime.combine(given["first"], at, zone)
    return {
        "duty": given["duty"],
        "first": given["first"],
        "subject": given["subject"],
        "occurred_at": moment,
    }


@rule(Permission.REPORT_DRAFT, obj=case_of_pilot)
@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest, case: Case, public_id: str, number: int) -> HttpResponse:
    """Complete a report: texts, and per figure what is stated; or draw the figures anew.

    What somebody else saved meanwhile is shown beside what was entered, and nothing is lost.
    """
    found, duty = _in_work(request, case, number)
    form = DraftForm(found, duty, request.POST or None)
    others: dict[str, str] = {}
    if request.method == "POST" and form.is_valid():
        by = asker(request)
        try:
            kept = verbs.save_draft(report=found, by=by, **form.entered())
            if request.POST.get("do") == "draw":
                verbs.draw_again(report=kept, seq=kept.draft_seq, by=by)
        except verbs.DraftOvertakenError as overtaken:
            form, others = _beside(request, overtaken.report, duty, form)
            form.add_error(None, str(overtaken))
            found = overtaken.report
        except SupervisionError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        except ForbiddenError:
            raise Http404 from None
        else:
            messages.success(request, _("Saved."))
            on = "report-sign" if request.POST.get("do") == "sign" else "report-draft"
            return redirect(f"supervision:{on}", public_id, number)
    context = {
        "report": found,
        "pilot": found.pilot,
        "case": case,
        "duty": duty,
        "form": form,
        "texts": [
            (form[name], others.get(name)) for name in form.fields if name.startswith("text-")
        ],
        "rows": _rows(found, form, others),
        "lacks": signing.in_the_way(found, duty),
        "may_sign": allows(request.user, Permission.REPORT_SIGN, case),
    }
    status = 422 if form.errors else 200
    return render(request, "supervision/report_draft.html", context, status=status)


def _in_work(request: HttpRequest, case: Case, number: int) -> tuple[Report, ReportDuty]:
    """A report that is worked on, and its duty. Raises Http404."""
    found = report_for(request.user, case, number)
    if found.state not in verbs.IN_WORK:
        raise Http404
    try:
        return found, duty_of(found)
    except SupervisionError:
        raise Http404 from None


def _beside(
    request: HttpRequest, now: Report, duty: ReportDuty, form: DraftForm
) -> tuple[DraftForm, dict[str, str]]:
    """What was entered, upon the draft as it is now; field → what the other person wrote there.

    Lines may have been drawn anew meanwhile: what was entered goes with the line's key.
    """
    entered = form.entered()
    data = request.POST.copy()
    data["seq"] = str(now.draft_seq)
    others: dict[str, str] = {}
    for number, line in enumerate(now.draft["lines"]):
        for name in ("stated", "why"):
            field, mine = f"{name}-{number}", entered[name].get(line["key"], line[name])
            data[field] = mine
            if mine != line[name]:
                others[field] = line[name] or "–"
    for number, text in enumerate(now.draft["texts"]):
        field = f"text-{number}"
        if data.get(field, "").strip() != text:
            others[field] = text or "–"
    again = DraftForm(now, duty, data)
    again.is_valid()
    return again, others


def _rows(found: Report, form: DraftForm, others: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "line": line,
            "stated": form[f"stated-{number}"],
            "why": form[f"why-{number}"],
            "differs": line["stated"] != line["value"],
            "others": [
                others[name] for name in (f"stated-{number}", f"why-{number}") if name in others
            ],
        }
        for number, line in enumerate(found.draft["lines"])
    ]


@rule(Permission.REPORT_SIGN, obj=case_of_pilot)
@require_http_methods(["GET", "POST"])
def sign(request: HttpRequest, case: Case, public_id: str, number: int) -> HttpResponse:
    """The whole report once more; a code or a passkey signs and files it."""
    found, duty = _in_work(request, case, number)
    by_code = "code" in request.POST
    form = CodeForm(request.POST if by_code else None)
    form.fields["code"].help_text = _("Six digits from your authenticator app, entered for this.")
    problem = None
    if request.method == "POST" and not (by_code and not form.is_valid()):
        problem = _signed(request, found, form)
        if problem is None:
            messages.success(request, _("Signed and filed. The authorities are told."))
            return redirect("supervision:report", public_id, number)
        if by_code:
            form.add_error("code", problem)
    return _sign_page(request, found, duty, form, problem)


def _signed(request: HttpRequest, found: Report, form: CodeForm) -> str | None:
    """Sign by what was sent; the problem in words where it is refused."""
    person = asker(request)
    nonce = request.POST.get("nonce", "")
    challenge = ReportChallenge.objects.filter(person=person, nonce=nonce, report=found).first()
    answer = _answer(request, form)
    if challenge is None or isinstance(answer, str):
        return _("This page is too old, or was used already. Look again.")
    challenge.report = found
    try:
        signing.sign_report(challenge=challenge, answer=answer, by=person)
    except (NotProvenError, SupervisionError, DomainError) as refusal:
        return str(refusal)
    except ForbiddenError:
        raise Http404 from None
    return None


def _answer(request: HttpRequest, form: CodeForm) -> Answer | str | None:
    """What was answered; None for nothing, a text for what cannot be read."""
    if "code" in request.POST:
        return CodeAnswer(form.cleaned_data["code"])
    text = request.POST.get("credential", "")
    if not text:
        return None
    try:
        return PasskeyAnswer(json.loads(text[:CREDENTIAL_CHARS_MAX]))
    except (ValueError, RecursionError):
        return "unreadable"


def _sign_page(
    request: HttpRequest, found: Report, duty: ReportDuty, form: CodeForm, problem: str | None
) -> HttpResponse:
    person = asker(request)
    factors = factors_of(person)
    context: dict[str, Any] = {
        "report": found,
        "pilot": found.pilot,
        "case": found.pilot.case,
        "duty": duty,
        "texts": list(zip(duty.contents, found.draft["texts"], strict=False)),
        "rows": [
            {"line": line, "differs": line["stated"] != line["value"], "changed": False}
            for line in found.draft["lines"]
        ],
        "differing": differing_lines(found.draft["lines"]),
        "back": reverse("supervision:report-draft", args=[found.pilot.public_id, found.number]),
        "form": form,
        "problem": "" if form.errors else problem,
        "factors": factors,
        "demo_code": code_now(person) if "totp" in factors else "",
    }
    context |= _asked(found, person, factors)
    status = 422 if form.errors or problem else 200
    return render(request, "supervision/report_sign.html", context, status=status)


def _asked(found: Report, person: Person, factors: frozenset[Any]) -> dict[str, Any]:
    """The challenge, or why there is none."""
    try:
        challenge = signing.begin_report_signature(report=found, by=person)
    except signing.FiguresMovedError as moved:
        return {"refused": str(moved), "moved": moved.changes}
    except SupervisionError as refusal:
        return {"refused": str(refusal)}
    asked: dict[str, Any] = {"challenge": challenge}
    if "webauthn" in factors:
        question = passkey_question(person, signing.report_challenge_bytes(challenge))
        asked["js_data"] = {"request_options": question}
    return asked
