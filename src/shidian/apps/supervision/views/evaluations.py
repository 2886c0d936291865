"""The evaluation of a pilot: by dimension, promise by promise, with sealed plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.cases.history import state_of
from shidian.apps.cases.paper import to_pdf
from shidian.apps.cases.views.buttons import act_url, allowed_verbs
from shidian.apps.cases.views.loaders import case_by_reference
from shidian.apps.cases.views.roles import viewer_of
from shidian.apps.cases.words import localized
from shidian.apps.supervision.domain import evaluations as verbs
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.evaluation_figures import newest_figures
from shidian.apps.supervision.evaluation_steps import steps_of
from shidian.apps.supervision.evaluations import (
    courses_of,
    evaluation_of,
    measured_promises,
    paper_of,
    shown_plan,
)
from shidian.apps.supervision.models import Pilot, PilotState, SealedPlan
from shidian.apps.supervision.report_lines import NoFiguresError, draw_asked
from shidian.apps.supervision.views.asker import asker
from shidian.apps.supervision.views.evaluation_forms import SealForm
from shidian.apps.supervision.views.evaluation_run_form import RunForm
from shidian.core.evaluation.grade import NAMES
from shidian.core.evaluation.plan import read_plan
from shidian.core.procedure.types import Verb
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django import forms

    from shidian.apps.cases.models import Case
    from shidian.apps.supervision.evaluations import ShownPlan
    from shidian.apps.supervision.report_lines import Line


@rule(Permission.EXIT_READ, obj=case_by_reference)
def page(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """Dimensions, promises, plans; who does what."""
    found, measured = evaluation_of(case), measured_promises(case)
    context = {
        "case": case,
        "found": found,
        "grade": NAMES[found.grade],
        "measured": measured,
        "courses": courses_of(case, measured),
        "drawn": newest_figures(case),
        "steps": steps_of(case),
        "step_url": _step_url(request, case),
        "may_seal": _may_seal(request, case),
    }
    return render(request, "supervision/evaluation.html", context)


@rule(Permission.EXIT_READ, obj=case_by_reference)
def pdf(request: HttpRequest, case: Case, reference: str) -> HttpResponse:
    """The same as a document; the same evaluation gives the same bytes."""
    del request
    body = to_pdf(paper_of(case, evaluation_of(case)))
    response = HttpResponse(body, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{reference}-evaluation.pdf"'
    return response


@rule(Permission.EVALUATION_SEAL, obj=case_by_reference)
def seal(request: HttpRequest, case: Case, reference: str) -> HttpResponse:
    """Fix a plan before there is data."""
    form = SealForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        plan = form.plan(case.rulebook.zone)
        if plan is not None:
            reason = form.cleaned_data["reason"]
            try:
                made = verbs.seal_plan(case=case, plan=plan, reason=reason, by=asker(request))
            except SupervisionError as refusal:
                _blame(form, refusal)
            else:
                messages.success(request, _("Sealed. The record holds it from its next slot on."))
                return redirect("supervision:evaluation-plan", reference, made.number)
    status = 422 if form.errors else 200
    context = {"case": case, "form": form}
    return render(request, "supervision/evaluation_seal.html", context, status=status)


@rule(Permission.EXIT_READ, obj=case_by_reference)
def plan(request: HttpRequest, case: Case, reference: str, number: int) -> HttpResponse:
    """A sealed plan whole, with what was found under it."""
    del reference
    shown = shown_plan(_plan_of(case, number))
    context = {
        "case": case,
        "shown": shown,
        "plan": shown.plan,
        "english": (get_language() or "").startswith("en"),
        **_chart(shown),
        "may_run": _may_seal(request, case) and not shown.amended and shown.on_record,
    }
    return render(request, "supervision/evaluation_plan.html", context)


def _chart(shown: ShownPlan) -> dict[str, object]:
    """The estimate of each look with its interval, beside the margins of the plan."""
    rows = []
    for one in shown.results:
        estimate = one["said"]["estimate"]
        label = _("Look %(n)d") % {"n": one["row"].look}
        rows.append((label, estimate["value"], estimate["low"], estimate["high"]))
    margins = shown.plan.margins
    marks = [(_("Margin of success"), margins.success), (_("Margin of harm"), margins.harm)]
    return {"intervals": rows, "marks": marks}


@rule(Permission.EVALUATION_SEAL, obj=case_by_reference)
def run(request: HttpRequest, case: Case, reference: str, number: int) -> HttpResponse:
    """Run a plan on figures: one look."""
    sealed = _plan_of(case, number)
    wanted = read_plan(sealed.canonical.encode())
    pilot = Pilot.objects.filter(case=case).exclude(state=PilotState.PENDING).first()
    indicators = case.rulebook.indicators if pilot is not None else ()
    form = RunForm(wanted, case.rulebook.zone, indicators, request.POST or None)
    if request.method == "POST" and form.is_valid() and _run(request, case, sealed, form, pilot):
        messages.success(request, _("The analysis is kept, with its figures."))
        return redirect("supervision:evaluation-plan", reference, number)
    status = 422 if form.errors else 200
    context = {"case": case, "form": form, "sealed": sealed, "plan": wanted}
    return render(request, "supervision/evaluation_run.html", context, status=status)


def _run(
    request: HttpRequest, case: Case, sealed: SealedPlan, form: RunForm, pilot: Pilot | None
) -> bool:
    """Draw what is to be drawn, and run the plan; what is refused the form says."""
    drawn: Sequence[Line] = ()
    asked = form.asked()
    if pilot is not None and asked:
        pilot.case = case
        try:
            drawn = draw_asked(pilot, asked).lines
        except NoFiguresError as refusal:
            form.add_error(None, localized(refusal.words))
            return False
    data = form.figures(drawn)
    if data is None:
        return False
    source = form.cleaned_data["source"]
    try:
        verbs.run_plan(sealed=sealed, data=data, source=source, drawn=drawn, by=asker(request))
    except SupervisionError as refusal:
        _blame(form, refusal)
        return False
    return True


def _plan_of(case: Case, number: int) -> SealedPlan:
    rows = SealedPlan.objects.filter(case=case, number=number)
    found = rows.select_related("sealed_by", "amended_by", "amends", "case").first()
    if found is None:
        raise Http404
    return found


def _step_url(request: HttpRequest, case: Case) -> str:
    """Where the next step is done, for whose it is; "" for all others."""
    verbs_now = allowed_verbs(case, state_of(case), viewer_of(asker(request)))
    return act_url(case, Verb.COMPLETE_STEP) if Verb.COMPLETE_STEP in verbs_now else ""


def _may_seal(request: HttpRequest, case: Case) -> bool:
    is_open = case.stage_rule.kind is not StageKind.CLOSED
    return is_open and allows(request.user, Permission.EVALUATION_SEAL, case)


def _blame(form: forms.Form, refusal: SupervisionError) -> None:
    names = {"window": "starts_on", "first_at": "first_on", "data": "pilot", "total": "pilot"}
    field = names.get(refusal.field or "", refusal.field)
    form.add_error(field if field in form.fields else None, str(refusal))
