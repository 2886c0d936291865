"""Incidents: a list with filters, and a page each with what the reader may do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.files.storage import default_storage
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import Scheme
from shidian.apps.cases.rulebooks import rulebook_of
from shidian.apps.cases.zones import show_times_of
from shidian.apps.supervision.domain import tolerance
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.incident_queries import (
    OPEN_STATES,
    incidents_for,
    linked_episodes,
    narrowed,
    steps_for,
)
from shidian.apps.supervision.incident_words import (
    due_name,
    grade_names,
    shown_finding,
    shown_timeline,
    standing_and_facts,
    told_facts,
)
from shidian.apps.supervision.models import Complaint, Incident
from shidian.apps.supervision.orders import visible_orders
from shidian.apps.supervision.views.asker import asker
from shidian.apps.supervision.views.incident_acts import FIRM, OFFICER, Act, acts_of, form_for
from shidian.apps.supervision.views.incident_forms import ListForm
from shidian.apps.supervision.views.tolerance_forms import DecisionForm, FindingForm
from shidian.core.procedure.incidents import IncidentState

if TYPE_CHECKING:
    from django import forms

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case

PAGE_INCIDENTS = 50


def case_of_incident(request: HttpRequest, public_id: str, number: int, **_rest: object) -> Case:
    """The case of the incident in the address, if the person sees it. Raises DoesNotExist."""
    found = _incident(request, public_id, number)
    show_times_of(found.pilot.case.rulebook_version)
    return found.pilot.case


def _incident(request: HttpRequest, public_id: str, number: int) -> Incident:
    return incidents_for(asker(request)).get(pilot__public_id=public_id, number=number)


@rule(Permission.DESK_READ)
def listing(request: HttpRequest) -> HttpResponse:
    """Those that one may see, narrowed as the address says; what is due first comes first."""
    person = asker(request)
    everything = incidents_for(person)
    form = ListForm(request.GET, schemes=_schemes(person), grades=_grades_of(everything))
    if not form.is_valid():
        return render(request, "supervision/incidents.html", {"form": form}, status=422)
    page = Paginator(narrowed(everything, form.wanted), PAGE_INCIDENTS).get_page(
        request.GET.get("page")
    )
    now = timezone.now()
    lines = [_line(one, now) for one in page.object_list]
    context = {
        "form": form,
        "page": page,
        "lines": lines,
        "watches": roles_of(person).is_officer,
        "wanted": form.wanted,
    }
    return render(request, "supervision/incidents.html", context)


def _line(one: Incident, now: Any) -> dict[str, Any]:
    version = one.pilot.case.rulebook_version
    rulebook = rulebook_of(version.pk, version.digest)
    is_open = one.state in OPEN_STATES
    return {
        "incident": one,
        "grade": grade_names(rulebook).get(one.severity, one.severity),
        "due": due_name(rulebook, one.due_step),
        "late": is_open and one.due_at is not None and one.due_at < now,
    }


def _schemes(person: Person) -> list[Scheme]:
    seen = incidents_for(person).order_by().values("pilot__case__scheme")
    return list(Scheme.objects.filter(pk__in=seen))


def _grades_of(incidents: Any) -> list[tuple[str, str]]:
    """The grades that the incidents have, each by its name in the rulebook of one that has it."""
    found: dict[str, str] = {}
    rows = incidents.order_by().values_list(
        "severity", "pilot__case__rulebook_version", "pilot__case__rulebook_version__digest"
    )
    for severity, version, digest in rows.distinct():
        names = grade_names(rulebook_of(version, digest))
        found.setdefault(severity, names.get(severity, severity))
    return sorted(found.items(), key=lambda one: one[1])


@rule(Permission.INCIDENT_READ, obj=case_of_incident)
def page(request: HttpRequest, case: Case, public_id: str, number: int) -> HttpResponse:
    """What was told, asked and answered, the facts, the clocks, the finding."""
    return _page(request, case, _incident(request, public_id, number))


def _page(
    request: HttpRequest,
    case: Case,
    found: Incident,
    wrong: tuple[str, forms.Form] | None = None,
) -> HttpResponse:
    person = asker(request)
    is_internal = allows(person, Permission.CASE_READ_INTERNAL, case)
    standing, shown = standing_and_facts(found)
    steps = list(steps_for(found, is_internal=is_internal))
    context = shown | {
        "incident": found,
        "case": case,
        "pilot": found.pilot,
        "rulebook": case.rulebook,
        "internal": is_internal,
        "timeline": shown_timeline(steps, case.rulebook),
        "lessons": next((one.lessons for one in reversed(steps) if one.lessons), ""),
        "due_name": due_name(case.rulebook, found.due_step),
        "late": found.due_at is not None and found.due_at < timezone.now(),
        "episodes": linked_episodes(found, is_internal=is_internal),
        "orders": _linked_orders(person, steps),
        "complaints": _linked_complaints(steps),
        "merged_into": _merged_into(found, steps),
        "acts": acts_of(person, found, standing, wrong),
        "wrong": wrong[1] if wrong else None,
        **_tolerance(person, case, found, wrong),
    }
    return render(request, "supervision/incident.html", context, status=422 if wrong else 200)


def _linked_orders(person: Person, steps: list[Any]) -> list[Any]:
    names = [one.link_name for one in steps if one.link_kind == "order"]
    return list(visible_orders(person).filter(public_id__in=names)) if names else []


def _linked_complaints(steps: list[Any]) -> list[Complaint]:
    names = [one.link_name for one in steps if one.link_kind == "complaint"]
    return list(Complaint.objects.filter(reference__in=names)) if names else []


def _merged_into(found: Incident, steps: list[Any]) -> Incident | None:
    if found.state != IncidentState.MERGED:
        return None
    names = [one.link_name for one in steps if one.link_kind == "incident"]
    return Incident.objects.filter(pilot=found.pilot_id, reference=names[-1]).first()


def _tolerance(
    person: Person, case: Case, found: Incident, wrong: tuple[str, forms.Form] | None
) -> dict[str, Any]:
    """The findings, for the authorities; what was decided, for the institution too."""
    rule_ = tolerance.tolerance_rule(found)
    is_internal = allows(person, Permission.CASE_READ_INTERNAL, case)
    rows = list(found.findings.select_related("by", "decision__by").order_by("-number"))
    shown = [shown_finding(one, case.rulebook) for one in rows]
    if not is_internal:
        shown = [one for one in shown if one.decided]
    context: dict[str, Any] = {"findings": shown, "has_tolerance": rule_ is not None}
    if rule_ is None:
        return context
    standing = tolerance.standing_finding(found)
    undecided = standing if standing and tolerance.decision_of(standing) is None else None
    is_closed = found.state == IncidentState.CLOSED
    if is_closed and standing is None and allows(person, Permission.INCIDENT_HANDLE, case):
        context["finding_form"] = _given("find", wrong) or FindingForm(
            rule=rule_, told=told_facts(found)
        )
    may_decide = allows(person, Permission.INCIDENT_DECIDE, case)
    if undecided is not None and may_decide and undecided.by_id != person.pk:
        context["decision_form"] = _given("decide", wrong) or DecisionForm(rule=rule_)
    return context


def _given(word: str, wrong: tuple[str, forms.Form] | None) -> forms.Form | None:
    return wrong[1] if wrong is not None and wrong[0] == word else None


@require_POST
@rule(Permission.INCIDENT_REPORT, obj=case_of_incident)
def respond(
    request: HttpRequest, case: Case, public_id: str, number: int, act: str
) -> HttpResponse:
    """The institution's act: confirm, update, answer, close."""
    return _do(request, case, _incident(request, public_id, number), act, FIRM)


@require_POST
@rule(Permission.INCIDENT_HANDLE, obj=case_of_incident)
def handle(request: HttpRequest, case: Case, public_id: str, number: int, act: str) -> HttpResponse:
    """An officer's act: ask, grade, merge, open again, link, note."""
    return _do(request, case, _incident(request, public_id, number), act, OFFICER)


def _do(
    request: HttpRequest, case: Case, found: Incident, word: str, side: dict[str, Act]
) -> HttpResponse:
    if word not in side:
        raise Http404
    form = form_for(word, found, request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, case, found, (word, form))
    try:
        side[word].do(found, form, asker(request))
    except ForbiddenError:
        raise Http404 from None
    except (SupervisionError, DomainError) as refusal:
        return _refused(request, case, found, (word, form), refusal)
    return _done(request, found)


@rule(Permission.INCIDENT_READ, obj=case_of_incident)
def file(
    request: HttpRequest, case: Case, public_id: str, number: int, attachment: int
) -> FileResponse:
    """A file of the incident, always as a download; the authorities' own is theirs alone."""
    found = _incident(request, public_id, number)
    is_internal = allows(asker(request), Permission.CASE_READ_INTERNAL, case)
    step = steps_for(found, is_internal=is_internal).filter(attachment=attachment).first()
    if step is None or step.attachment is None:
        raise Http404
    response = FileResponse(
        default_storage.open(step.attachment.path),
        as_attachment=True,
        filename=step.attachment.name,
    )
    response["Content-Type"] = "application/octet-stream"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
@rule(Permission.INCIDENT_HANDLE, obj=case_of_incident)
def find(request: HttpRequest, case: Case, public_id: str, number: int) -> HttpResponse:
    """Find for or against tolerance."""
    found = _incident(request, public_id, number)
    rule_ = _rule(found)
    form = FindingForm(request.POST, rule=rule_, told=told_facts(found))
    if not form.is_valid():
        return _page(request, case, found, ("find", form))
    try:
        tolerance.propose_finding(incident=found, found=form.found, by=asker(request))
    except SupervisionError as refusal:
        return _refused(request, case, found, ("find", form), refusal)
    return _done(request, found)


@require_POST
@rule(Permission.INCIDENT_DECIDE, obj=case_of_incident)
def decide(request: HttpRequest, case: Case, public_id: str, number: int) -> HttpResponse:
    """Decide on the finding that stands."""
    found = _incident(request, public_id, number)
    form = DecisionForm(request.POST, rule=_rule(found))
    finding = tolerance.standing_finding(found)
    if finding is None:
        raise Http404
    if not form.is_valid():
        return _page(request, case, found, ("decide", form))
    try:
        tolerance.decide_finding(
            finding=finding,
            decision=form.chosen,
            reason=form.cleaned_data["reason"],
            measure=form.cleaned_data["measure"],
            by=asker(request),
        )
    except SupervisionError as refusal:
        return _refused(request, case, found, ("decide", form), refusal)
    return _done(request, found)


def _rule(found: Incident) -> Any:
    rule_ = tolerance.tolerance_rule(found)
    if rule_ is None:
        raise Http404
    return rule_


def _refused(
    request: HttpRequest,
    case: Case,
    found: Incident,
    wrong: tuple[str, forms.Form],
    refusal: SupervisionError | DomainError,
) -> HttpResponse:
    form = wrong[1]
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    return _page(request, case, found, wrong)


def _done(request: HttpRequest, found: Incident) -> HttpResponse:
    messages.success(request, _("Done: it is noted with your name and the time."))
    return redirect("supervision:incident", public_id=found.pilot.public_id, number=found.number)
