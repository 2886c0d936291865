"""Reports: across pilots, of one pilot, one report with its differences, one figure's evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.words import localized
from shidian.apps.cases.zones import day_in
from shidian.apps.supervision import report_papers
from shidian.apps.supervision.domain import report_judging as verbs
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.report_drafts import IN_WORK
from shidian.apps.supervision.models import Report, ReportState, ReportStepKind
from shidian.apps.supervision.report_lines import NoFiguresError, counted_again, follow
from shidian.apps.supervision.reports import (
    as_seen,
    due_lines,
    duty_titles,
    is_late,
    reporting_pilots,
    visible_reports,
    waiting,
)
from shidian.apps.supervision.views.asker import asker
from shidian.apps.supervision.views.loaders import case_of_pilot, pilot_of
from shidian.apps.supervision.views.report_forms import JudgeForm
from shidian.apps.supervision.views.report_loading import line_of, report_for, version_of

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case
    from shidian.apps.supervision.report_lines import Line

SHOWN = 50
LATE_MAX = 100
"""Late reports listed across pilots; beyond, their number is told."""


@rule(Permission.DESK_READ)
def report_list(request: HttpRequest) -> HttpResponse:
    """Across pilots: those to be judged, who waits longest first; late ones; all the others."""
    person = asker(request)
    everything = visible_reports(person)
    show = request.GET.get("show", "")
    if show == "late":
        return _late(request)
    wanted = everything.order_by("-last", "-pk") if show == "all" else waiting(everything)
    page = Paginator(wanted, SHOWN).get_page(request.GET.get("page"))
    titles = duty_titles([one.pilot for one in page.object_list])
    now = timezone.now()
    context = {
        "page": page,
        "lines": [
            {
                "report": one,
                "duty": titles.get((one.pilot_id, one.duty)),
                "late": is_late(one, day_in(one.pilot.case.rulebook, now)),
            }
            for one in page.object_list
        ],
        "show": show,
    }
    return render(request, "supervision/reports.html", context)


def _late(request: HttpRequest) -> HttpResponse:
    """What is owed and is not with the authorities though its day is over."""
    owed = due_lines(reporting_pilots(request.user), timezone.now())
    lines = as_seen((one for one in owed if one.late), visible_reports(request.user))
    lines.sort(key=lambda one: (one.due or one.last, one.pilot.public_id))
    context = {"due": lines[:LATE_MAX], "more": max(len(lines) - LATE_MAX, 0), "show": "late"}
    return render(request, "supervision/reports.html", context)


@rule(Permission.REPORT_READ, obj=case_of_pilot)
def page(request: HttpRequest, case: Case, public_id: str, number: int) -> HttpResponse:
    """One report: its newest version with differences, what happened to it, what may be done."""
    del public_id
    return _page(request, case, report_for(request.user, case, number))


def _page(
    request: HttpRequest,
    case: Case,
    found: Report,
    *,
    wrong: JudgeForm | None = None,
    act: str = "",
) -> HttpResponse:
    person = asker(request)
    versions = list(found.versions.select_related("signer"))
    newest = versions[-1] if versions else None
    content = newest.content if newest else None
    steps = list(found.steps.select_related("by", "version"))
    judges = allows(person, Permission.REPORT_JUDGE, case)
    drafts = allows(person, Permission.REPORT_DRAFT, case)
    changed = _changes(steps, newest)
    forms = _forms(newest.number if newest else 0)
    if wrong is not None:
        forms[act] = wrong
    context: dict[str, Any] = {
        "report": found,
        "case": case,
        "pilot": found.pilot,
        "duty": _duty(found),
        "versions": versions,
        "newest": newest,
        "content": content,
        "rows": _rows(content["lines"], changed) if content else [],
        "differing": verbs.differing_lines(content["lines"]) if content else [],
        "changes": changed,
        "steps": steps,
        "late": is_late(found, day_in(case.rulebook, timezone.now())),
        "judges": judges,
        "may_judge": judges and found.state == ReportState.FILED,
        "may_ask": judges and found.state == ReportState.ACCEPTED,
        "may_edit": drafts and found.state in IN_WORK,
        "forms": forms,
        "wrong": wrong,
    }
    status = 422 if wrong is not None else 200
    return render(request, "supervision/report.html", context, status=status)


def _duty(found: Report) -> Any:
    return next((one for one in found.pilot.case.rulebook.reports if one.id == found.duty), None)


def _changes(steps: list[Any], newest: Any) -> list[dict[str, Any]]:
    """What has changed since the newest version was signed, as last told."""
    told = [
        step
        for step in steps
        if step.kind == ReportStepKind.CHANGED and newest and step.version_id == newest.pk
    ]
    return list(told[-1].changes) if told else []


def _rows(lines: list[Line], changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    now = {one["key"]: one["now"] for one in changes}
    return [
        {
            "line": line,
            "differs": line["stated"] != line["value"],
            "now": now.get(line["key"]),
            "changed": line["key"] in now,
        }
        for line in lines
    ]


def _forms(version: int, data: Any = None, only: str = "") -> dict[str, JudgeForm]:
    told = _("The institution reads it.")
    labels = {
        "accept": (_("Note, if any"), told),
        "return": (_("What is to be mended, and why"), told),
        "ask": (_("Why a revised report is needed"), told),
    }
    return {
        name: JudgeForm(data, prefix=name, label=label, hint=hint, initial={"version": version})
        for name, (label, hint) in labels.items()
        if not only or name == only
    }


@require_POST
@rule(Permission.REPORT_JUDGE, obj=case_of_pilot)
def judge(request: HttpRequest, case: Case, public_id: str, number: int, act: str) -> HttpResponse:
    """Accept, return with reasons, or ask for a revised report."""
    found = report_for(request.user, case, number)
    form = _forms(0, request.POST, act).get(act)
    if form is None:
        raise Http404
    if not form.is_valid():
        return _page(request, case, found, wrong=form, act=act)
    given = {"report": found, "version": form.cleaned_data["version"], "by": asker(request)}
    text = form.cleaned_data["text"]
    try:
        match act:
            case "accept":
                verbs.accept_report(**given, note=text)
                said = _("Accepted. The institution is told.")
            case "return":
                verbs.return_report(**given, reason=text)
                said = _("Returned. The institution is told, with your reasons.")
            case _:
                verbs.ask_for_revision(**given, reason=text)
                said = _("A revised report is asked for. The institution is told.")
    except SupervisionError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _page(request, case, report_for(request.user, case, number), wrong=form, act=act)
    except ForbiddenError:
        raise Http404 from None
    messages.success(request, said)
    return redirect("supervision:report", public_id, number)


@require_POST
@rule(Permission.REPORT_READ, obj=case_of_pilot)
def check(request: HttpRequest, case: Case, public_id: str, number: int) -> HttpResponse:
    """Hold the last version against telemetry as it is now."""
    found = report_for(request.user, case, number)
    try:
        changes = verbs.check_report(report=found, by=asker(request))
    except SupervisionError as refusal:
        messages.error(request, str(refusal))
    else:
        if changes:
            messages.warning(request, _("Telemetry says other figures now: see which below."))
        else:
            messages.success(request, _("Telemetry says the same as when the report was drawn."))
    return redirect("supervision:report", public_id, number)


@rule(Permission.REPORT_READ, obj=case_of_pilot)
def figure(  # noqa: PLR0917 - as the address has it
    request: HttpRequest, case: Case, public_id: str, number: int, version: int, key: str
) -> HttpResponse:
    """What one figure rests on: query, entries, epochs, digest; and computed again where asked."""
    del public_id
    found = report_for(request.user, case, number)
    line = line_of(request.user, found, version, key)
    context: dict[str, Any] = {
        "report": found,
        "case": case,
        "pilot": found.pilot,
        "duty": _duty(found),
        "version": version,
        "line": line,
        "query": report_papers.query_text(line),
    }
    if "again" in request.GET:
        context |= _again(found, line)
    return render(request, "supervision/report_figure.html", context)


def _again(found: Report, line: Line) -> dict[str, Any]:
    try:
        if line["source"] == "case":
            value, digest = counted_again(found.pilot, line)
            return {"counted": {"value": value, "same": digest == line["evidence"]["digest"]}}
        return {"followed": follow(found.pilot, line)}
    except NoFiguresError as refusal:
        return {"refused": localized(refusal.words)}


@rule(Permission.REPORT_READ, obj=case_of_pilot)
def paper(  # noqa: PLR0917 - as the address has it
    request: HttpRequest, case: Case, public_id: str, number: int, version: int, kind: str
) -> HttpResponse:
    """A version to keep, as PDF or as a workbook: always a download."""
    found = version_of(report_for(request.user, case, number), version)
    if kind == "xlsx":
        return report_papers.to_workbook(found)
    if kind != "pdf":
        raise Http404
    response = HttpResponse(report_papers.to_pdf(found), content_type="application/pdf")
    name = f"{public_id}-report-{number}-v{version}.pdf"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def all_of(request: HttpRequest, case: Case) -> dict[str, Any]:
    """What the page of a pilot's reports lists: what is owed, and what there is besides."""
    pilot = pilot_of(case)
    pilot.case = case
    titles = duty_titles([pilot])
    reports = list(visible_reports(request.user).filter(pilot=pilot).order_by("-last", "-pk"))
    today = day_in(case.rulebook, timezone.now())
    owed = reversed(due_lines([pilot], timezone.now()))
    due = as_seen(owed, visible_reports(request.user).filter(pilot=pilot))
    listed = {one.report.pk for one in due if one.report is not None}
    others = [
        {"report": one, "duty": titles.get((pilot.pk, one.duty)), "late": is_late(one, today)}
        for one in reports
        if one.pk not in listed
    ]
    return {"pilot": pilot, "case": case, "due": due, "others": others}
