"""Reporting an incident: the institution files it, an officer notes a telephone call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.supervision.domain import incidents as verbs
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.incident_queries import open_of
from shidian.apps.supervision.incident_words import shown_duties
from shidian.apps.supervision.models import IncidentState
from shidian.apps.supervision.views.asker import asker
from shidian.apps.supervision.views.incident_forms import (
    ANOTHER,
    FactsForm,
    PhoneForm,
    ReportForm,
)
from shidian.apps.supervision.views.loaders import case_of_pilot, pilot_of
from shidian.core.procedure.incidents import IncidentFacts, rules_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.cases.models import Case
    from shidian.apps.supervision.models import Incident, Pilot


@rule(Permission.INCIDENT_REPORT, obj=case_of_pilot)
def report(request: HttpRequest, case: Case, public_id: str) -> HttpResponse:
    """Report an incident for the institution; say if it is the same as one that came in."""
    del public_id
    pilot = pilot_of(case)
    if request.method != "POST":
        first = _first(pilot) | FactsForm.initial_of(None)
        return _page(request, case, pilot, ReportForm(initial=first, grades=_grades(case)))
    newer = _newer(request, pilot)
    form = ReportForm(request.POST, grades=_grades(case), meanwhile=newer)
    if not form.is_valid():
        return _page(request, case, pilot, form, status=422)
    try:
        found = _keep(pilot, form, newer, request)
    except verbs.MeanwhileError:
        return _meanwhile(request, case, pilot, ReportForm)
    except SupervisionError as refusal:
        return _refused(request, case, pilot, form, refusal)
    messages.success(request, _("Done: it is noted with your name and the time."))
    return redirect("supervision:incident", public_id=pilot.public_id, number=found.number)


def _keep(pilot: Pilot, form: ReportForm, newer: list[Incident], request: HttpRequest) -> Incident:
    """Report it, or add it to the incident that it is the same as."""
    by = asker(request)
    same = form.cleaned_data.get("same_as", ANOTHER)
    if same == ANOTHER:
        seen = newer[-1].number if newer else form.cleaned_data["seen"]
        return verbs.report_incident(pilot=pilot, told=_told(form, form.facts), seen=seen, by=by)
    found = next(one for one in newer if str(one.number) == same)
    text, facts = form.cleaned_data["text"], form.facts
    if found.state == IncidentState.PHONED:
        severity = form.cleaned_data["severity"]
        verbs.confirm_telephone_report(
            incident=found, severity=severity, facts=facts, text=text, by=by
        )
    else:
        verbs.report_also(incident=found, text=text, facts=facts, by=by)
    return found


@rule(Permission.INCIDENT_HANDLE, obj=case_of_pilot)
def phone(request: HttpRequest, case: Case, public_id: str) -> HttpResponse:
    """Note what the institution reported by telephone."""
    del public_id
    pilot = pilot_of(case)
    if request.method != "POST":
        form = PhoneForm(initial=_first(pilot), grades=_grades(case))
        return _page(request, case, pilot, form)
    form = PhoneForm(request.POST, grades=_grades(case))
    if not form.is_valid():
        return _page(request, case, pilot, form, status=422)
    try:
        found = verbs.note_telephone_report(
            pilot=pilot,
            told=_told(form, IncidentFacts()),
            caller=form.cleaned_data["caller"],
            seen=form.cleaned_data["seen"],
            by=asker(request),
        )
    except verbs.MeanwhileError:
        return _meanwhile(request, case, pilot, PhoneForm)
    except SupervisionError as refusal:
        return _refused(request, case, pilot, form, refusal)
    messages.success(request, _("Noted. The institution is asked to confirm it in writing."))
    return redirect("supervision:incident", public_id=pilot.public_id, number=found.number)


def _first(pilot: Pilot) -> dict[str, Any]:
    now = timezone.localtime()
    return {"occurred_at": now, "known_at": now, "seen": verbs.newest_number(pilot)}


def _grades(case: Case) -> Any:
    return rules_of(case.rulebook).severities


def _told(form: Any, facts: IncidentFacts) -> verbs.Told:
    data = form.cleaned_data
    return verbs.Told(
        title=data["title"],
        text=data["text"],
        severity=data["severity"],
        occurred_at=data["occurred_at"],
        known_at=data["known_at"],
        facts=facts,
    )


def _newer(request: HttpRequest, pilot: Pilot) -> list[Incident]:
    """What came in between the page as it was first shown and as it was shown last."""
    return _between(pilot, request.POST.get("first_seen", ""), request.POST.get("seen", ""))


def _between(pilot: Pilot, first: str, last: str) -> list[Incident]:
    if not all(one.isascii() and one.isdigit() for one in (first, last)):
        return []
    between = pilot.incidents.filter(number__gt=int(first[:9]), number__lte=int(last[:9]))
    return list(between.order_by("number"))


def _meanwhile(request: HttpRequest, case: Case, pilot: Pilot, kind: Any) -> HttpResponse:
    """The same page with what was typed, and the question whether it is one of these."""
    data = request.POST.copy()
    data.setdefault("first_seen", data.get("seen", "0"))
    data.pop("same_as", None)
    data["seen"] = str(verbs.newest_number(pilot))
    newer = _between(pilot, str(data["first_seen"]), str(data["seen"]))
    form = kind(data, grades=_grades(case), meanwhile=newer)
    return _page(request, case, pilot, form, status=409, newer=newer, first_seen=data["first_seen"])


def _refused(
    request: HttpRequest, case: Case, pilot: Pilot, form: Any, refusal: SupervisionError
) -> HttpResponse:
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    return _page(request, case, pilot, form, status=422)


def _page(
    request: HttpRequest,
    case: Case,
    pilot: Pilot,
    form: Any,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = {
        "case": case,
        "pilot": pilot,
        "form": form,
        "by_telephone": isinstance(form, PhoneForm),
        "open_incidents": open_of(pilot.pk),
        "duties": shown_duties(case.rulebook),
        "first_seen": request.POST.get("first_seen", ""),
        **more,
    }
    return render(request, "supervision/incident_new.html", context, status=status)
